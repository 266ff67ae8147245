/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "kernel.h"

#define KEPT 16

/* Not in core dumps. */
struct pool {
	size_t size;
	void *_Atomic kept[KEPT];
};

static struct pool scratches = { .size = sizeof(struct scratch) };
static struct pool plains = { .size = RECORD_CIPHER_MAX };

static void *more(const struct pool *p)
{
	void *mem = k_memory(p->size);

	if (mem)
		k_madvise(mem, p->size, MADV_DONTDUMP);
	return mem;
}

static void *take(struct pool *p)
{
	void *mem;

	for (int i = 0; i < KEPT; i++) {
		mem = atomic_exchange_explicit(&p->kept[i], NULL, memory_order_acquire);
		if (mem)
			return mem;
	}
	return more(p);
}

static void give(struct pool *p, void *mem)
{
	for (int i = 0; i < KEPT; i++) {
		void *none = NULL;

		if (atomic_compare_exchange_strong_explicit(&p->kept[i], &none, mem,
							    memory_order_release,
							    memory_order_relaxed))
			return;
	}
	k_memory_free(mem, p->size);
}

static void reserve(struct pool *p)
{
	void *mem = more(p);

	if (mem)
		give(p, mem);
}

void scratch_reserve(void)
{
	reserve(&scratches);
	reserve(&plains);
}

struct scratch *scratch_get(void)
{
	return take(&scratches);
}

void scratch_put(struct scratch *s)
{
	if (s->plain_used) {
		explicit_bzero(s->plain, s->plain_used);
		s->plain_used = 0;
	}
	give(&scratches, s);
}

uint8_t *scratch_plain_get(void)
{
	return take(&plains);
}

void scratch_plain_put(uint8_t *plain, size_t used)
{
	explicit_bzero(plain, used);
	give(&plains, plain);
}
