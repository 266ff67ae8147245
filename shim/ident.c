/* SPDX-License-Identifier: Apache-2.0 */
#include "ident.h"

#include <sys/types.h>

#include "audit/event.h"
#include "event.h"
#include "kernel.h"
#include "lock.h"
#include "ownfd.h"
#include "shim_sys.h"
#include "spiffe/svid_snapshot.h"
#include "tls/openssl_init.h"
#include "workload/identity.h"

#define TURN_MS 20

static struct lock lock;
static struct identity *identity;
static struct err why_none; /* set while there is no identity object */
static struct tls_context *context; /* of the current snapshot */
static uid_t euid;

static void on_change(void *ctx, enum identity_change change, const struct svid_snapshot *snap,
		      const struct err *why)
{
	static const int types[] = {
		[IDENTITY_RECEIVED] = AUDIT_SVID_RECEIVED,
		[IDENTITY_ROTATED] = AUDIT_SVID_ROTATED,
		[IDENTITY_LOST] = AUDIT_SVID_LOST,
		[IDENTITY_DISCARDED] = AUDIT_SVID_DISCARDED,
	};

	event_svid(types[change], snap ? svid_snapshot_info(snap, 0) : NULL, why);
}

static int on_open(void *ctx, int fd)
{
	int own = ownfd_dup(fd);

	/* Without a place for it the descriptor stays identity's, to close. */
	if (own >= 0)
		k_close(fd);
	return own;
}

static void on_close(void *ctx, int fd)
{
	ownfd_close(fd);
}

void ident_init(const char *address)
{
	struct identity_config cfg = {
		.sys = &shim_sys,
		.on_change = on_change,
		.on_open = on_open,
		.on_close = on_close,
	};

	euid = (uid_t)KERNEL(SYS_geteuid);
	if (!address || !*address) {
		(void)FAIL(&why_none, ERR_AGENT_FINAL,
			   "no agent is named: set workload_api in the policy, or "
			   "SPIFFE_ENDPOINT_SOCKET");
		return;
	}
	if (failed(endpoint_parse(address, &cfg.endpoint, &why_none)))
		return;
	(void)identity_new(&cfg, &identity, &why_none);
}

/* Identity does not outlive privilege: another effective user attests anew. */
static void check_privilege(void)
{
	uid_t now = (uid_t)KERNEL(SYS_geteuid);

	if (now == euid)
		return;
	euid = now;
	identity_after_fork(identity, true);
	context = tls_context_unref(context);
}

static struct result context_of_current(struct tls_context **ret, struct err *reterr)
{
	AUTO_UNREF(svid_snapshot) snap = identity_current(identity);
	struct result r;

	if (!snap)
		return FAIL(reterr, ERR_NO_IDENTITY, "the agent has given no usable SVID");
	if (!context || tls_context_snapshot(context) != snap) {
		struct tls_context *fresh;

		r = tls_context_new(snap, &fresh, reterr);
		if (failed(r))
			return r;
		tls_context_unref(context);
		context = fresh;
	}
	*ret = tls_context_ref(context);
	return RESULT_OK;
}

/* One turn under the lock, without waiting; `waited_for`: somebody does. *ret_final:
 * another would end the same. *ret_fd: the agent's answer comes there, -1 if nowhere. */
static struct result turn(bool waited_for, struct tls_context **ret, bool *ret_final, int *ret_fd,
			  struct err *reterr)
{
	struct result r;

	*ret_final = true;
	*ret_fd = -1;
	if (!lock_acquire(&lock))
		return FAIL(reterr, ERR_NO_IDENTITY, "in a signal handler");
	/* Idempotent, and not done at start: few processes need it. */
	r = openssl_init(reterr);
	if (!failed(r) && !identity) {
		*reterr = why_none;
		r = (struct result){ why_none.cls };
	} else if (!failed(r)) {
		check_privilege();
		r = waited_for ? identity_wait(identity, 0, reterr) : identity_pump(identity, reterr);
		if (r.cls == ERR_TIMEOUT) /* for the reason */
			r = identity_pump(identity, reterr);
		*ret_final = r.cls == ERR_AGENT_FINAL;
		*ret_fd = identity_fd(identity);
		if (!failed(r) && identity_unconfirmed(identity))
			r = FAIL(reterr, ERR_NO_IDENTITY,
				 "the agent was asked anew and has not answered yet");
		if (!failed(r))
			r = context_of_current(ret, reterr);
	}
	lock_release(&lock);
	return r;
}

bool ident_may_come(const struct err *err)
{
	return err->cls == ERR_AGENT_UNAVAILABLE || err->cls == ERR_AGENT_DENIED ||
	       err->cls == ERR_NO_IDENTITY;
}

/* In turns, and waiting between them: another thread's non-blocking call, or its fork,
 * must not wait as long as this one is willing to, and who jumps out of a signal handler
 * must not take the lock along. */
struct result ident_context(int timeout_ms, struct tls_context **ret, struct err *reterr)
{
	int64_t until = k_mono_ms() + timeout_ms, left;
	struct err why = { 0 };
	struct pollfd agent = { .events = POLLIN };
	struct result r;
	bool final;

	while (failed(r = turn(timeout_ms > 0, ret, &final, &agent.fd, &why))) {
		left = until - k_mono_ms();
		if (!final && left > 0) {
			/* The descriptor may be closed, or another's, by now: not for long. */
			k_poll(&agent, 1, left < TURN_MS ? left : TURN_MS);
			continue;
		}
		*reterr = why;
		if (!final && !ident_may_come(&why))
			return FAIL(reterr, ERR_NO_IDENTITY, "no identity yet: %s", why.text);
		break;
	}
	return r;
}

void ident_fork_lock(void)
{
	lock_acquire(&lock);
}

void ident_fork_unlock(void)
{
	lock_release(&lock);
}

void ident_fork_child(void)
{
	lock_reset(&lock);
	if (identity)
		identity_after_fork(identity, false);
}
