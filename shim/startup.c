/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "ident.h"
#include "judge.h"
#include "kernel.h"
#include "spiffe/svid_snapshot.h"
#include "workload/waiting.h"

#define FAILED 125

/* Standard error may be a pipe that nobody empties, or that nobody reads any
 * more: what cannot be written at once is not, and there is no SIGPIPE. It may be
 * a connection, which is the policy's to judge. */
static void tell(const char *text)
{
	struct pollfd err = { .fd = 2, .events = POLLOUT };
	char line[WAITING_TEXT_MAX + NAME_MAX];
	int n = snprintf(line, sizeof line, "svidwrap: %s: %s\n",
			 program_invocation_short_name, text);

	if (!classify_is_inet_stream(2) && k_poll(&err, 1, 0) == 1 && err.revents == POLLOUT)
		KERNEL(SYS_write, 2, line, n < (int)sizeof line ? n : (int)sizeof line - 1);
}

/* The first process of a container has no default actions: whoever stops it while it
 * waits would wait himself. Blocked signals are kept for it all the same. */
static const int ends[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

static void hold_signals(sigset_t *ret_held, sigset_t *ret_before)
{
	struct sigaction sa;

	sigemptyset(ret_held);
	for (size_t i = 0; k_getpid() == 1 && i < sizeof ends / sizeof *ends; i++)
		if (sigaction(ends[i], NULL, &sa) == 0 && sa.sa_handler == SIG_DFL)
			sigaddset(ret_held, ends[i]);
	sigprocmask(SIG_BLOCK, ret_held, ret_before);
}

static void end_if_asked(const sigset_t *held, const sigset_t *before)
{
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (sigismember(held, ends[i]) == 1 && sigismember(&pending, ends[i]) == 1 &&
		    sigismember(before, ends[i]) == 0)
			KERNEL(SYS_exit_group, 128 + ends[i]);
}

static const char *own_id(const struct tls_context *c)
{
	return svid_snapshot_info(tls_context_snapshot(c), 0)->id.uri;
}

/* In slices, to say what is waited for. Does not come back without an identity. */
static void wait_for(int timeout_ms)
{
	struct tls_context *context;
	struct waiting w;
	struct err why;
	char text[WAITING_TEXT_MAX];
	sigset_t held, before;

	hold_signals(&held, &before);
	waiting_begin(&w, k_mono_ms(), timeout_ms);
	while (failed(ident_context(waiting_slice(&w, k_mono_ms()), &context, &why))) {
		end_if_asked(&held, &before);
		if (!ident_may_come(&why) || waiting_slice(&w, k_mono_ms()) == 0) {
			waiting_failed(&w, k_mono_ms(), &why, text);
			tell(text);
			KERNEL(SYS_exit_group, FAILED);
		}
		if (waiting_news(&w, k_mono_ms(), &why, text))
			tell(text);
	}
	end_if_asked(&held, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (waiting_came(&w, k_mono_ms(), own_id(context), text))
		tell(text);
	tls_context_unref(context);
}

void startup_wait(void)
{
	const char *wait = getenv("SVIDWRAP_WAIT");
	long ms;

	if (!wait)
		return;
	ms = strtol(wait, NULL, 10);
	unsetenv("SVIDWRAP_WAIT"); /* meant for this program, not its children */
	if (ms > 0 && judge_enforces())
		wait_for(ms < INT_MAX ? (int)ms : INT_MAX);
}
