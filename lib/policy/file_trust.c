/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/file_trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LINKS_MAX 40 /* as the kernel */

/* A path on the way: done is what was checked, rest what is still to go. */
struct walk {
	char done[PATH_MAX];
	char rest[PATH_MAX];
	unsigned links;
	uid_t owner;
	const char *path; /* as given, for messages */
};

static struct result check_owner(const struct walk *w, const struct stat *st, struct err *reterr)
{
	if (st->st_uid == 0 || st->st_uid == w->owner)
		return RESULT_OK;
	return FAIL(reterr, ERR_FILE_TRUST, "%.160s: %.160s belongs to uid %u, who is neither root nor uid %u",
		    w->path, w->done, (unsigned)st->st_uid, (unsigned)w->owner);
}

/* done names a directory, or the file when rest has nothing left. */
static struct result check_writers(const struct walk *w, const struct stat *st, struct err *reterr)
{
	if (!(st->st_mode & (S_IWGRP | S_IWOTH)))
		return RESULT_OK;
	/* In a sticky directory others cannot replace what is not theirs. */
	if (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX))
		return RESULT_OK;
	return FAIL(reterr, ERR_FILE_TRUST, "%.160s: %.160s is writable by %s (mode %04o)", w->path, w->done,
		    st->st_mode & S_IWOTH ? "others" : "its group", (unsigned)st->st_mode & 07777);
}

/* rest becomes "first/rest". */
static bool prepend(struct walk *w, const char *first, size_t len)
{
	size_t rest = strlen(w->rest);

	if (len + 1 + rest + 1 > sizeof w->rest)
		return false;
	memmove(w->rest + len + 1, w->rest, rest + 1);
	memcpy(w->rest, first, len);
	w->rest[len] = '/';
	return true;
}

static void go_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	slash[slash == w->done ? 1 : 0] = '\0';
}

static struct result too_long(const struct walk *w, struct err *reterr)
{
	return FAIL_SYS(reterr, ERR_IO, ENAMETOOLONG, "%.160s: path too long", w->path);
}

/* done is a link: what it points to takes its place in rest. */
static struct result follow(struct walk *w, struct err *reterr)
{
	char target[PATH_MAX];
	ssize_t n = readlink(w->done, target, sizeof target - 1);

	if (n < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "%.160s: readlink %.160s: %s", w->path, w->done,
				strerror(errno));
	if (++w->links > LINKS_MAX)
		return FAIL_SYS(reterr, ERR_IO, ELOOP, "%.160s: too many symbolic links", w->path);
	if (!prepend(w, target, (size_t)n))
		return too_long(w, reterr);
	if (n > 0 && target[0] == '/')
		strcpy(w->done, "/");
	else
		go_up(w);
	return RESULT_OK;
}

/* Takes the next name off rest and onto done; ret_name is its length, 0 at the
 * end. `..` is done here: what it leads to was checked on the way down. */
static struct result advance(struct walk *w, size_t *ret_name, struct err *reterr)
{
	size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");
	size_t len = strlen(w->done);
	const char *name = w->rest + skip;

	if (n == 2 && !memcmp(name, "..", 2)) {
		go_up(w);
	} else if (n > 0 && !(n == 1 && *name == '.')) {
		if (len + 1 + n + 1 > sizeof w->done)
			return too_long(w, reterr);
		if (w->done[len - 1] != '/')
			w->done[len++] = '/';
		memcpy(w->done + len, name, n);
		w->done[len + n] = '\0';
	}
	memmove(w->rest, name + n, strlen(name + n) + 1);
	*ret_name = n;
	return RESULT_OK;
}

static struct result check_file(const struct walk *w, const struct stat *st, const struct stat *opened,
				struct err *reterr)
{
	struct result r;

	if (!S_ISREG(st->st_mode))
		return FAIL(reterr, ERR_FILE_TRUST, "%.160s: not a regular file", w->path);
	r = check_owner(w, st, reterr);
	if (!failed(r))
		r = check_writers(w, st, reterr);
	if (failed(r))
		return r;
	if (st->st_dev != opened->st_dev || st->st_ino != opened->st_ino)
		return FAIL(reterr, ERR_FILE_TRUST, "%.160s: replaced while it was opened", w->path);
	return RESULT_OK;
}

static struct result walk(struct walk *w, const struct stat *opened, struct err *reterr)
{
	for (;;) {
		struct result r;
		struct stat st;
		size_t name = 0;

		if (lstat(w->done, &st) != 0)
			return FAIL_SYS(reterr, ERR_IO, errno, "%.160s: %.160s: %s", w->path, w->done,
					strerror(errno));
		if (S_ISLNK(st.st_mode)) {
			r = check_owner(w, &st, reterr);
			if (!failed(r))
				r = follow(w, reterr);
			if (failed(r))
				return r;
			continue;
		}
		if (!S_ISDIR(st.st_mode))
			return check_file(w, &st, opened, reterr);
		r = check_owner(w, &st, reterr);
		if (!failed(r))
			r = check_writers(w, &st, reterr);
		if (!failed(r))
			r = advance(w, &name, reterr);
		if (failed(r))
			return r;
		if (name == 0)
			return check_file(w, &st, opened, reterr);
	}
}

struct result file_trust_check(const char *path, const struct stat *opened, uid_t owner, struct err *reterr)
{
	struct walk *w AUTO_MALLOC = calloc(1, sizeof *w);
	size_t len = strlen(path);

	if (!w)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	w->path = path;
	w->owner = owner;
	if (len >= sizeof w->rest)
		return too_long(w, reterr);
	memcpy(w->rest, path, len + 1);
	if (path[0] != '/') {
		if (!getcwd(w->done, sizeof w->done))
			return FAIL_SYS(reterr, ERR_IO, errno, "getcwd: %s", strerror(errno));
		if (!prepend(w, w->done, strlen(w->done)))
			return too_long(w, reterr);
	}
	strcpy(w->done, "/");
	return walk(w, opened, reterr);
}

static struct result read_all(const struct sys *sys, int fd, const char *path, size_t max, char *buf,
			      size_t *ret_len, struct err *reterr)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n = sys->read(fd, buf + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL_SYS(reterr, ERR_IO, errno, "%.300s: read: %s", path, strerror(errno));
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	*ret_len = len;
	return RESULT_OK;
}

static struct result read_checked(const struct sys *sys, int fd, const char *path, size_t max,
				  char **ret, size_t *ret_len, struct err *reterr)
{
	struct result r;
	struct stat st;
	char *buf AUTO_MALLOC = NULL;

	if (sys->fstat(fd, &st) != 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "%.300s: fstat: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return FAIL(reterr, ERR_FILE_TRUST, "%.300s: not a regular file", path);
	r = file_trust_check(path, &st, geteuid(), reterr);
	if (failed(r))
		return r;
	buf = malloc(max + 2);
	if (!buf)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	r = read_all(sys, fd, path, max + 1, buf, ret_len, reterr);
	if (!failed(r))
		*ret = STEAL(buf);
	return r;
}

struct result file_trust_read(const struct sys *sys, const char *path, size_t max, char **ret,
			      size_t *ret_len, struct err *reterr)
{
	int fd = sys->open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	struct result r;

	if (fd < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "%.300s: %s", path, strerror(errno));
	r = read_checked(sys, fd, path, max, ret, ret_len, reterr);
	sys->close(fd);
	return r;
}
