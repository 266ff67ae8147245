/* SPDX-License-Identifier: Apache-2.0 */
/* Scope-bound ownership. `AUTO_UNREF(policy) p = ...;` gives p back at the end
 * of the scope; STEAL(p) takes it out first. */
#ifndef SVIDWRAP_BASE_CLEANUP_H
#define SVIDWRAP_BASE_CLEANUP_H

#include <stdlib.h>

/* Defines the helper behind AUTO_UNREF(type) or AUTO_FREE(type), for a type
 * whose destructor takes NULL. */
#define DEFINE_CLEANUP(type, destroy) \
	static inline void cleanup_##type(struct type **p) \
	{ \
		if (*p) \
			destroy(*p); \
	}
#define AUTO_UNREF(type) __attribute__((cleanup(cleanup_##type))) struct type *
#define AUTO_FREE(type) AUTO_UNREF(type)

static inline void cleanup_malloc(void *p)
{
	free(*(void **)p);
}
#define AUTO_MALLOC __attribute__((cleanup(cleanup_malloc)))

#define STEAL(p) \
	({ \
		__typeof__(p) *steal_at = &(p); \
		__typeof__(p) steal_v = *steal_at; \
		*steal_at = NULL; \
		steal_v; \
	})

#endif
