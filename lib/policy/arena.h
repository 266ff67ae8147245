/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is given back all at once. Not thread-safe. */
#ifndef SVIDWRAP_POLICY_ARENA_H
#define SVIDWRAP_POLICY_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* Zero-initialise. */
struct arena {
	struct arena_chunk *chunks;
	size_t limit; /* bytes handed out at most; 0: no limit */
	size_t used;
};

/* n zeroed bytes (n may be 0), aligned for any type, or NULL: out of
 * memory, or beyond the limit. */
void *arena_alloc(struct arena *a, size_t n);
/* The same for an array; NULL also if the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A NUL-terminated copy of len bytes, or NULL. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
void arena_clear(struct arena *a);

#endif
