/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "kernel.h"

#define KEPT 16

static struct scratch *_Atomic kept[KEPT];

struct scratch *scratch_get(void)
{
	struct scratch *s;

	for (int i = 0; i < KEPT; i++) {
		s = atomic_exchange_explicit(&kept[i], NULL, memory_order_acquire);
		if (s)
			return s;
	}
	s = k_memory(sizeof *s);
	if (s)
		k_madvise(s, sizeof *s, MADV_DONTDUMP);
	return s;
}

void scratch_put(struct scratch *s)
{
	if (s->plain_used) {
		explicit_bzero(s->plain, s->plain_used);
		s->plain_used = 0;
	}
	for (int i = 0; i < KEPT; i++) {
		struct scratch *none = NULL;

		if (atomic_compare_exchange_strong_explicit(&kept[i], &none, s,
							    memory_order_release,
							    memory_order_relaxed))
			return;
	}
	k_memory_free(s, sizeof *s);
}
