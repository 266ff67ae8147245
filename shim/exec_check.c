/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_check.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "exec_env.h"
#include "program/preload_list.h"
#include "program/program_check.h"
#include "shim_sys.h"

/* The loader that runs this program, as the program names it; "" if it does not. */
static const char *own_loader(void)
{
	const ElfW(Phdr) *ph = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t n = getauxval(AT_PHNUM);
	const ElfW(Phdr) *self = NULL;

	for (size_t i = 0; ph && i < n; i++)
		if (ph[i].p_type == PT_PHDR)
			self = &ph[i];
	/* Where it was loaded: at 0 from where it says, if it is no PIE. */
	for (size_t i = 0; self && i < n; i++)
		if (ph[i].p_type == PT_INTERP)
			return (const char *)ph - self->p_vaddr + ph[i].p_vaddr;
	return "";
}

/* A path that stays right where the next image begins. False: it is too long. */
static bool path_of(const struct image *im, char ret[PATH_MAX])
{
	const char *format = im->dir == AT_FDCWD || im->path[0] == '/' ? "%2$s"
			     : im->path[0] ? "/proc/self/fd/%1$d/%2$s" : "/proc/self/fd/%1$d";

	return snprintf(ret, PATH_MAX, format, im->dir, im->path) < PATH_MAX;
}

/* The library that the next image would load. */
static bool library_of(char *const envp[], struct preload *ret, struct err *why)
{
	const char *loader = own_loader();

	memset(ret, 0, sizeof *ret);
	if (!exec_env_preload(envp, ret->path) || ret->path[0] != '/' ||
	    strpbrk(ret->path, PRELOAD_SPECIAL)) {
		(void)FAIL(why, ERR_UNSUPPORTED, "LD_PRELOAD does not name the shim by its path");
		return false;
	}
	if (strlen(loader) < sizeof ret->interp)
		strcpy(ret->interp, loader);
	return !failed(preload_inspect(&shim_sys, ret, why));
}

int exec_check(const struct image *im, char *const envp[], struct err *why)
{
	char path[PATH_MAX];
	struct preload lib;
	int saved = errno, r = 0;

	if (!im->path)
		return -EFAULT;
	if (!path_of(im, path))
		return -ENAMETOOLONG;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		r = -errno;
	else if (!library_of(envp, &lib, why))
		r = 1;
	else if (program_check(&shim_sys, path, &lib, NULL, why))
		r = why->cls == ERR_PARSE ? -ENOEXEC : 1;
	errno = saved;
	return r;
}
