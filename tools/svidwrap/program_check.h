/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would the shim be loaded into this program? glibc and the kernel run many a
 * program without what LD_PRELOAD names, and say nothing: `run` refuses these.
 */
#ifndef SVIDWRAP_TOOLS_PROGRAM_CHECK_H
#define SVIDWRAP_TOOLS_PROGRAM_CHECK_H

#include <limits.h>

#include "base/err.h"
#include "elf_check.h"

/* Exit statuses, as env(1) and timeout(1) have them. */
enum {
	EXIT_SVIDWRAP = 125,   /* svidwrap itself failed or refused */
	EXIT_CANNOT_RUN = 126, /* found, but cannot be run or preloaded */
	EXIT_NOT_FOUND = 127,
};

/* What has to be loaded: facts of libsvidwrap.so, and the loader of the C
 * library it was built for (that of this very command). */
struct preload {
	char path[PATH_MAX];
	struct elf_facts elf;
	char interp[ELF_INTERP_MAX];
};

/* Finds libsvidwrap.so: beside this command (a build tree), else in
 * ../lib/svidwrap; checks that the loader will be able to map it. */
struct result preload_find(struct preload *ret, struct err *reterr);

/* As execvp(3) looks: PATH unless name has a slash. Returns 0 and ret, or an
 * exit status and reterr's text, which starts with the name. */
int program_find(const char *name, char ret[PATH_MAX], struct err *reterr);

/* Follows scripts to their interpreters. Returns 0, or an exit status and
 * reterr's text: "PATH: what; what to do". */
int program_check(const char *path, const struct preload *lib,
		  struct err *reterr);

#endif
