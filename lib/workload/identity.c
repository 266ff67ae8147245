/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/identity.h"

#include "workload/identity_internal.h"

/* A stream that lived this long is replaced at once. */
#define SETTLED_MS 1000

void identity_schedule(struct identity *id)
{
	int64_t now = identity_now_ms(id);
	uint64_t random = backoff_random((uint64_t)now ^ (uintptr_t)id);

	if (identity_waited_for(id))
		backoff_at_most(&id->backoff, BACKOFF_HURRY_MAX_MS);
	else
		backoff_at_least(&id->backoff, BACKOFF_BASE_MS);
	id->retry_ms = now + backoff_next(&id->backoff, random);
}

void identity_close_stream(struct identity *id, bool at_once)
{
	bool settled = id->conn.messages > 0 &&
		       identity_now_ms(id) - id->conn.opened_ms >= SETTLED_MS;

	agent_conn_close(&id->conn);
	id->restart = false;
	if (at_once && settled) {
		backoff_reset(&id->backoff,
			      identity_waited_for(id) ? BACKOFF_HURRY_MS : BACKOFF_BASE_MS);
		id->retry_ms = identity_now_ms(id);
	} else {
		identity_schedule(id);
	}
}

/* SPIFFE_Workload_Endpoint.md 6; what is not here may pass. */
static const struct {
	enum grpc_code code;
	enum err_class cls;
} ends[] = {
	{ GRPC_PERMISSION_DENIED, ERR_AGENT_DENIED },
	{ GRPC_INVALID_ARGUMENT, ERR_AGENT_FINAL },
	{ GRPC_UNIMPLEMENTED, ERR_AGENT_FINAL },
};

static enum err_class class_of_end(enum grpc_code code)
{
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends[i].code == code)
			return ends[i].cls;
	return ERR_AGENT_UNAVAILABLE;
}

static void take_end(struct identity *id, const struct grpc_status *st)
{
	enum err_class cls = class_of_end(st->code);
	bool mid_stream = id->conn.messages > 0;

	(void)FAIL(&id->why, cls, "the agent at %s answered %s%s%s",
		   id->cfg.endpoint.text, grpc_code_name(st->code),
		   *st->message ? ": " : "", st->message);
	identity_close_stream(id, cls == ERR_AGENT_UNAVAILABLE);
	id->final = cls == ERR_AGENT_FINAL;
	if (cls != ERR_AGENT_DENIED || !id->snap)
		return;
	/* SPIFFE_Workload_API.md 5.2.1: redacted SVIDs are used no more. */
	if (mid_stream)
		identity_lose(id, &id->why);
	else if (id->grace_ms == 0)
		id->grace_ms = identity_now_ms(id) + IDENTITY_GRACE_MS;
}

static void pump_stream(struct identity *id)
{
	struct grpc_status st;
	struct err why = { 0 };
	bool ended;
	struct result r = agent_conn_pump(&id->conn, &ended, &st, &why);

	identity_settle(id);
	if (r.cls == ERR_PARSE) {
		identity_discard(id, &why);
		identity_close_stream(id, false);
	} else if (failed(r)) {
		id->why = why;
		identity_close_stream(id, true);
	} else if (ended) {
		take_end(id, &st);
	} else if (id->restart) {
		identity_close_stream(id, false);
	} else if (agent_conn_was_behind(&id->conn)) {
		identity_close_stream(id, true);
	}
}

static struct result state(const struct identity *id, struct err *reterr)
{
	if (id->snap)
		return RESULT_OK;
	if (id->why.cls == ERR_NONE)
		return FAIL(reterr, ERR_NO_IDENTITY,
			    "waiting for the first answer of the agent at %s",
			    id->cfg.endpoint.text);
	if (reterr)
		*reterr = id->why;
	return (struct result){ id->why.cls };
}

struct result identity_pump(struct identity *id, struct err *reterr)
{
	/* Twice: a stream that has ended is replaced at once. */
	for (int i = 0; i < 2 && !id->final; i++) {
		if (id->conn.fd < 0) {
			if (identity_now_ms(id) < id->retry_ms)
				break;
			if (failed(agent_conn_open(&id->conn, &id->why))) {
				identity_schedule(id);
				break;
			}
		}
		pump_stream(id);
		if (id->conn.fd >= 0)
			break;
	}
	identity_expire(id);
	return state(id, reterr);
}

int identity_fd(const struct identity *id)
{
	return id->conn.fd;
}

void identity_after_fork(struct identity *id, bool drop_snapshot)
{
	agent_conn_close(&id->conn);
	backoff_reset(&id->backoff, BACKOFF_BASE_MS);
	id->retry_ms = 0;
	id->waited_ms = 0;
	id->refreshed = false;
	id->restart = false;
	/* The child is another caller: what the agent answered its parent says
	 * nothing of it. */
	id->final = false;
	id->why = (struct err){ 0 };
	if (drop_snapshot) {
		id->snap = svid_snapshot_unref(id->snap);
		id->grace_ms = 0;
	}
}

struct result identity_new(const struct identity_config *cfg, struct identity **ret,
			   struct err *reterr)
{
	struct identity *id = calloc(1, sizeof *id);

	if (!id)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	id->cfg = *cfg;
	agent_conn_init(&id->conn, &id->cfg, identity_take_message, id);
	*ret = id;
	return RESULT_OK;
}

void identity_free(struct identity *id)
{
	if (!id)
		return;
	agent_conn_close(&id->conn);
	svid_snapshot_unref(id->snap);
	svid_snapshot_unref(id->fresh);
	free(id);
}
