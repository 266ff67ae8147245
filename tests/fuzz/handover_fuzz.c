/* SPDX-License-Identifier: Apache-2.0 */
/* What a program can hand over to the next image: any bytes at all. */
#include <stdlib.h>
#include <string.h>

#include "tls/handover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static volatile size_t sink;

static void read_text(const char *s)
{
	sink += strlen(s);
}

static void read_entry(const struct handover_entry *e)
{
	if (e->kind != HANDOVER_CONN)
		return;
	if (e->keys[0].secret_len > SECRET_MAX || e->keys[1].secret_len > SECRET_MAX)
		abort();
	read_text(e->rule);
	read_text(e->own_id);
	read_text(e->own_serial);
	read_text(e->peer_id);
	read_text(e->peer_serial);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	const uint8_t *at = copy;
	size_t left = len;
	struct handover_entry e;
	struct err err = { 0 };
	uint32_t limit;

	if (len)
		memcpy(copy, data, len);
#ifdef PLANTED_BUG
	/* Takes for granted that what a header promises is there. */
	left += len > HANDOVER_HEADER ? 64 : 0;
#endif
	if (!failed(handover_header(&at, &left, &limit, &err)))
		while (left) {
			size_t before = left;

			if (failed(handover_next(&at, &left, &e, &err)))
				break;
			if (left >= before)
				abort();
			read_entry(&e);
		}
	free(copy);
	return 0;
}
