/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_agent.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_h2.h"

#define CONNECTIONS_MAX 512

struct fake_agent {
	struct fake_step scripts[FAKE_SCRIPTS_MAX][FAKE_SCRIPT_MAX];
	unsigned n_scripts;
	char dir[64], uri[128], path[108];
	int listener, go, quit;
	pthread_t thread, served[CONNECTIONS_MAX];
	atomic_uint n;
};

/* One connection's thread. */
struct guest {
	struct fake_agent *agent;
	const struct fake_step *script;
	struct fake_h2 *h2;
	int fd;
	bool headers_sent;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fake_agent: %s: %s\n", what, strerror(errno));
	abort();
}

static void send_all(struct guest *g, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(g->fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the client has gone; the next read tells */
		data += n;
		len -= (size_t)n;
	}
}

static void flush(struct guest *g)
{
	size_t n;
	const uint8_t *data = fake_h2_take(g->h2, &n);

	send_all(g, data, n);
}

/* Serves the connection until `fd` is readable, or `request` and the request
 * has come. false: the client has gone, or the agent is to stop. */
static bool serve_until(struct guest *g, int fd, bool request)
{
	for (;;) {
		struct pollfd p[] = { { .fd = g->fd, .events = POLLIN },
				      { .fd = g->agent->quit, .events = POLLIN },
				      { .fd = fd, .events = POLLIN } };
		uint8_t buf[4096];
		ssize_t n;

		if (request && fake_h2_request(g->h2))
			return true;
		must(poll(p, 3, -1) > 0 || errno == EINTR, "poll");
		if (p[1].revents)
			return false;
		if (p[2].revents) {
			uint64_t one;

			if (read(fd, &one, sizeof one) == sizeof one)
				return true;
		}
		if (!p[0].revents)
			continue;
		n = recv(g->fd, buf, sizeof buf, 0);
		if (n <= 0)
			return false;
		must(fake_h2_feed(g->h2, buf, (size_t)n), "the client broke HTTP/2");
		flush(g);
	}
}

static void headers(struct guest *g, const char *http_status)
{
	if (!g->headers_sent)
		fake_h2_headers(g->h2, http_status, "application/grpc");
	g->headers_sent = true;
}

/* false: the connection is over. */
static bool play(struct guest *g, const struct fake_step *s)
{
	switch (s->op) {
	case FAKE_HANG:
		serve_until(g, -1, false);
		return false;
	case FAKE_MESSAGE:
		headers(g, "200");
		fake_h2_message(g->h2, s->data, s->len);
		break;
	case FAKE_DATA:
		headers(g, "200");
		fake_h2_data(g->h2, s->data, s->len);
		break;
	case FAKE_STATUS:
		fake_h2_trailers(g->h2, s->text, s->more);
		break;
	case FAKE_HTTP:
		headers(g, s->text);
		fake_h2_end_data(g->h2);
		break;
	case FAKE_RAW:
		send_all(g, s->data, s->len);
		break;
	case FAKE_WAIT:
		return serve_until(g, g->agent->go, false);
	case FAKE_CLOSE:
		return false;
	}
	flush(g);
	return true;
}

static void *serve(void *arg)
{
	struct guest *g = arg;
	const struct fake_step *s = g->script;

	if (serve_until(g, -1, true))
		while (play(g, s))
			s++;
	fake_h2_free(g->h2);
	close(g->fd);
	free(g);
	return NULL;
}

static void admit(struct fake_agent *a, int fd)
{
	struct guest *g = calloc(1, sizeof *g);
	unsigned n = atomic_load(&a->n);

	must(g && n < CONNECTIONS_MAX, "too many connections");
	*g = (struct guest){ .agent = a,
			     .script = a->scripts[n < a->n_scripts ? n : a->n_scripts - 1],
			     .h2 = fake_h2_new(), .fd = fd };
	must(pthread_create(&a->served[n], NULL, serve, g) == 0, "thread");
	atomic_store(&a->n, n + 1);
}

static void *listen_for_clients(void *arg)
{
	struct fake_agent *a = arg;

	for (;;) {
		struct pollfd p[] = { { .fd = a->listener, .events = POLLIN },
				      { .fd = a->quit, .events = POLLIN } };

		must(poll(p, 2, -1) > 0 || errno == EINTR, "poll");
		if (p[1].revents)
			return NULL;
		if (p[0].revents) {
			int fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC);

			must(fd >= 0, "accept");
			admit(a, fd);
		}
	}
}

static void copy_scripts(struct fake_agent *a, const struct fake_step *const *scripts)
{
	for (; scripts[a->n_scripts]; a->n_scripts++) {
		const struct fake_step *s = scripts[a->n_scripts];
		unsigned n = 0;

		must(a->n_scripts < FAKE_SCRIPTS_MAX, "too many scripts");
		do {
			must(n < FAKE_SCRIPT_MAX, "the script is too long");
			a->scripts[a->n_scripts][n] = s[n];
		} while (s[n].op != FAKE_HANG && s[n++].op != FAKE_CLOSE);
	}
	must(a->n_scripts > 0, "no script");
}

struct fake_agent *fake_agent_start(const struct fake_step *const *scripts)
{
	struct fake_agent *a = calloc(1, sizeof *a);
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	must(a, "memory");
	copy_scripts(a, scripts);
	strcpy(a->dir, "/tmp/svidwrap-agent-XXXXXX");
	must(mkdtemp(a->dir), a->dir);
	snprintf(a->path, sizeof a->path, "%s/sock", a->dir);
	snprintf(a->uri, sizeof a->uri, "unix://%s", a->path);
	strcpy(un.sun_path, a->path);
	a->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a->go = eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK);
	a->quit = eventfd(0, EFD_CLOEXEC);
	must(a->listener >= 0 && a->go >= 0 && a->quit >= 0, "descriptors");
	must(bind(a->listener, (struct sockaddr *)&un, sizeof un) == 0, "bind");
	must(listen(a->listener, 16) == 0, "listen");
	must(pthread_create(&a->thread, NULL, listen_for_clients, a) == 0, "thread");
	return a;
}

static void post(int fd)
{
	uint64_t one = 1;

	must(write(fd, &one, sizeof one) == sizeof one, "eventfd");
}

void fake_agent_stop(struct fake_agent *a)
{
	if (!a)
		return;
	post(a->quit);
	pthread_join(a->thread, NULL);
	for (unsigned i = 0; i < atomic_load(&a->n); i++)
		pthread_join(a->served[i], NULL);
	close(a->listener);
	close(a->go);
	close(a->quit);
	unlink(a->path);
	rmdir(a->dir);
	free(a);
}

const char *fake_agent_uri(const struct fake_agent *a)
{
	return a->uri;
}

unsigned fake_agent_connections(struct fake_agent *a)
{
	return atomic_load(&a->n);
}

void fake_agent_go(struct fake_agent *a)
{
	post(a->go);
}
