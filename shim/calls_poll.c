/* SPDX-License-Identifier: Apache-2.0 */
/* poll and select, while a handshake is under way on one of their sockets
 * (handshake_wait.h); otherwise they are libc's, as all of epoll is. */
#include <alloca.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#include "arguments.h"
#include "epolls.h"
#include "handshake_wait.h"
#include "kernel.h"
#include "shim.h"

#define PAUSE_NS 5000000 /* where asking again at once would find the same */

/* How long is left. NULL: for ever. */
struct limit {
	bool set;
	struct timespec end, left;
};

static struct limit limit_of(const struct timespec *ts)
{
	struct limit l = { .set = ts != NULL };

	if (!ts)
		return l;
	clock_gettime(CLOCK_MONOTONIC, &l.end);
	l.left = *ts;
	l.end.tv_sec += ts->tv_sec;
	l.end.tv_nsec += ts->tv_nsec;
	if (l.end.tv_nsec >= 1000000000) {
		l.end.tv_sec++;
		l.end.tv_nsec -= 1000000000;
	}
	return l;
}

/* False: the time is up. */
static bool time_left(struct limit *l)
{
	struct timespec now;

	if (!l->set)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	l->left.tv_sec = l->end.tv_sec - now.tv_sec;
	l->left.tv_nsec = l->end.tv_nsec - now.tv_nsec;
	if (l->left.tv_nsec < 0) {
		l->left.tv_sec--;
		l->left.tv_nsec += 1000000000;
	}
	if (l->left.tv_sec >= 0)
		return true;
	l->left = (struct timespec){ 0 };
	return false;
}

static const struct timespec *as_timeout(const struct limit *l)
{
	return l->set ? &l->left : NULL;
}

static void pause_for(bool untaken)
{
	const struct timespec pause = { 0, PAUSE_NS };

	if (untaken)
		KERNEL(SYS_nanosleep, &pause, NULL);
}

static bool any_pending(const struct pollfd *fds, nfds_t n)
{
	if (is_nowhere(fds) || n > FDTAB_CHUNK * FDTAB_CHUNKS)
		return false; /* the kernel will say so */
	for (nfds_t i = 0; i < n; i++)
		if (__builtin_expect(handshake_pending(fds[i].fd), 0))
			return true;
	return false;
}

/* Takes away what is the handshake's. Returns how many descriptors have events. */
static int poll_result(struct pollfd *fds, nfds_t n, int r, bool *untaken)
{
	const short in = POLLIN | POLLRDNORM;

	for (nfds_t i = 0; i < n; i++) {
		enum readable is;

		if (!(fds[i].revents & in) || fds[i].revents & (POLLERR | POLLHUP | POLLRDHUP) ||
		    !handshake_pending(fds[i].fd))
			continue;
		is = handshake_readable(fds[i].fd);
		if (is == READABLE)
			continue;
		*untaken |= is == READABLE_NOT_TAKEN;
		fds[i].revents &= (short)~in;
		if (!fds[i].revents)
			r--;
	}
	return r;
}

EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	int saved = errno, r;
	struct limit l;
	bool more;

	shim_up();
	if (!any_pending(fds, n))
		return real.ppoll(fds, n, timeout, mask);
	l = limit_of(timeout);
	do {
		bool untaken = false;

		r = real.ppoll(fds, n, as_timeout(&l), mask);
		if (r <= 0)
			return r;
		r = poll_result(fds, n, r, &untaken);
		errno = saved;
		if (r == 0)
			pause_for(untaken);
		more = time_left(&l);
	} while (r == 0 && more);
	return r;
}

EXPORT int poll(struct pollfd *fds, nfds_t n, int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	shim_up();
	if (!any_pending(fds, n))
		return real.poll(fds, n, ms);
	return ppoll(fds, n, ms < 0 ? NULL : &ts, NULL);
}
EXPORT_ALIAS(poll) int __poll(struct pollfd *fds, nfds_t n, int ms);

EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t size)
{
	shim_up();
	return size / sizeof *fds < n ? real.__poll_chk(fds, n, ms, size) : poll(fds, n, ms);
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		       const sigset_t *mask, size_t size)
{
	shim_up();
	return size / sizeof *fds < n ? real.__ppoll_chk(fds, n, timeout, mask, size)
				      : ppoll(fds, n, timeout, mask);
}

static bool any_selected(int n, const fd_set *in)
{
	/* The kernel looks at no more than there are, whatever n is. */
	n = n < fdtab_limit() ? n : fdtab_limit();
	for (int fd = 0; in && !is_nowhere(in) && fd < n; fd++)
		if (FD_ISSET(fd, in) && __builtin_expect(handshake_pending(fd), 0))
			return true;
	return false;
}

static int select_result(int n, fd_set *in, int r, bool *untaken)
{
	for (int fd = 0; fd < n; fd++) {
		enum readable is;

		if (!FD_ISSET(fd, in) || !handshake_pending(fd))
			continue;
		is = handshake_readable(fd);
		if (is == READABLE)
			continue;
		*untaken |= is == READABLE_NOT_TAKEN;
		FD_CLR(fd, in);
		r--;
	}
	return r;
}

/* select(2): sets may be longer than fd_set, and are whole words. */
static size_t set_size(int n)
{
	return ((size_t)n + NFDBITS - 1) / NFDBITS * sizeof(fd_mask);
}

static int selected(int n, fd_set *in, fd_set *out, fd_set *ex, struct limit *l,
		    const sigset_t *mask)
{
	size_t size = set_size(n);
	fd_set *sets[3] = { in, out, ex };
	char *before[3];
	int saved = errno, r;
	bool more = true;

	for (int i = 0; i < 3; i++) {
		before[i] = sets[i] ? alloca(size) : NULL;
		if (sets[i])
			memcpy(before[i], sets[i], size);
	}
	for (;;) {
		bool untaken = false;

		r = real.pselect(n, in, out, ex, as_timeout(l), mask);
		if (r <= 0)
			return r;
		r = select_result(n, in, r, &untaken);
		errno = saved;
		if (r == 0)
			pause_for(untaken);
		more = time_left(l);
		if (r || !more)
			return r;
		for (int i = 0; i < 3; i++)
			if (sets[i])
				memcpy(sets[i], before[i], size);
	}
}

EXPORT int pselect(int n, fd_set *in, fd_set *out, fd_set *ex, const struct timespec *timeout,
		   const sigset_t *mask)
{
	struct limit l;

	shim_up();
	if (!any_selected(n, in))
		return real.pselect(n, in, out, ex, timeout, mask);
	l = limit_of(timeout);
	return selected(n, in, out, ex, &l, mask);
}

EXPORT int select(int n, fd_set *in, fd_set *out, fd_set *ex, struct timeval *tv)
{
	struct timespec ts = { tv ? tv->tv_sec : 0, tv ? tv->tv_usec * 1000L : 0 };
	struct limit l;
	int r;

	shim_up();
	if (!any_selected(n, in) || (tv && (tv->tv_sec < 0 || tv->tv_usec < 0)))
		return real.select(n, in, out, ex, tv);
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	l = limit_of(tv ? &ts : NULL);
	r = selected(n, in, out, ex, &l, NULL);
	if (tv && time_left(&l)) /* select(2): Linux tells what is left */
		*tv = (struct timeval){ l.left.tv_sec, l.left.tv_nsec / 1000 };
	else if (tv)
		*tv = (struct timeval){ 0 };
	return r;
}
EXPORT_ALIAS(select) int __select(int n, fd_set *in, fd_set *out, fd_set *ex, struct timeval *tv);

EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	int r;

	shim_up();
	r = real.epoll_ctl(epfd, op, fd, ev);
	if (r == 0 && op == EPOLL_CTL_ADD && !unmanaged(fd))
		epolls_note(epfd);
	return r;
}
