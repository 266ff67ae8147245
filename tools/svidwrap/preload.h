/* SPDX-License-Identifier: Apache-2.0 */
/* Where the shim and the program are. */
#ifndef SVIDWRAP_TOOLS_PRELOAD_H
#define SVIDWRAP_TOOLS_PRELOAD_H

#include "program/program_check.h"

/* Finds libsvidwrap.so: beside this command (a build tree), else in
 * ../lib/svidwrap; checks that the loader will be able to map it. The loader is
 * that of this very command. */
struct result preload_find(struct preload *ret, struct err *reterr);

/* As execvp(3) looks: PATH unless name has a slash. Returns 0 and ret, or an
 * exit status and reterr's text, which starts with the name. */
program_find_fn program_find;

#endif
