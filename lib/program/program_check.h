/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would the shim be loaded into this program? glibc and the kernel run many a
 * program without what LD_PRELOAD names, and say nothing: `run` refuses these, and the
 * shim hands no connection to them.
 */
#ifndef SVIDWRAP_PROGRAM_PROGRAM_CHECK_H
#define SVIDWRAP_PROGRAM_PROGRAM_CHECK_H

#include <limits.h>

#include "base/err.h"
#include "base/sys.h"
#include "program/elf_check.h"

/* Exit statuses, as env(1) and timeout(1) have them. */
enum {
	EXIT_SVIDWRAP = 125,   /* svidwrap itself failed or refused */
	EXIT_CANNOT_RUN = 126, /* found, but cannot be run or preloaded */
	EXIT_NOT_FOUND = 127,
};

/* What has to be loaded: facts of libsvidwrap.so, and the loader of the C
 * library it was built for. */
struct preload {
	char path[PATH_MAX];
	struct elf_facts elf;
	char interp[ELF_INTERP_MAX];
};

/* Can the loader map lib->path? Fills lib->elf. */
struct result preload_inspect(const struct sys *sys, struct preload *lib,
			      struct err *reterr);

/* Where a command is that env(1) is to run; 0 or an exit status. */
typedef int program_find_fn(const char *name, char ret[PATH_MAX],
			    struct err *reterr);

/* Follows scripts to their interpreters and, with `find`, env(1) to what it
 * runs. Returns 0, or an exit status and reterr's text: "PATH: what; what to
 * do". reterr's class is ERR_PARSE where the kernel would not run the file
 * either. ctx: signal, 24 KiB of stack. */
int program_check(const struct sys *sys, const char *path,
		  const struct preload *lib, program_find_fn *find,
		  struct err *reterr);

#endif
