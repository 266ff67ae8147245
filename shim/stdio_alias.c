/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's libnghttp2.a and libfyaml.a are built for executables and refer to
 * stdin, stdout and stderr in a way that a shared object cannot relocate. The
 * link wraps these names to the hidden ones here. Both libraries look at stderr's
 * descriptor when they set up their diagnostics; neither writes there, since
 * lib/policy takes libfyaml's output itself.
 */
#include "stdio_alias.h"

#include <stdio.h>

extern FILE *__real_stdin, *__real_stdout, *__real_stderr;
extern FILE *__wrap_stdin, *__wrap_stdout, *__wrap_stderr;
FILE *__wrap_stdin, *__wrap_stdout, *__wrap_stderr;

void stdio_alias_init(void)
{
	__wrap_stdin = __real_stdin;
	__wrap_stdout = __real_stdout;
	__wrap_stderr = __real_stderr;
}
