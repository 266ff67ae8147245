/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's libnghttp2.a is built for executables and refers to stderr in a way
 * that a shared object cannot relocate. The link wraps the name to the hidden one
 * here. It stays NULL: nghttp2 writes there only before it aborts.
 */
#include <stdio.h>

extern FILE *__wrap_stderr;
FILE *__wrap_stderr;
