/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where audit lines go: a file, or the system log. One system call carries one
 * line, so lines of several processes never mix. Opened early and held: after
 * chroot, setns or a privilege drop nothing is opened by path again.
 * Not thread-safe to open and close; writing needs no lock. ctx: any, except
 * where said.
 */
#ifndef SVIDWRAP_AUDIT_LOG_SINK_H
#define SVIDWRAP_AUDIT_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sys.h"

#define LOG_SINK_PATH "/dev/log"
#define LOG_SINK_STDERR "stderr"

/* A plain value. Its descriptor may be moved by the owner: set fd. */
struct log_sink {
	const struct sys *sys; /* borrowed, outlives the sink */
	int fd;                /* -1: lines are dropped */
	bool system_log;
	bool pipe;
	bool shared; /* the pipe's flags are the program's as well */
};

/*
 * path  a regular file (made with mode 0640 if absent, appended to) or
 *       /dev/null; NULL or "" is the system log. The last component may not be
 *       a symbolic link: a daemon that starts as root must not be led to append
 *       to some other file by whoever may write in the folder. FIFOs and
 *       terminals are refused: writing there can block, stop or kill the
 *       program. The word LOG_SINK_STDERR: the pipe that standard error is, as
 *       in a container, opened anew, so that it is non-blocking here alone and
 *       the program may close or reuse its descriptor 2; duplicated where it
 *       is another user's (as after su) or there is no /proc.
 * errors ERR_IO, ERR_FILE_TRUST (link or no regular file). Never for the
 *       system log: where there is none, lines are dropped, since a guest has
 *       no other place to complain.
 */
struct result log_sink_open(const struct sys *sys, const char *path,
			    struct log_sink *ret, struct err *reterr);

/*
 * Writes one line, whole. severity: syslog's, 0 to 7. line: len bytes, at most
 * log_sink_line_max, ending in '\n' (which the system log does not get). Never
 * blocks on the system log or a pipe; never raises SIGPIPE or SIGXFSZ. false: dropped.
 * ctx: noalloc.
 */
#define LOG_LINE_MAX 8192
bool log_sink_write(const struct log_sink *sink, int severity,
		    const char *line, size_t len);

/* Longer lines are dropped: LOG_LINE_MAX, for a pipe what it takes in one piece. */
size_t log_sink_line_max(const struct log_sink *sink);

/* The system calls that log_sink_write makes past sys; the last is -1. For a program
 * that is killed for a call it did not list. */
const short *log_sink_calls(const struct log_sink *sink);

/* Connects again after the system log's daemon was restarted (log_sink_write
 * returned false). The same descriptor stays in use. By path: not after chroot
 * or setns. No effect on a file. */
bool log_sink_reconnect(const struct log_sink *sink);

/* The descriptor, to be kept out of the program's way; -1 if there is none. */
int log_sink_fd(const struct log_sink *sink);

/* Takes a sink that is closed already. */
void log_sink_close(struct log_sink *sink);

#endif
