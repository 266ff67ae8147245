/* SPDX-License-Identifier: Apache-2.0 */
#include "real.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>

struct real real;

/* A name that is not found makes the loader allocate, and an allocator that sets itself
 * up may be what called us: each must be there (tests/exports). */
#ifdef __SANITIZE_THREAD__ /* whose library looks for symbols before it is ready for us */
__attribute__((no_sanitize("thread")))
#endif
__attribute__((no_sanitize("address", "undefined"))) void real_init(void)
{
	static _Atomic int done;

	void *(*find)(void *, const char *);

	if (atomic_load_explicit(&done, memory_order_acquire))
		return;
	find = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
#define SYM(result, name, params) real.name = (result(*) params)find(RTLD_NEXT, #name);
#define OLD(result, name, params) \
	real.name = (result(*) params)dlvsym(RTLD_NEXT, #name, "GLIBC_2.2.5");
#define ALIAS(result, name, params, of)
#include "symbols.def"
#undef SYM
#undef OLD
#undef ALIAS
	atomic_store_explicit(&done, 1, memory_order_release);
}
