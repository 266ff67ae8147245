/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One X509SVIDResponse off the wire (SPIFFE_Workload_API.md 5.1), seen as the
 * struct svid_response that lib/spiffe builds a snapshot from. It holds private
 * keys: freeing it wipes them. ctx: any (allocates).
 */
#ifndef SVIDWRAP_WORKLOAD_SVID_MESSAGE_H
#define SVIDWRAP_WORKLOAD_SVID_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "spiffe/svid_snapshot.h"

struct svid_message;

/* Protobuf fields in a message, those of its parts included. An SVID has five,
 * a federated bundle three; more than this is no message of an agent's, and
 * each would cost many times its bytes in memory. */
#define SVID_MESSAGE_FIELDS_MAX 16384

/*
 * buf     one message without its gRPC prefix; borrowed for the call
 * ret     frees with svid_message_free; written on success only
 * errors  ERR_PARSE, ERR_NOMEM. Whether mandatory fields are there is for
 *         svid_snapshot_build to say.
 */
struct result svid_message_decode(const uint8_t *buf, size_t len,
				  struct svid_message **ret,
				  struct err *reterr);
/* Borrowed: lives as long as m. Of bundles for one trust domain the last is
 * there, as protobuf has it for maps. */
const struct svid_response *svid_message_response(const struct svid_message *m);
/* Takes NULL. */
void svid_message_free(struct svid_message *m);
DEFINE_CLEANUP(svid_message, svid_message_free)

#endif
