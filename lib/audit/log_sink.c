/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FACILITY (10 << 3) /* authpriv: peers' names are not for everybody */

static bool is_plain(const struct stat *st)
{
	return S_ISREG(st->st_mode) ||
	       (S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3));
}

static struct result open_file(const struct sys *sys, const char *path,
			       struct log_sink *ret, struct err *reterr)
{
	struct stat st;
	int fd, e;

	/* O_NONBLOCK: opening a FIFO nobody reads must not hang the program. */
	fd = sys->open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
				     O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0640);
	e = errno;
	if (fd < 0 && e == ELOOP)
		return FAIL_SYS(reterr, ERR_FILE_TRUST, e,
				"%s: a log file may not be a symbolic link",
				path);
	if (fd < 0 && e == ENXIO) /* a FIFO without reader, a socket */
		return FAIL_SYS(reterr, ERR_FILE_TRUST, e,
				"%s: not a regular file", path);
	if (fd < 0)
		return FAIL_SYS(reterr, ERR_IO, e, "%s: cannot open: %s", path,
				strerrordesc_np(e));
	if (sys->fstat(fd, &st) < 0 || !is_plain(&st)) {
		sys->close(fd);
		return FAIL(reterr, ERR_FILE_TRUST, "%s: not a regular file",
			    path);
	}
	*ret = (struct log_sink){ .sys = sys, .fd = fd };
	return RESULT_OK;
}

/* Not a file: the program writes there at an offset of its own, over our lines. */
static struct result open_stderr(const struct sys *sys, struct log_sink *ret,
				 struct err *reterr)
{
	struct stat st;
	int fd = sys->open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_CLOEXEC |
						      O_NOCTTY | O_NONBLOCK, 0);
	int e = errno;
	bool shared = fd < 0 && (e == EACCES || e == ENOENT) && sys->write(2, "", 0) == 0;

	if (shared)
		fd = sys->dup(2);
	if (fd < 0)
		return FAIL_SYS(reterr, ERR_IO, e,
				"cannot open the pipe of standard error anew: %s",
				strerrordesc_np(e));
	if (sys->fstat(fd, &st) < 0 ||
	    (!S_ISFIFO(st.st_mode) && st.st_rdev != makedev(1, 3))) {
		sys->close(fd);
		return FAIL(reterr, ERR_FILE_TRUST, "standard error is not a pipe");
	}
	*ret = (struct log_sink){ .sys = sys, .fd = fd, .shared = shared,
				  .pipe = S_ISFIFO(st.st_mode) };
	return RESULT_OK;
}

static bool dial(const struct sys *sys, int fd)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX,
				  .sun_path = LOG_SINK_PATH };

	return sys->connect(fd, (struct sockaddr *)&un, sizeof un) == 0;
}

static void open_system_log(const struct sys *sys, struct log_sink *ret)
{
	int fd = sys->socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			     0);

	if (fd >= 0 && !dial(sys, fd)) {
		sys->close(fd);
		fd = -1;
	}
	*ret = (struct log_sink){ .sys = sys, .fd = fd, .system_log = true };
}

struct result log_sink_open(const struct sys *sys, const char *path,
			    struct log_sink *ret, struct err *reterr)
{
	int saved = errno;
	struct result r = RESULT_OK;

	if (path && strcmp(path, LOG_SINK_STDERR) == 0)
		r = open_stderr(sys, ret, reterr);
	else if (path && *path)
		r = open_file(sys, path, ret, reterr);
	else
		open_system_log(sys, ret);
	errno = saved;
	return r;
}

/* A write past RLIMIT_FSIZE would kill the program with SIGXFSZ. */
static bool file_may_grow(const struct log_sink *sink, size_t len)
{
	struct rlimit lim;
	struct stat st;

	if (getrlimit(RLIMIT_FSIZE, &lim) < 0 || lim.rlim_cur == RLIM_INFINITY)
		return true;
	return sink->sys->fstat(sink->fd, &st) == 0 && st.st_size >= 0 &&
	       (rlim_t)st.st_size <= lim.rlim_cur &&
	       len <= lim.rlim_cur - (rlim_t)st.st_size;
}

