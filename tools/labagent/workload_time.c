/* SPDX-License-Identifier: Apache-2.0 */
/* What the clock makes happen: rotation, withdrawal. */
#include <stdlib.h>

#include "log.h"
#include "workload_internal.h"

#define TICK_MAX_MS 10000

/* In the middle of the certificate's validity, as SPIRE does and clients
 * expect. */
void workload_plan(struct workload *w)
{
	int64_t ttl_s = w->opt->ttl_ms / 1000;
	int64_t now_s = wall_ms() / 1000;

	w->rotate_at_ms = now_s * 1000 +
			  (ttl_s - ca_backdate_s(ttl_s)) * 1000 / 2;
	if (w->rotate_at_ms < wall_ms() + 250)
		w->rotate_at_ms = wall_ms() + 250;
}

static void push_all(struct workload *w)
{
	struct subscription **at = &w->subs;

	while (*at) {
		struct subscription *sub = *at;

		if (workload_send(w, sub->call, &sub->caller)) {
			at = &sub->next;
			continue;
		}
		*at = sub->next;
		grpc_call_set_user(sub->call, NULL);
		free(sub);
	}
}

void workload_rotate(struct workload *w)
{
	struct err err = { 0 };

	workload_plan(w);
	if (failed(issuer_renew(w->issuer, &err)))
		log_line("cannot rotate, the old SVIDs stay: %s", err.text);
	else
		push_all(w);
}

/* Ends the streams whose time is up; returns when the next one's is. */
static int64_t withdraw(struct workload *w, int64_t now_ms)
{
	struct subscription **at = &w->subs;
	int64_t next = VERDICT_NEVER;

	while (*at) {
		struct subscription *sub = *at;
		int64_t when = workload_judge(w, &sub->caller).withdrawn_at_ms;

		if (when > now_ms) {
			next = when < next ? when : next;
			at = &sub->next;
			continue;
		}
		*at = sub->next;
		grpc_call_set_user(sub->call, NULL);
		workload_finish(sub->call, &sub->caller, GRPC_PERMISSION_DENIED,
		       "no identity issued");
		free(sub);
	}
	return next;
}

int workload_tick(struct workload *w)
{
	int64_t now = wall_ms();
	int64_t next = withdraw(w, now);

	if (now >= w->rotate_at_ms)
		workload_rotate(w);
	if (w->rotate_at_ms < next)
		next = w->rotate_at_ms;
	if (next <= now)
		return 0;
	return next - now < TICK_MAX_MS ? (int)(next - now) : TICK_MAX_MS;
}
