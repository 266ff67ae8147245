/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: accept, read, write. */
#include "grpc_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "grpc_internal.h"

static void listen_for_more(struct grpc_server *srv, bool yes)
{
	struct epoll_event ev = { .events = yes ? EPOLLIN : 0 };

	epoll_ctl(srv->epoll_fd, EPOLL_CTL_MOD, srv->listen_fd, &ev);
	srv->paused = !yes;
}

static void conn_free(struct conn *c)
{
	struct grpc_server *srv = c->srv;

	conn_end_calls(c);
	nghttp2_session_del(c->session);
	if (c->peer)
		srv->service->on_close(srv->service->ctx, c->peer);
	close(c->fd); /* leaves the epoll set with it */
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	free(c);
	if (srv->paused)
		listen_for_more(srv, true);
}

static void watch_writes(struct conn *c, bool yes)
{
	struct epoll_event ev = { .events = EPOLLIN | (yes ? EPOLLOUT : 0),
				  .data.ptr = c };

	if (c->want_write == yes)
		return;
	c->want_write = yes;
	epoll_ctl(c->srv->epoll_fd, EPOLL_CTL_MOD, c->fd, &ev);
}

/* Hands the kernel what it takes. false: the connection is of no more use. */
static bool write_some(struct conn *c)
{
	for (;;) {
		ssize_t n;

		if (c->out_len == 0) {
			n = nghttp2_session_mem_send(c->session, &c->out);
			if (n <= 0)
				return n == 0;
			c->out_len = (size_t)n;
		}
		n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->out += n;
		c->out_len -= (size_t)n;
	}
}

/* Half a close: a whole one would fail the client's own next write, perhaps
 * before it has read what was sent. It reads to the end, then closes. */
static void hang_up(struct conn *c)
{
	shutdown(c->fd, SHUT_WR);
	conn_end_calls(c);
	c->silent = true;
}

static bool conn_write(struct conn *c)
{
	if (c->silent)
		return true;
	if (!write_some(c))
		return false;
	watch_writes(c, c->out_len > 0);
	if (c->out_len > 0)
		return true;
	if (c->drop && conn_drained(c)) {
		hang_up(c);
		return true;
	}
	return nghttp2_session_want_read(c->session) ||
	       nghttp2_session_want_write(c->session);
}

static bool conn_read(struct conn *c)
{
	uint8_t buf[16384];
	ssize_t n = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	if (c->silent)
		return true;
	return nghttp2_session_mem_recv(c->session, buf, (size_t)n) == n;
}

/* Takes over fd. */
static void conn_new(struct grpc_server *srv, int fd)
{
	const struct grpc_service *s = srv->service;
	struct conn *c = calloc(1, sizeof *c);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (!c || epoll_ctl(srv->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		free(c);
		close(fd);
		return;
	}
	c->srv = srv;
	c->fd = fd;
	c->next = srv->conns;
	c->link = &srv->conns;
	if (c->next)
		c->next->link = &c->next;
	srv->conns = c;
	c->silent = !s->on_accept(s->ctx, fd, &c->peer);
	if (!c->silent && (!conn_start_http2(c) || !conn_write(c)))
		conn_free(c);
}

static void accept_some(struct grpc_server *srv)
{
	for (;;) {
		int fd = accept4(srv->listen_fd, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			conn_new(srv, fd);
			continue;
		}
		/* The next connection to close makes room. */
		if ((errno == EMFILE || errno == ENFILE) && srv->conns)
			listen_for_more(srv, false);
		return;
	}
}

struct result grpc_server_new(int listen_fd, const struct grpc_service *service,
			      struct grpc_server **ret, struct err *reterr)
{
	AUTO_FREE(grpc_server) srv = calloc(1, sizeof *srv);
	struct epoll_event ev = { .events = EPOLLIN };

	if (!srv)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	srv->service = service;
	srv->listen_fd = listen_fd;
	srv->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (srv->epoll_fd < 0 ||
	    epoll_ctl(srv->epoll_fd, EPOLL_CTL_ADD, listen_fd, &ev) < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "epoll: %s",
				strerror(errno));
	*ret = STEAL(srv);
	return RESULT_OK;
}

void grpc_server_free(struct grpc_server *srv)
{
	if (!srv)
		return;
	srv->paused = false;
	while (srv->conns)
		conn_free(srv->conns);
	if (srv->epoll_fd >= 0)
		close(srv->epoll_fd);
	free(srv);
}

int grpc_server_fd(const struct grpc_server *srv)
{
	return srv->epoll_fd;
}

void grpc_server_step(struct grpc_server *srv)
{
	/* One event at a time: handling one may free the subject of the next. */
	struct epoll_event ev;

	for (int i = 0; i < 64; i++) {
		struct conn *c;

		if (epoll_wait(srv->epoll_fd, &ev, 1, 0) <= 0)
			return;
		c = ev.data.ptr;
		if (!c) {
			accept_some(srv);
			continue;
		}
		if (((ev.events & ~(uint32_t)EPOLLOUT) && !conn_read(c)) ||
		    !conn_write(c))
			conn_free(c);
	}
}

void grpc_server_flush(struct grpc_server *srv)
{
	for (struct conn *c = srv->conns, *next; c; c = next) {
		next = c->next;
		if (!conn_write(c))
			conn_free(c);
	}
}
