/* SPDX-License-Identifier: Apache-2.0 */
/* Names for the C library's streams that static libraries can be linked to. */
#ifndef SVIDWRAP_SHIM_STDIO_ALIAS_H
#define SVIDWRAP_SHIM_STDIO_ALIAS_H

/* Before the first use of such a library. */
void stdio_alias_init(void);

#endif
