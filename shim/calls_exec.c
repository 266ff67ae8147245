/* SPDX-License-Identifier: Apache-2.0 */
/* exec and its family: all of them lead to exec_image. No malloc, since vfork children
 * and signal handlers come here. */
#include <alloca.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <stdarg.h>
#include <string.h>

#include "exec.h"
#include "program/path_search.h"
#include "shim.h"

EXPORT int execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	return exec_image(&(struct image){ dir, path, flags }, argv, envp);
}

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	return execveat(AT_FDCWD, path, argv, envp, 0);
}

EXPORT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	if (fd < 0) {
		errno = EINVAL;
		return -1;
	}
	return execveat(fd, "", argv, envp, AT_EMPTY_PATH);
}

static size_t count(char *const list[])
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* exec(3): what the kernel does not know is a script of the shell's. */
static int run_or_script(const char *path, char *const argv[], char *const envp[])
{
	size_t n = count(argv);
	char **words;

	execve(path, argv, envp);
	if (errno != ENOEXEC)
		return -1;
	words = alloca((n + 3) * sizeof *words);
	words[0] = (char *)_PATH_BSHELL;
	words[1] = (char *)path;
	words[2] = NULL;
	if (n > 1)
		memcpy(words + 2, argv + 1, n * sizeof *words);
	return execve(_PATH_BSHELL, words, envp);
}

/* Is a failure of one folder's file the end of the search? */
static bool goes_on(int error)
{
	return error == EACCES || error == ENOENT || error == ESTALE || error == ENOTDIR ||
	       error == ENODEV || error == ETIMEDOUT;
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	const char *path = path_search_begin();
	bool denied = false;
	char at[PATH_MAX];

	if (!*file || strnlen(file, NAME_MAX + 1) > NAME_MAX || strchr(file, '/')) {
		if (*file && strchr(file, '/'))
			return run_or_script(file, argv, envp);
		errno = *file ? ENAMETOOLONG : ENOENT;
		return -1;
	}
	errno = ENOENT;
	while (path_search_next(&path, file, at)) {
		run_or_script(at, argv, envp);
		if (!goes_on(errno))
			return -1;
		denied |= errno == EACCES;
	}
	if (denied)
		errno = EACCES;
	return -1;
}

EXPORT int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

/* The words of execl and its kin, and what follows their end. */
#define COLLECT(argv, first, ap, n) \
	do { \
		va_start(ap, first); \
		for (n = 1; va_arg(ap, char *); n++) \
			; \
		va_end(ap); \
		argv = alloca((n + 1) * sizeof *argv); \
		va_start(ap, first); \
		argv[0] = (char *)first; \
		for (size_t i = 1; i <= n; i++) \
			argv[i] = va_arg(ap, char *); \
	} while (0)

EXPORT int execl(const char *path, const char *first, ...)
{
	char **argv;
	va_list ap;
	size_t n;

	COLLECT(argv, first, ap, n);
	va_end(ap);
	return execve(path, argv, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	char **argv;
	va_list ap;
	size_t n;

	COLLECT(argv, first, ap, n);
	va_end(ap);
	return execvpe(file, argv, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	char **argv, **envp;
	va_list ap;
	size_t n;

	COLLECT(argv, first, ap, n);
	envp = va_arg(ap, char **);
	va_end(ap);
	return execve(path, argv, envp);
}
