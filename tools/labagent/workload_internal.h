/* SPDX-License-Identifier: Apache-2.0 */
/* What workload.c and workload_time.c share. */
#ifndef SVIDWRAP_LABAGENT_WORKLOAD_INTERNAL_H
#define SVIDWRAP_LABAGENT_WORKLOAD_INTERNAL_H

#include "attest.h"
#include "issuer.h"
#include "verdict.h"
#include "workload.h"

/* An open stream. */
struct subscription {
	struct subscription *next;
	struct grpc_call *call;
	struct caller caller; /* as it was at the request */
};

struct workload {
	const struct options *opt;
	struct issuer *issuer;
	struct grpc_service service;
	struct subscription *subs;
	int64_t *first_sent_ms; /* one an entry; 0: not yet */
	int64_t rotate_at_ms;
	bool wants_sha256;
	uint32_t any_faults; /* of whatever ID */
};

struct verdict workload_judge(const struct workload *w, const struct caller *c);

/* Sends c the present state. false: the call was ended instead. */
bool workload_send(struct workload *w, struct grpc_call *call,
		   const struct caller *c);

void workload_finish(struct grpc_call *call, const struct caller *c,
		     enum grpc_status status, const char *text);

/* Sets when the next rotation is due. */
void workload_plan(struct workload *w);

#endif
