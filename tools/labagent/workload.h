/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Workload API's FetchX509SVID: which caller gets which SVIDs, their
 * rotation, and the faults of answers. One SVID for each entry, shared by all
 * its callers, as SPIRE's agent does.
 */
#ifndef SVIDWRAP_LABAGENT_WORKLOAD_H
#define SVIDWRAP_LABAGENT_WORKLOAD_H

#include "base/cleanup.h"
#include "grpc_server.h"
#include "options.h"

struct workload;

/* Makes or opens the CA, writes --issue's and --bundle-out's files, issues an
 * SVID for each entry. opt: borrowed. */
struct result workload_new(const struct options *opt, struct workload **ret,
			   struct err *reterr);
/* After the server is freed. Takes NULL. */
void workload_free(struct workload *w);
DEFINE_CLEANUP(workload, workload_free)

/* What to hand to grpc_server_new; borrowed. */
const struct grpc_service *workload_service(const struct workload *w);

/* New SVIDs for all entries, sent on all open streams. What cannot be issued
 * stays as it was. */
void workload_rotate(struct workload *w);

/* Does what is due: rotation, withdrawal. Returns the milliseconds to the next
 * call, at most 10 s: the clock that counts is the wall's, which a laptop's
 * sleep moves on. */
int workload_tick(struct workload *w);

#endif
