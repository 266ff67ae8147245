/* SPDX-License-Identifier: Apache-2.0 */
#include "attest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

/* The kernel's own handle of the process that connected; before Linux 6.5 one
 * opened by number, which is only as good as nobody having taken the number
 * between connect and accept. */
static int open_pidfd(int sock, pid_t pid)
{
	int fd = -1;
	socklen_t len = sizeof fd;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERPIDFD, &fd, &len) == 0)
		return fd;
	if (errno != ENOPROTOOPT)
		return -1;
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* A pidfd becomes readable when its process ends. */
static bool alive(int pid_fd)
{
	struct pollfd p = { .fd = pid_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static struct result gone(const struct peer *p, struct err *reterr)
{
	return FAIL(reterr, ERR_IO, "process %d has ended", (int)p->pid);
}

static struct result fill(int sock, struct peer *p, struct err *reterr)
{
	struct ucred cred;
	socklen_t len = sizeof cred;
	char path[32];

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "SO_PEERCRED: %s",
				strerror(errno));
	p->pid = cred.pid;
	p->uid = cred.uid;
	p->gid = cred.gid;
	if (cred.pid <= 0)
		return FAIL(reterr, ERR_IO,
			    "the caller is in a PID namespace that is not visible here");
	p->pid_fd = open_pidfd(sock, cred.pid);
	if (p->pid_fd < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "pidfd of process %d: %s",
				(int)cred.pid, strerror(errno));
	snprintf(path, sizeof path, "/proc/%d", (int)cred.pid);
	p->proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->proc_fd < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "%s: %s", path,
				strerror(errno));
	/* A descriptor of /proc/PID stays with its process: if ours is alive
	 * after the opening, this is its folder and no successor's. */
	return alive(p->pid_fd) ? RESULT_OK : gone(p, reterr);
}

struct result peer_open(int sock, struct peer *ret, struct err *reterr)
{
	struct peer p = { .pid_fd = -1, .proc_fd = -1 };
	struct result r = fill(sock, &p, reterr);

	if (failed(r))
		peer_close(&p);
	else
		*ret = p;
	return r;
}

void peer_close(struct peer *p)
{
	if (p->pid_fd >= 0)
		close(p->pid_fd);
	if (p->proc_fd >= 0)
		close(p->proc_fd);
	p->pid_fd = p->proc_fd = -1;
}

static bool hash_fd(int fd, unsigned char out[SHA256_LEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char buf[65536];
	ssize_t n = -1;
	bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);

	while (ok && (n = read(fd, buf, sizeof buf)) > 0)
		ok = EVP_DigestUpdate(md, buf, (size_t)n);
	ok = ok && n == 0 && EVP_DigestFinal_ex(md, out, NULL);
	EVP_MD_CTX_free(md);
	return ok;
}

/* Path and hash are taken from one open file, so that an exec in between cannot
 * pair the path of one program with the hash of another. */
static void read_exe(const struct peer *p, bool want_sha256, struct caller *c)
{
	char link[32];
	ssize_t n;
	int fd = openat(p->proc_fd, "exe", O_PATH | O_CLOEXEC);

	if (fd < 0) {
		c->exe_errno = errno;
		return;
	}
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, c->exe, sizeof c->exe);
	if (n < 0)
		c->exe_errno = errno;
	else if ((size_t)n >= sizeof c->exe)
		c->exe_errno = ENAMETOOLONG;
	c->exe[c->exe_errno ? 0 : n] = 0;
	if (want_sha256) {
		int file = open(link, O_RDONLY | O_CLOEXEC);

		c->has_sha256 = file >= 0 && hash_fd(file, c->sha256);
		if (file >= 0)
			close(file);
	}
	close(fd);
}

struct result peer_attest(const struct peer *p, bool want_sha256,
			  struct caller *ret, struct err *reterr)
{
	*ret = (struct caller){ .pid = p->pid, .uid = p->uid, .gid = p->gid };
	read_exe(p, want_sha256, ret);
	return alive(p->pid_fd) ? RESULT_OK : gone(p, reterr);
}
