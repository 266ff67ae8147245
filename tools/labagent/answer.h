/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of an X509SVIDResponse. */
#ifndef SVIDWRAP_LABAGENT_ANSWER_H
#define SVIDWRAP_LABAGENT_ANSWER_H

#include "attest.h"
#include "issuer.h"

/*
 * What c gets: the SVIDs of its entries in their order.
 * faults   of the answer as a whole
 * ret      to cleanse and free()
 * errors   ERR_NOMEM
 */
struct result answer_pack(const struct issuer *is, const struct caller *c,
			  uint32_t faults, uint8_t **ret, size_t *ret_len,
			  struct err *reterr);

#endif
