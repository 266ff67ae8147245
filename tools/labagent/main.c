/* SPDX-License-Identifier: Apache-2.0 */
/* svidwrap-labagent: a SPIFFE Workload API agent for laptops and tests. */
#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "grpc_server.h"
#include "listener.h"
#include "log.h"
#include "options.h"
#include "workload.h"

#define VERSION "0.1.0"
#define EXIT_USAGE 2

static struct result open_signals(int *ret_fd, struct err *reterr)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* standard error may be a closed pipe */
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*ret_fd < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "signalfd: %s",
				strerror(errno));
	return RESULT_OK;
}

/* Three descriptors a connection: the socket, its process, its /proc. */
static void allow_many_descriptors(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static void announce(const struct options *o)
{
	log_line("listening on %s for trust domain %s", o->listen.text,
		 o->trust_domain);
	if (o->ready_fd >= 0) {
		if (write(o->ready_fd, "", 1) < 0)
			log_line("--ready-fd: %s", strerror(errno));
		close(o->ready_fd);
	}
}

/* Returns when a signal says so. */
static void loop(int signal_fd, struct workload *w, struct grpc_server *srv)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = signal_fd, .events = POLLIN },
			{ .fd = grpc_server_fd(srv), .events = POLLIN },
		};
		struct signalfd_siginfo info;
		int timeout = workload_tick(w);

		grpc_server_flush(srv);
		if (poll(fds, 2, timeout) < 0 && errno != EINTR)
			return;
		while (read(signal_fd, &info, sizeof info) == sizeof info) {
			if (info.ssi_signo != SIGUSR1)
				return;
			workload_rotate(w);
		}
		workload_tick(w); /* the machine may have slept */
		grpc_server_step(srv);
	}
}

static struct result serve(const struct options *o, struct workload *w,
			   struct err *reterr)
{
	AUTO_FREE(grpc_server) srv = NULL;
	struct listener listener = { .fd = -1 };
	int signal_fd = -1;
	struct result r = open_signals(&signal_fd, reterr);

	if (!failed(r))
		r = listener_open(&o->listen, &listener, reterr);
	if (!failed(r))
		r = grpc_server_new(listener.fd, workload_service(w), &srv,
				    reterr);
	if (!failed(r)) {
		announce(o);
		loop(signal_fd, w, srv);
		log_line("ending");
	}
	listener_close(&listener);
	if (signal_fd >= 0)
		close(signal_fd);
	return r;
}

static struct result run(const struct options *o, struct err *reterr)
{
	AUTO_FREE(workload) w = NULL;
	struct result r;

	log_line("a lab agent, NOT FOR PRODUCTION: its CA key is unprotected and whoever starts it decides who is who");
	if (o->has_listen && o->n_entries == 0)
		log_line("warning: without --entry every caller is denied");
	allow_many_descriptors();
	r = workload_new(o, &w, reterr);
	if (!failed(r) && o->has_listen)
		r = serve(o, w, reterr);
	return r;
}

int main(int argc, char **argv)
{
	struct options o;
	struct err err = { 0 };
	struct result r;
	int status = 0;

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	r = options_parse(argc, argv, &o, &err);
	if (failed(r)) {
		log_line("%s", err.text);
		status = EXIT_USAGE;
	} else if (o.help) {
		options_help(stdout);
	} else if (o.version) {
		printf("svidwrap-labagent " VERSION "\n");
	} else if (failed(run(&o, &err))) {
		log_line("%s", err.text);
		status = 1;
	}
	options_clear(&o);
	return status;
}
