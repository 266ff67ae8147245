/* SPDX-License-Identifier: Apache-2.0 */
/* Would the next image have the shim? */
#ifndef SVIDWRAP_SHIM_EXEC_CHECK_H
#define SVIDWRAP_SHIM_EXEC_CHECK_H

#include "base/err.h"
#include "exec.h"

/* 0: yes. 1: no, and *why says so. -ENOEXEC: the kernel does not know what it is, so
 * exec is likely to fail. -errno: exec would fail like that. ctx: signal, 32 KiB of
 * stack. */
int exec_check(const struct image *im, char *const envp[], struct err *why);

#endif
