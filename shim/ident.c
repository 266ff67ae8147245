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

struct result ident_context(int timeout_ms, struct tls_context **ret, struct err *reterr)
{
	struct result r;

	if (!lock_acquire(&lock))
		return FAIL(reterr, ERR_NO_IDENTITY, "in a signal handler");
	/* Idempotent, and not done at start: few processes need it. */
	r = openssl_init(reterr);
	if (!failed(r) && !identity) {
		*reterr = why_none;
		r = (struct result){ why_none.cls };
	} else if (!failed(r)) {
		check_privilege();
		r = timeout_ms > 0 ? identity_wait(identity, timeout_ms, reterr)
				   : identity_pump(identity, reterr);
		if (!failed(r))
			r = context_of_current(ret, reterr);
	}
	lock_release(&lock);
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
