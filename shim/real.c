/* SPDX-License-Identifier: Apache-2.0 */
#include "real.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>

struct real real;

void real_init(void)
{
	static _Atomic int done;

	if (atomic_load_explicit(&done, memory_order_acquire))
		return;
#define SYM(result, name, params) real.name = (result(*) params)dlsym(RTLD_NEXT, #name);
#define ALIAS(result, name, params, of)
#include "symbols.def"
#undef SYM
#undef ALIAS
	atomic_store_explicit(&done, 1, memory_order_release);
}
