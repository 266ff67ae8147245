/* SPDX-License-Identifier: Apache-2.0 */
/* Handshake records after the handshake, cut at will, on a state that others may
 * have written. Input: a state, then pieces {length, bytes}. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tls/post_handshake.h"

/* neg_post_handshake_fuzz.c claims that tickets never span records. */
#ifndef PLANTED_CLAIM
#define PLANTED_CLAIM(state) true
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct post_handshake state = { 0 };

	if (size < 1)
		return 0;
	if (data[0] & 1) {
		if (size < 1 + sizeof state)
			return 0;
		memcpy(&state, data + 1, sizeof state);
		data += sizeof state, size -= sizeof state;
	}
	data++, size--;
	while (size > 0) {
		size_t n = data[0] < size - 1 ? data[0] : size - 1;
		struct post_handshake_effect e;
		uint8_t *piece = malloc(n ? n : 1);
		struct result r;

		if (!piece)
			abort();
		memcpy(piece, data + 1, n);
		r = post_handshake_parse(&state, piece, n, &e, NULL);
		free(piece);
		if (failed(r))
			return 0;
		/* RFC 8446 5.1: a KeyUpdate ends its record. */
		if (e.key_update_received && post_handshake_in_message(&state))
			abort();
		if (e.key_update_requested && !e.key_update_received)
			abort();
		if (!PLANTED_CLAIM(state))
			abort();
		data += n + 1, size -= n + 1;
	}
	return 0;
}
