/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Working space for one call: nothing survives in it between calls, so idle
 * connections cost none; and the plaintext of a record of which the program has read
 * a part. A handful of areas of each, taken and given back without a lock; a signal
 * handler that interrupts a user of one takes another. ctx: signal.
 */
#ifndef SVIDWRAP_SHIM_SCRATCH_H
#define SVIDWRAP_SHIM_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

#include "tls/record.h"

#define SCRATCH_RECORDS 4u /* sealed or received in one system call */

struct scratch {
	/* Ciphertext: full records, and room for a KeyUpdate before them. */
	uint8_t cipher[SCRATCH_RECORDS * (RECORD_PLAIN_MAX + RECORD_OVERHEAD) + 2 * 64];
	/* Plaintext that must be gathered or scattered. Wiped when given back. */
	uint8_t plain[RECORD_CIPHER_MAX];
	uint32_t plain_used;
};

/* NULL: out of memory. */
struct scratch *scratch_get(void);
void scratch_put(struct scratch *s);

/* One more of each, for when memory is short. */
void scratch_reserve(void);

/* RECORD_CIPHER_MAX bytes; used: how many of them to wipe. */
uint8_t *scratch_plain_get(void);
void scratch_plain_put(uint8_t *plain, size_t used);

#endif
