/* SPDX-License-Identifier: Apache-2.0 */
/* stdio where it is given a descriptor, or gives one away. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "refuse.h"
#include "shim.h"
#include "streams.h"

/* Is fd a managed socket, or may it become one? */
static bool may_be_managed(int fd)
{
	struct conn *c;
	uintptr_t word;

	shim_up();
	if (unmanaged(fd))
		return false;
	c = managed(fd);
	conn_put(c);
	word = fdtab_load(fd);
	return c || word == FD_FRESH || word == FD_TWIN;
}

EXPORT FILE *fdopen(int fd, const char *mode)
{
	int saved = errno;
	bool ours = may_be_managed(fd);

	errno = saved;
	return ours ? streams_open(fd, mode) : real.fdopen(fd, mode);
}
EXPORT_ALIAS(fdopen) FILE *_IO_fdopen(int fd, const char *mode);

EXPORT int fileno(FILE *f)
{
	int fd;

	shim_up();
	fd = streams_number(f);
	return fd >= 0 ? fd : real.fileno(f);
}
EXPORT_ALIAS(fileno) int fileno_unlocked(FILE *f);

EXPORT FILE *freopen(const char *path, const char *mode, FILE *f)
{
	int fd;

	shim_up();
	fd = streams_number(f);
	return fd >= 0 ? streams_reopen(f, fd, path, mode) : real.freopen(path, mode, f);
}
EXPORT_ALIAS(freopen) FILE *freopen64(const char *path, const char *mode, FILE *f);

/* Puts a file's insides on a descriptor (C++ of the last century): no cookie fits. */
EXPORT FILE *_IO_file_attach(FILE *f, int fd)
{
	int e;

	shim_up();
	e = refuse_if_managed(fd, REFUSE_file_attach);
	if (e < 0)
		errno = -e;
	return e < 0 ? NULL : real._IO_file_attach(f, fd);
}

/* Writes and frees text. n, or -1 with errno. */
static int print(int fd, char *text, int n)
{
	int done = 0;

	while (done < n) {
		ssize_t r = write(fd, text + done, (size_t)(n - done));

		if (r < 0)
			break;
		done += (int)r;
	}
	free(text);
	return done < n ? -1 : n;
}

EXPORT int vdprintf(int fd, const char *fmt, va_list ap)
{
	int saved = errno, n;
	char *text = NULL;

	if (!may_be_managed(fd)) {
		errno = saved;
		return real.vdprintf(fd, fmt, ap);
	}
	errno = saved;
	n = vasprintf(&text, fmt, ap);
	return n < 0 ? n : print(fd, text, n);
}

EXPORT int dprintf(int fd, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vdprintf(fd, fmt, ap);
	va_end(ap);
	return r;
}

int __vasprintf_chk(char **ret, int flag, const char *fmt, va_list ap);

EXPORT int __vdprintf_chk(int fd, int flag, const char *fmt, va_list ap)
{
	int saved = errno, n;
	char *text = NULL;

	if (!may_be_managed(fd)) {
		errno = saved;
		return real.__vdprintf_chk(fd, flag, fmt, ap);
	}
	errno = saved;
	n = __vasprintf_chk(&text, flag, fmt, ap);
	return n < 0 ? n : print(fd, text, n);
}

EXPORT int __dprintf_chk(int fd, int flag, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = __vdprintf_chk(fd, flag, fmt, ap);
	va_end(ap);
	return r;
}
