/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/agent_conn.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHUNKS_PER_PUMP 64

static void count_message(void *ctx, const uint8_t *msg, size_t len)
{
	struct agent_conn *c = ctx;

	c->messages++;
	c->taken_messages++;
	c->on_message(c->ctx, msg, len);
}

void agent_conn_init(struct agent_conn *c, const struct identity_config *cfg,
		     void (*on_message)(void *ctx, const uint8_t *msg, size_t len),
		     void *ctx)
{
	memset(c, 0, offsetof(struct agent_conn, buf));
	c->cfg = cfg;
	c->on_message = on_message;
	c->ctx = ctx;
	c->fd = -1;
}

void agent_conn_close(struct agent_conn *c)
{
	if (c->fd < 0)
		return;
	if (c->cfg->on_close)
		c->cfg->on_close(c->cfg->ctx, c->fd);
	c->cfg->sys->close(c->fd);
	grpc_stream_free(c->stream);
	agent_conn_init(c, c->cfg, c->on_message, c->ctx);
}

static struct result unreachable(const struct agent_conn *c, int sys,
				 struct err *reterr)
{
	return FAIL_SYS(reterr, ERR_AGENT_UNAVAILABLE, sys,
			"cannot connect to the agent at %s: %s",
			c->cfg->endpoint.text, strerrordesc_np(sys));
}

static struct result open_socket(struct agent_conn *c, struct err *reterr)
{
	const struct identity_config *cfg = c->cfg;
	int fd = cfg->sys->socket(cfg->endpoint.sa.ss_family,
				  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int kept = fd;

	if (fd < 0)
		return FAIL_SYS(reterr, ERR_IO, errno,
				"no socket for the agent: %s", strerrordesc_np(errno));
	if (cfg->on_open)
		kept = cfg->on_open(cfg->ctx, fd);
	if (kept < 0) {
		cfg->sys->close(fd);
		return FAIL(reterr, ERR_IO, "no room for the agent's descriptor");
	}
	c->fd = kept;
	return RESULT_OK;
}

/* ":authority" is mandatory for many; a Unix socket has none worth naming. */
static const char *authority(const struct endpoint *ep)
{
	const char *host = strstr(ep->text, "://");

	return ep->sa.ss_family == AF_UNIX || !host ? "localhost" : host + 3;
}

struct result agent_conn_open(struct agent_conn *c, struct err *reterr)
{
	const struct endpoint *ep = &c->cfg->endpoint;
	struct result r = open_socket(c, reterr);

	if (failed(r))
		return r;
	c->opened_ms = c->since_ms = c->cfg->sys->mono_ms();
	r = grpc_stream_new(authority(ep), count_message, c, &c->stream, reterr);
	if (!failed(r) &&
	    c->cfg->sys->connect(c->fd, (const struct sockaddr *)&ep->sa, ep->sa_len) != 0) {
		/* connect(2): on EINTR it goes on by itself, as on EINPROGRESS. */
		if (errno == EINPROGRESS || errno == EINTR)
			c->connecting = true;
		else
			r = unreachable(c, errno, reterr);
	}
	if (failed(r))
		agent_conn_close(c);
	return r;
}

static struct result finish_connect(struct agent_conn *c, struct err *reterr)
{
	struct pollfd pfd = { .fd = c->fd, .events = POLLOUT };
	int sys = 0;
	socklen_t len = sizeof sys;

	if (c->cfg->sys->poll(&pfd, 1, 0) <= 0)
		return RESULT_OK;
	if (c->cfg->sys->getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &sys, &len) != 0)
		sys = errno;
	if (sys != 0)
		return unreachable(c, sys, reterr);
	c->connecting = false;
	return RESULT_OK;
}

/* Sends what is pending as far as the socket takes it. */
static void flush(struct agent_conn *c)
{
	const uint8_t *data;
	size_t len;

	while (data = grpc_stream_pending(c->stream, &len), len > 0) {
		ssize_t n = c->send_broken ? (ssize_t)len :
			c->cfg->sys->send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			grpc_stream_sent(c->stream, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		else if (n == 0 || errno != EINTR)
			/* What it said before it closed is still to be read. */
			c->send_broken = true;
	}
}

/* *ret_more: there may be more to read. */
static struct result receive(struct agent_conn *c, bool *ret_more,
			     struct err *reterr)
{
	ssize_t n = c->cfg->sys->recv(c->fd, c->buf, sizeof c->buf, MSG_DONTWAIT);
	bool empty = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
	struct result r;

	*ret_more = !empty;
	if (n < 0 && errno == EINTR)
		return RESULT_OK;
	if (empty && !c->send_broken)
		return RESULT_OK;
	if (n == 0 || empty)
		return FAIL(reterr, ERR_AGENT_UNAVAILABLE,
			    "the agent at %s closed the connection",
			    c->cfg->endpoint.text);
	if (n < 0)
		return FAIL_SYS(reterr, ERR_AGENT_UNAVAILABLE, errno,
				"lost the agent at %s: %s", c->cfg->endpoint.text,
				strerrordesc_np(errno));
	c->taken += (size_t)n;
	r = grpc_stream_receive(c->stream, c->buf, (size_t)n, reterr);
	explicit_bzero(c->buf, (size_t)n); /* it held a private key */
	return r;
}

static struct result move_bytes(struct agent_conn *c, bool *ret_ended,
				struct grpc_status *ret_status, struct err *reterr)
{
	for (int i = 0; i < CHUNKS_PER_PUMP; i++) {
		struct result r;
		size_t unsent;
		bool more;

		flush(c);
		*ret_ended = grpc_stream_ended(c->stream, ret_status);
		grpc_stream_pending(c->stream, &unsent);
		if (*ret_ended || unsent > 0)
			return RESULT_OK;
		r = receive(c, &more, reterr);
		if (failed(r) || !more)
			return r;
	}
	flush(c);
	*ret_ended = grpc_stream_ended(c->stream, ret_status);
	return RESULT_OK;
}

int64_t agent_conn_deadline(const struct agent_conn *c)
{
	return c->messages > 0 ? INT64_MAX : c->since_ms + AGENT_FIRST_MESSAGE_MS;
}

struct result agent_conn_pump(struct agent_conn *c, bool *ret_ended,
			      struct grpc_status *ret_status, struct err *reterr)
{
	int64_t now = c->cfg->sys->mono_ms();
	struct result r = RESULT_OK;

	*ret_ended = false;
	c->taken = c->taken_messages = 0;
	if (c->connecting)
		r = finish_connect(c, reterr);
	if (!failed(r) && !c->connecting)
		r = move_bytes(c, ret_ended, ret_status, reterr);
	if (failed(r) || *ret_ended)
		return r;
	/* A long first message may take many pumps, far apart. */
	if (grpc_stream_progress(c->stream) != c->seen) {
		c->seen = grpc_stream_progress(c->stream);
		c->since_ms = now;
	}
	if (now >= agent_conn_deadline(c))
		return FAIL(reterr, ERR_AGENT_UNAVAILABLE,
			    "the agent at %s sent no message within %d s",
			    c->cfg->endpoint.text, AGENT_FIRST_MESSAGE_MS / 1000);
	return RESULT_OK;
}

bool agent_conn_was_behind(const struct agent_conn *c)
{
	return c->taken >= AGENT_BACKLOG && c->taken_messages > 1;
}

short agent_conn_events(const struct agent_conn *c)
{
	size_t unsent;

	if (c->connecting)
		return POLLOUT;
	/* Nothing is read while something is unsent. */
	grpc_stream_pending(c->stream, &unsent);
	return unsent > 0 ? POLLOUT : POLLIN;
}
