/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a Unix socket: SO_PEERCRED and /proc/PID. A
 * process id can be used again, so a pidfd is held for as long as the
 * connection: what was read of /proc/PID counts only if that very process is
 * alive afterwards.
 */
#ifndef SVIDWRAP_LABAGENT_ATTEST_H
#define SVIDWRAP_LABAGENT_ATTEST_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define SHA256_LEN 32

/* The process that connected. */
struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	int pid_fd;
	int proc_fd; /* /proc/PID */
};

/* What is known of it at one moment. */
struct caller {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	char exe[PATH_MAX]; /* "" if it could not be read */
	int exe_errno;      /* why not */
	bool has_sha256;
	unsigned char sha256[SHA256_LEN]; /* of the executable */
};

/* errors: ERR_IO, also when the process has gone. Close *ret with peer_close. */
struct result peer_open(int sock, struct peer *ret, struct err *reterr);
void peer_close(struct peer *p);

/* An executable that cannot be read is no error: it matches no path. */
struct result peer_attest(const struct peer *p, bool want_sha256,
			  struct caller *ret, struct err *reterr);

#endif
