/* SPDX-License-Identifier: Apache-2.0 */
/* The first line of a script, as execve(2) reads it. */
#ifndef SVIDWRAP_PROGRAM_SCRIPT_LINE_H
#define SVIDWRAP_PROGRAM_SCRIPT_LINE_H

#include <stddef.h>

#include "base/err.h"

#define SCRIPT_LINE_MAX 256 /* what the kernel looks at */

struct script_line {
	char interp[SCRIPT_LINE_MAX];
	char command[SCRIPT_LINE_MAX]; /* what env(1) is to run; "" if the
					* interpreter is not env */
};

/* head: the file's first len bytes, at most SCRIPT_LINE_MAX, from "#!" on.
 * errors: ERR_PARSE. */
struct result script_line_parse(const char *head, size_t len,
				struct script_line *ret, struct err *reterr);

#endif
