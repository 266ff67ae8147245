/* SPDX-License-Identifier: Apache-2.0 */
/* The value of LD_PRELOAD (ld.so(8)): paths between spaces and colons. */
#ifndef SVIDWRAP_PROGRAM_PRELOAD_LIST_H
#define SVIDWRAP_PROGRAM_PRELOAD_LIST_H

#include <stdbool.h>
#include <stddef.h>

#define SHIM_NAME "libsvidwrap.so"
#define PRELOAD_SEPARATORS " :"
#define PRELOAD_SPECIAL " :$" /* '$' starts $ORIGIN, $LIB, $PLATFORM */

/* Does this entry, len bytes, name the shim? ctx: signal. */
bool preload_list_is_shim(const char *entry, size_t len);
/* The first entry that does, or NULL; list may be NULL. ctx: signal. */
const char *preload_list_shim(const char *list, size_t *ret_len);

/*
 * ours first, then what was there, less any libsvidwrap.so: two of them would
 * wrap each other. old may be NULL. Allocated, free it; NULL if out of memory.
 */
char *preload_list_with(const char *ours, const char *old);

#endif