/* RFC 3164 4.1, as a local sender: the daemon adds time and host. */
static bool send_datagram(const struct log_sink *sink, int severity,
			  const char *line, size_t len)
{
	char msg[LOG_LINE_MAX + 64];
	int head;

	if (len && line[len - 1] == '\n')
		len--;
	head = snprintf(msg, sizeof msg, "<%d>svidwrap[%d]: ",
			FACILITY | (severity & 7), (int)getpid());
	if (head < 0 || len > sizeof msg - (size_t)head)
		return false;
	memcpy(msg + head, line, len);
	len += (size_t)head;
	return sink->sys->send(sink->fd, msg, len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)len;
}

/* Where a write might block. A page goes into the pipe as it is, so it must be one
 * that nobody writes to any more. By number: vmsplice is a cancellation point. */
static ssize_t give_page(int fd, const char *line, size_t len)
{
	struct iovec page = { mmap(NULL, PIPE_BUF, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), len };
	ssize_t n;
	int e;

	if (page.iov_base == MAP_FAILED)
		return -1;
	memcpy(page.iov_base, line, len);
	n = syscall(SYS_vmsplice, fd, &page, 1ul, SPLICE_F_NONBLOCK);
	e = errno;
	munmap(page.iov_base, PIPE_BUF);
	errno = e;
	return n;
}

/* Pipes know no MSG_NOSIGNAL: the signal is held, and taken if it came. */
static bool write_pipe(const struct log_sink *sink, const char *line, size_t len)
{
	const struct timespec now = { 0 };
	sigset_t sigpipe, before, pending;
	bool ok, was_pending;

	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	if (pthread_sigmask(SIG_BLOCK, &sigpipe, &before) != 0)
		return false;
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	ok = (sink->shared ? give_page(sink->fd, line, len)
			   : sink->sys->write(sink->fd, line, len)) == (ssize_t)len;
	/* By number: sigtimedwait is a cancellation point. */
	if (!ok && errno == EPIPE && !was_pending)
		syscall(SYS_rt_sigtimedwait, &sigpipe, NULL, &now, _NSIG / 8);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

size_t log_sink_line_max(const struct log_sink *sink)
{
	return sink->pipe ? PIPE_BUF : LOG_LINE_MAX; /* pipe(7): not cut, not mixed */
}

bool log_sink_write(const struct log_sink *sink, int severity,
		    const char *line, size_t len)
{
	int saved = errno;
	bool ok;

	if (sink->fd < 0 || len > log_sink_line_max(sink))
		return false;
	if (sink->system_log)
		ok = send_datagram(sink, severity, line, len);
	else if (sink->pipe)
		ok = write_pipe(sink, line, len);
	else
		ok = file_may_grow(sink, len) &&
		     sink->sys->write(sink->fd, line, len) == (ssize_t)len;
	errno = saved;
	return ok;
}

const short *log_sink_calls(const struct log_sink *sink)
{
	static const short datagram[] = { SYS_getpid, -1 };
	static const short pipe[] = { SYS_rt_sigprocmask, SYS_rt_sigpending, SYS_rt_sigtimedwait,
				      SYS_mmap, SYS_vmsplice, SYS_munmap, -1 };
	static const short file[] = { SYS_prlimit64, SYS_newfstatat, -1 };

	return sink->system_log ? datagram : sink->pipe ? pipe : file;
}

bool log_sink_reconnect(const struct log_sink *sink)
{
	int saved = errno;
	bool ok;

	if (!sink->system_log || sink->fd < 0)
		return false;
	ok = dial(sink->sys, sink->fd);
	errno = saved;
	return ok;
}

int log_sink_fd(const struct log_sink *sink)
{
	return sink->fd;
}

void log_sink_close(struct log_sink *sink)
{
	if (sink->fd >= 0)
		sink->sys->close(sink->fd);
	sink->fd = -1;
}
