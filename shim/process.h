/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes, as far as this one may look. */
#ifndef SVIDWRAP_SHIM_PROCESS_H
#define SVIDWRAP_SHIM_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Has it a file of the shim's name mapped (proc(5), maps)? No proof: whoever may write
 * there can pretend. */
bool process_has_shim(pid_t pid);

#endif
