/* SPDX-License-Identifier: Apache-2.0 */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct result fail(const char *path, const char *todo,
			  struct err *reterr)
{
	int e = errno;

	return FAIL_SYS(reterr, ERR_IO, e, "cannot listen on %s: %s%s", path,
			strerror(e), todo);
}

static struct result remove_stale(const struct endpoint *at, const char *path,
				  struct err *reterr)
{
	struct stat st;
	int probe;
	int rc;

	if (lstat(path, &st) < 0)
		return RESULT_OK;
	if (!S_ISSOCK(st.st_mode))
		return FAIL(reterr, ERR_IO,
			    "%s is there and is no socket; remove it or choose another path",
			    path);
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return fail(path, "", reterr);
	rc = connect(probe, (const struct sockaddr *)&at->sa, at->sa_len);
	if (rc < 0 && errno == ECONNREFUSED)
		rc = unlink(path);
	else
		rc = 1;
	close(probe);
	if (rc < 0)
		return fail(path, "; remove it", reterr);
	if (rc > 0)
		return FAIL(reterr, ERR_IO,
			    "%s is in use by another agent; stop it or choose another path",
			    path);
	return RESULT_OK;
}

static struct result bind_and_listen(const struct endpoint *at,
				     struct listener *l, struct err *reterr)
{
	struct stat st;

	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return fail(l->path, "", reterr);
	if (bind(l->fd, (const struct sockaddr *)&at->sa, at->sa_len) < 0)
		return fail(l->path,
			    errno == ENOENT ? "; make the folder first" : "",
			    reterr);
	if (lstat(l->path, &st) < 0)
		return fail(l->path, "", reterr);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	if (chmod(l->path, 0777) < 0 || listen(l->fd, SOMAXCONN) < 0)
		return fail(l->path, "", reterr);
	return RESULT_OK;
}

struct result listener_open(const struct endpoint *at, struct listener *ret,
			    struct err *reterr)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&at->sa;
	struct listener l = { .fd = -1 };
	struct result r;

	snprintf(l.path, sizeof l.path, "%.*s", (int)sizeof un->sun_path,
		 un->sun_path);
	r = remove_stale(at, l.path, reterr);
	if (!failed(r))
		r = bind_and_listen(at, &l, reterr);
	if (failed(r))
		listener_close(&l);
	else
		*ret = l;
	return r;
}

void listener_close(struct listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	if (l->ino && lstat(l->path, &st) == 0 && st.st_dev == l->dev &&
	    st.st_ino == l->ino)
		unlink(l->path);
	close(l->fd);
	l->fd = -1;
}
