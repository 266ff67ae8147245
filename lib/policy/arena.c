/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)4096)
#define ALIGN (sizeof(max_align_t))

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size; /* bytes of data */
	_Alignas(max_align_t) unsigned char data[];
};

static struct arena_chunk *grow(struct arena *a, size_t n)
{
	size_t size = n > CHUNK / 4 ? n : CHUNK;
	struct arena_chunk *c = calloc(1, sizeof *c + size);

	if (!c)
		return NULL;
	c->size = size;
	if (size == n && a->chunks) {
		/* A big one of its own goes behind: the first one still has room. */
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		c->next = a->chunks;
		a->chunks = c;
	}
	return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->chunks;
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (a->limit && n > a->limit - a->used)
		return NULL;
	if (!c || c->size - c->used < n)
		c = grow(a, n);
	if (!c)
		return NULL;
	p = c->data + c->used;
	c->used += n;
	a->used += n;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	return __builtin_mul_overflow(count, size, &n) ? NULL : arena_alloc(a, n);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

	if (p && len)
		memcpy(p, s, len);
	return p;
}

void arena_clear(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	a->used = 0;
}
