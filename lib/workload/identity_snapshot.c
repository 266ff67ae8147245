/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/identity_internal.h"

#include "workload/svid_message.h"

static void tell(struct identity *id, enum identity_change change,
		 const struct svid_snapshot *snap, const struct err *why)
{
	if (id->cfg.on_change)
		id->cfg.on_change(id->cfg.ctx, change, snap, why);
}

static struct result build(const uint8_t *msg, size_t len, int64_t wall_s,
			   struct svid_snapshot **ret, struct err *reterr)
{
	AUTO_FREE(svid_message) m = NULL;
	AUTO_UNREF(svid_snapshot) snap = NULL;
	struct result r = svid_message_decode(msg, len, &m, reterr);

	if (!failed(r))
		r = svid_snapshot_build(svid_message_response(m), wall_s, &snap, reterr);
	if (failed(r))
		return r;
	if (!svid_snapshot_usable(snap, wall_s))
		return FAIL(reterr, ERR_NO_IDENTITY,
			    "its SVID is not valid at this time; is the clock right?");
	*ret = STEAL(snap);
	return r;
}

void identity_take_message(void *ctx, const uint8_t *msg, size_t len)
{
	struct identity *id = ctx;
	struct svid_snapshot *snap = NULL;

	if (failed(build(msg, len, id->cfg.sys->wall_s(), &snap, &id->bad)))
		return;
	svid_snapshot_unref(id->fresh);
	id->fresh = snap;
	id->bad = (struct err){ 0 };
}

static void adopt(struct identity *id, struct svid_snapshot *snap)
{
	enum identity_change change = id->snap ? IDENTITY_ROTATED : IDENTITY_RECEIVED;

	svid_snapshot_unref(id->snap);
	id->snap = snap;
	id->grace_ms = 0;
	id->why = (struct err){ 0 };
	backoff_reset(&id->backoff, BACKOFF_BASE_MS);
	tell(id, change, snap, NULL);
}

/* SPIFFE_Workload_API.md 4.5: report it, and keep what was there. */
void identity_discard(struct identity *id, const struct err *why)
{
	if (why->cls == ERR_NOMEM) {
		/* Not the message's fault, and it is not sent twice. */
		id->why = *why;
		id->restart = true;
		return;
	}
	if (!id->snap) {
		(void)FAIL(&id->why, ERR_NO_IDENTITY,
			   "the agent's message was discarded: %s", why->text);
		id->restart = true;
	}
	tell(id, IDENTITY_DISCARDED, NULL, why);
}

void identity_settle(struct identity *id)
{
	struct err bad = id->bad;

	id->bad = (struct err){ 0 };
	if (id->fresh)
		adopt(id, STEAL(id->fresh));
	if (bad.cls != ERR_NONE)
		identity_discard(id, &bad);
}

void identity_lose(struct identity *id, const struct err *why)
{
	id->snap = svid_snapshot_unref(id->snap);
	id->grace_ms = 0;
	tell(id, IDENTITY_LOST, NULL, why);
}

void identity_expire(struct identity *id)
{
	bool denied = id->grace_ms != 0 && identity_now_ms(id) >= id->grace_ms;
	struct err why = { 0 };

	if (!id->snap ||
	    (!denied && svid_snapshot_usable(id->snap, id->cfg.sys->wall_s())))
		return;
	if (denied)
		(void)FAIL(&why, ERR_AGENT_DENIED,
			   "the agent at %s denied an identity %d s ago",
			   id->cfg.endpoint.text, IDENTITY_GRACE_MS / 1000);
	else
		(void)FAIL(&why, ERR_NO_IDENTITY,
			   "the SVID is outside its validity and no other came%s%s",
			   id->why.cls == ERR_NONE ? "" : ": ", id->why.text);
	/* A stream that stands and brought no new one in time is suspect. */
	if (id->conn.fd >= 0 && id->conn.messages > 0)
		identity_close_stream(id, true);
	if (id->why.cls == ERR_NONE)
		id->why = why;
	identity_lose(id, &why);
}

struct svid_snapshot *identity_current(struct identity *id)
{
	identity_expire(id);
	return id->snap ? svid_snapshot_ref(id->snap) : NULL;
}
