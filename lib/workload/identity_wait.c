/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "workload/identity_internal.h"

/* A snapshot past its half-life is good; waiting for its successor is a
 * courtesy, and a rare one. */
#define REFRESH_MS 1000
#define REFRESH_EVERY_MS 30000

/* SPIFFE_Workload_API.md 4.2: a stream that stands has brought all there is. */
static bool wants_refresh(const struct identity *id)
{
	return id->snap && !id->final && id->conn.messages == 0 &&
	       svid_snapshot_past_half_life(id->snap, id->cfg.sys->wall_s());
}

bool identity_unconfirmed(const struct identity *id)
{
	return id->snap && id->conn.fd >= 0 && id->conn.messages == 0 &&
	       identity_now_ms(id) < id->conn.opened_ms + IDENTITY_CONFIRM_MS;
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Somebody waits now: the delay that nobody minded is cut short. Whoever goes on
 * waiting finds the back-off as it is: an agent attests anew for each attempt. */
static void hurry(struct identity *id)
{
	bool already = identity_waited_for(id);
	int64_t retry = id->retry_ms;

	id->waited_ms = identity_now_ms(id);
	if (already)
		return;
	backoff_reset(&id->backoff, BACKOFF_HURRY_MS);
	if (id->conn.fd < 0 && retry > identity_now_ms(id)) {
		identity_schedule(id);
		id->retry_ms = min64(retry, id->retry_ms);
	}
}

/* Until the agent speaks, the next attempt is due, or `until`. */
static struct result sleep_until(struct identity *id, int64_t until, struct err *reterr)
{
	struct pollfd pfd = { .fd = id->conn.fd };
	int64_t left;

	if (id->conn.fd >= 0) {
		pfd.events = agent_conn_events(&id->conn);
		until = min64(until, agent_conn_deadline(&id->conn));
		if (identity_unconfirmed(id))
			until = min64(until, id->conn.opened_ms + IDENTITY_CONFIRM_MS);
	} else {
		until = min64(until, id->retry_ms);
	}
	left = until - identity_now_ms(id);
	if (left <= 0)
		return RESULT_OK;
	if (id->cfg.sys->poll(&pfd, id->conn.fd >= 0, (int)left) < 0 && errno != EINTR)
		return FAIL_SYS(reterr, ERR_IO, errno, "cannot wait for the agent: %s",
				strerrordesc_np(errno));
	return RESULT_OK;
}

/* r and *why: what the latest pump said. */
static struct result wait_until(struct identity *id, int64_t deadline, bool refresh,
				struct result r, struct err *why)
{
	while (!id->final && (failed(r) || identity_unconfirmed(id) ||
			      (refresh && wants_refresh(id)))) {
		struct result slept;

		if (identity_now_ms(id) >= deadline)
			return failed(r) ? (struct result){ ERR_TIMEOUT } : r;
		slept = sleep_until(id, deadline, why);
		id->waited_ms = identity_now_ms(id);
		if (failed(slept))
			return failed(r) ? slept : r;
		r = identity_pump(id, why);
	}
	return r;
}

struct result identity_wait(struct identity *id, int timeout_ms, struct err *reterr)
{
	int64_t now = identity_now_ms(id);
	int64_t deadline = now + (timeout_ms > 0 ? timeout_ms : 0);
	struct err why = { 0 };
	struct result r = identity_pump(id, &why);
	bool refresh = !failed(r) && wants_refresh(id) &&
		(!id->refreshed || now - id->refreshed_ms >= REFRESH_EVERY_MS);

	if (refresh) {
		id->refreshed = true;
		id->refreshed_ms = now;
		deadline = min64(deadline, now + REFRESH_MS);
	}
	if (failed(r) || refresh || identity_unconfirmed(id)) {
		hurry(id);
		r = wait_until(id, deadline, refresh, r, &why);
	}
	if (r.cls == ERR_TIMEOUT)
		return FAIL(reterr, ERR_TIMEOUT, "no identity within %d ms: %s",
			    timeout_ms, why.text);
	if (failed(r) && reterr)
		*reterr = why;
	return r;
}
