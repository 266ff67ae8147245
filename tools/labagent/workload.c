/* SPDX-License-Identifier: Apache-2.0 */
#include "workload.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "log.h"
#include "workload_internal.h"

struct verdict workload_judge(const struct workload *w,
			      const struct caller *c)
{
	return verdict_judge(w->opt, w->first_sent_ms, c);
}

static void log_caller(const struct caller *c, const char *what)
{
	log_line("pid=%d uid=%u gid=%u exe=%s: %s", (int)c->pid, c->uid, c->gid,
		 *c->exe ? c->exe : strerror(c->exe_errno), what);
}

void workload_finish(struct grpc_call *call, const struct caller *c,
		   enum grpc_status status, const char *text)
{
	char line[128];

	snprintf(line, sizeof line, "status %d, %s", (int)status, text);
	log_caller(c, line);
	grpc_call_finish(call, status, text);
}

/* Remembers when each of the caller's entries first went out, and says so. */
static void note_sent(struct workload *w, const struct caller *c)
{
	for (size_t i = 0; i < w->opt->n_entries; i++) {
		char line[SPIFFE_ID_MAX + 64];

		if (!entry_matches(&w->opt->entries[i], c))
			continue;
		if (!w->first_sent_ms[i])
			w->first_sent_ms[i] = wall_ms();
		snprintf(line, sizeof line, "sent %s serial=%s",
			 w->opt->entries[i].id.uri,
			 w->issuer->svids[i].serial_hex);
		log_caller(c, line);
	}
}

bool workload_send(struct workload *w, struct grpc_call *call,
		       const struct caller *c)
{
	struct verdict v = workload_judge(w, c);
	struct err err = { 0 };
	struct result r;
	uint8_t *msg = NULL;
	size_t len = 0;

	if (v.faults & FAULT_UNAVAILABLE) {
		workload_finish(call, c, GRPC_UNAVAILABLE, "the agent is told to be unavailable");
		return false;
	}
	if (v.matches == 0 || (v.faults & FAULT_DENY) ||
	    v.withdrawn_at_ms <= wall_ms()) {
		workload_finish(call, c, GRPC_PERMISSION_DENIED, "no identity issued");
		return false;
	}
	r = answer_pack(w->issuer, c, v.faults, &msg, &len, &err);
	if (!failed(r)) {
		r = grpc_call_send(call, msg, len, &err);
		OPENSSL_cleanse(msg, len);
		free(msg);
	}
	if (failed(r)) {
		workload_finish(call, c, GRPC_INTERNAL, "out of memory");
		return false;
	}
	note_sent(w, c);
	if (v.faults & FAULT_DISCONNECT)
		grpc_call_drop(call);
	return true;
}

/* ---- what the server calls ---- */

static void on_call(void *ctx, struct grpc_call *call, void *peer)
{
	struct workload *w = ctx;
	struct subscription *sub = calloc(1, sizeof *sub);
	struct err err = { 0 };

	if (!sub || !peer ||
	    failed(peer_attest(peer, w->wants_sha256, &sub->caller, &err))) {
		log_line("could not attest the caller: %s",
			 *err.text ? err.text : "no process to look at");
		grpc_call_finish(call, GRPC_UNAVAILABLE,
				 "could not attest the caller");
		free(sub);
		return;
	}
	if (workload_judge(w, &sub->caller).faults & FAULT_HANG) {
		log_caller(&sub->caller, "left without an answer");
	} else if (workload_send(w, call, &sub->caller)) {
		sub->call = call;
		sub->next = w->subs;
		w->subs = sub;
		grpc_call_set_user(call, sub);
		return;
	}
	free(sub);
}

static void on_call_end(void *ctx, struct grpc_call *call)
{
	struct workload *w = ctx;
	struct subscription *sub = grpc_call_user(call);

	for (struct subscription **at = &w->subs; *at; at = &(*at)->next) {
		if (*at != sub)
			continue;
		*at = sub->next;
		free(sub);
		return;
	}
}

/* NULL if there is nobody to attest: its calls will be told so. */
static struct peer *peer_new(int fd, struct err *reterr)
{
	struct peer *peer = malloc(sizeof *peer);

	if (peer && failed(peer_open(fd, peer, reterr))) {
		log_line("a connection: %s", reterr->text);
		free(peer);
		peer = NULL;
	}
	return peer;
}

static bool on_accept(void *ctx, int fd, void **ret_peer)
{
	struct workload *w = ctx;
	struct err err = { 0 };
	struct peer *peer = peer_new(fd, &err);
	struct caller c;

	*ret_peer = peer;
	if (!(w->any_faults & FAULT_HANG) || !peer ||
	    failed(peer_attest(peer, w->wants_sha256, &c, &err)) ||
	    !(workload_judge(w, &c).faults & FAULT_HANG))
		return true;
	log_caller(&c, "left without a word");
	return false;
}

static void on_close(void *ctx, void *peer)
{
	peer_close(peer);
	free(peer);
}

/* ---- life ---- */

struct result workload_new(const struct options *opt, struct workload **ret,
			   struct err *reterr)
{
	AUTO_FREE(workload) w = calloc(1, sizeof *w);
	struct result r;

	if (!w)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	w->opt = opt;
	w->service = (struct grpc_service){
		/* SPIFFE_Workload_Endpoint.md 3; Workload API 5.2 */
		.path = "/SpiffeWorkloadAPI/FetchX509SVID",
		.metadata_name = "workload.spiffe.io",
		.metadata_value = "true",
		.on_accept = on_accept,
		.on_close = on_close,
		.on_call = on_call,
		.on_call_end = on_call_end,
		.ctx = w,
	};
	w->first_sent_ms = calloc(opt->n_entries + 1, sizeof *w->first_sent_ms);
	if (!w->first_sent_ms)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < opt->n_entries; i++) {
		entry_warn(&opt->entries[i]);
		w->wants_sha256 |= entry_wants_sha256(&opt->entries[i]);
	}
	for (size_t i = 0; i < opt->faults.n; i++)
		w->any_faults |= opt->faults.items[i].bit;
	workload_plan(w);
	r = issuer_new(opt, &w->issuer, reterr);
	if (!failed(r))
		*ret = STEAL(w);
	return r;
}

void workload_free(struct workload *w)
{
	if (!w)
		return;
	while (w->subs) {
		struct subscription *sub = w->subs;

		w->subs = sub->next;
		free(sub);
	}
	issuer_free(w->issuer);
	free(w->first_sent_ms);
	free(w);
}

const struct grpc_service *workload_service(const struct workload *w)
{
	return &w->service;
}
