/* SPDX-License-Identifier: Apache-2.0 */
/* The value of LD_PRELOAD (ld.so(8)): paths between spaces and colons. */
#ifndef SVIDWRAP_TOOLS_PRELOAD_LIST_H
#define SVIDWRAP_TOOLS_PRELOAD_LIST_H

#define SHIM_NAME "libsvidwrap.so"
#define PRELOAD_SEPARATORS " :"
#define PRELOAD_SPECIAL " :$" /* '$' starts $ORIGIN, $LIB, $PLATFORM */

/*
 * ours first, then what was there, less any libsvidwrap.so: two of them would
 * wrap each other. old may be NULL. Allocated, free it; NULL if out of memory.
 */
char *preload_list_with(const char *ours, const char *old);

#endif
