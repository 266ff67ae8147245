/* SPDX-License-Identifier: Apache-2.0 */
#include "linger.h"

#include <linux/sockios.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "drive.h"
#include "early.h"
#include "kernel.h"
#include "ownfd.h"
#include "rx.h"
#include "tx.h"

#define LINGER_MS 60000	 /* for a peer that takes its time */
#define REFUSED_MS 2000	 /* for a peer that was refused */
#define EXIT_MS 5000	 /* how long a process's end may be held up */
#define TICK_MS 20	 /* "everything is acknowledged" raises no event */
#define DRIVE_DELAY_MS 40 /* most programs are faster themselves */
#define BATCH 64
#define CHUNK 64

enum what { TO_CLOSE, TO_SHUT, TO_DRIVE };

struct lingering {
	struct lingering *next;
	struct conn *c;
	int fd;
	enum what what;
	int64_t from_ms, until_ms;
};

static struct lingering *list, *spare;
static _Atomic bool exiting;
static struct lock lock;
static bool running;

/* Reads raw bytes away until the peer has ended. True: nothing left to wait for. */
static bool drain_refused(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = k_recv(fd, buf, sizeof buf, 0)) > 0)
		;
	return n != -EAGAIN;
}

/* True: done, close. */
static bool end_open(struct conn *c, int fd)
{
	enum rx_drained in = rx_drain(c, fd);
	int r;

	/* TCP resets, and says no goodbye, when data was left unread. */
	if (in == RX_UNREAD_DATA)
		return true;
	r = c->early_len ? drive_early_flush(c, fd) : 0;
	if (r == 0)
		r = tx_close_notify(c, fd);
	if (r < 0)
		return r != -EAGAIN;
	if (in == RX_ENDED || !k_ioctl_int(fd, SIOCOUTQ))
		return true;
	k_shutdown(fd, SHUT_WR);
	return false;
}

static bool end_step(struct conn *c, int fd)
{
	switch (conn_state(c)) {
	case CONN_HANDSHAKE:
		/* Only worth finishing if something was written. */
		if (!c->early_len)
			return true;
		if (drive(c, fd, DRIVE_WRITE, false) == -EAGAIN)
			return false;
		return conn_state(c) != CONN_OPEN || end_open(c, fd);
	case CONN_OPEN:
		return !c->keyed || end_open(c, fd);
	case CONN_FAILED:
		return !(conn_flags(c) & SLOT_DRAIN_ON_CLOSE) || drain_refused(fd);
	default:
		return true;
	}
}

static bool shutdown_step(struct conn *c, int fd)
{
	int r = drive(c, fd, DRIVE_WRITE, false);

	if (r == 0 && c->early_len)
		r = drive_early_flush(c, fd);
	if (r == 0)
		r = tx_close_notify(c, fd);
	if (r == 0)
		k_shutdown(fd, SHUT_WR);
	return r != -EAGAIN;
}

/* TCP's own errors are the program's to hear: until it is up, only wait. */
static bool tcp_is_up(struct conn *c, int fd)
{
	union address peer;
	socklen_t len = sizeof peer;

	return conn_state(c) != CONN_CONNECTING ||
	       KERNEL(SYS_getpeername, fd, &peer, &len) == 0;
}

/* The handshake, and what was written before it. */
static bool drive_step(struct conn *c, int fd)
{
	int none = 0, r;

	if (!tcp_is_up(c, fd))
		return false;
	if (conn_state(c) == CONN_FAILED)
		return true;
	r = drive(c, fd, DRIVE_WRITE, false);
	if (r == 0)
		r = c->early_len ? drive_early_flush(c, fd) : tx_flush(c, fd);
	if (r == -EAGAIN)
		return false;
	if (r < 0) /* for the program's next call */
		atomic_compare_exchange_strong(&c->slot->error, &none, -r);
	return true;
}

static bool step(struct lingering *l)
{
	switch (l->what) {
	case TO_SHUT:
		return shutdown_step(l->c, l->fd);
	case TO_DRIVE:
		/* Closed meanwhile: TO_CLOSE has it, or there is nothing to do. */
		return atomic_load(&l->c->opens) == 0 || drive_step(l->c, l->fd);
	default:
		return end_step(l->c, l->fd);
	}
}

static void *work(void *unused);

static void start_worker(void)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;

	/* exit waits for the list itself, possibly in a signal handler. */
	if (running || atomic_load(&exiting))
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	running = pthread_create(&thread, &attr, work, NULL) == 0;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Under the lock. Never malloc: _exit may interrupt it. */
static struct lingering *take(void)
{
	struct lingering *l = spare;

	if (!l) {
		l = mmap(NULL, CHUNK * sizeof *l, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (l == MAP_FAILED)
			return NULL;
		for (int i = 1; i < CHUNK; i++)
			l[i].next = i + 1 < CHUNK ? &l[i + 1] : NULL;
		l->next = &l[1];
	}
	spare = l->next;
	return l;
}

static void give(struct lingering *l)
{
	l->next = spare;
	spare = l;
}

static void add(struct conn *c, int fd, enum what what, int delay_ms)
{
	bool refused = conn_state(c) == CONN_FAILED;
	int64_t now = k_mono_ms();
	struct lingering *l = NULL;
	int own = ownfd_dup(fd);

	if (own < 0)
		return;
	if (!lock_acquire(&lock)) {
		ownfd_close(own);
		return;
	}
	l = take();
	if (l) {
		atomic_fetch_add(&c->refs, 1);
		*l = (struct lingering){ .next = list, .c = c, .fd = own, .what = what,
					 .from_ms = now + delay_ms,
					 .until_ms = now + (refused ? REFUSED_MS : LINGER_MS) };
		list = l;
		start_worker();
	} else {
		ownfd_close(own);
	}
	lock_release(&lock);
}

static void drop(struct lingering *l)
{
	if (l->what == TO_CLOSE)
		conn_event(l->c, EV_CLOSE);
	ownfd_close(l->fd);
	conn_put(l->c);
	give(l);
}

/* What the peer sends once a connection is open is the program's to read, unless
 * that has closed: do not wake for it. */
static struct pollfd interest(const struct lingering *l, int64_t now)
{
	short events = atomic_load(&l->c->slot->out_len) ? POLLOUT : 0;

	if (l->what == TO_CLOSE || (conn_state(l->c) == CONN_HANDSHAKE && now >= l->from_ms))
		events |= POLLIN;
	return (struct pollfd){ .fd = events ? l->fd : -1, .events = events };
}

/* One pass over the list; fills up to BATCH descriptors to poll. */
static nfds_t pass(struct pollfd *fds)
{
	int64_t now = k_mono_ms();
	nfds_t n = 0;

	for (struct lingering **at = &list; *at;) {
		struct lingering *l = *at;
		bool done = now >= l->from_ms && step(l);

		if (done || now >= l->until_ms) {
			*at = l->next;
			drop(l);
			continue;
		}
		if (n < BATCH)
			fds[n++] = interest(l, now);
		at = &l->next;
	}
	return n;
}

static void *work(void *unused)
{
	struct pollfd fds[BATCH];

	for (;;) {
		nfds_t n;

		lock_acquire(&lock);
		n = pass(fds);
		if (!list)
			running = false;
		lock_release(&lock);
		if (!n)
			return NULL;
		k_poll(fds, n, TICK_MS);
	}
}

/* SO_LINGER {1, 0}; it may have been set before the socket was ours. */
static bool resets_on_close(int fd)
{
	struct linger l = { 0 };
	socklen_t len = sizeof l;

	return KERNEL(SYS_getsockopt, fd, SOL_SOCKET, SO_LINGER, &l, &len) == 0 && l.l_onoff &&
	       l.l_linger == 0;
}

void linger_close(struct conn *c, int fd)
{
	/* Others with keys may go on writing: the end is theirs to announce. */
	if (!slot_last_keyed(c->arena, c->slot) || resets_on_close(fd))
		return;
	if (!end_step(c, fd))
		add(c, fd, TO_CLOSE, 0);
	else if (!slot_is_shared(c->slot, arena_bit(c->arena)))
		conn_event(c, EV_CLOSE);
}

void linger_shutdown(struct conn *c, int fd)
{
	add(c, fd, TO_SHUT, 0);
}

void linger_drive(struct conn *c, int fd)
{
	add(c, fd, TO_DRIVE, DRIVE_DELAY_MS);
}

void linger_exit(void)
{
	int64_t until = k_mono_ms() + EXIT_MS;
	struct pollfd fds[BATCH];

	atomic_store(&exiting, true);
	for (int fd = 0; fd < fdtab_limit(); fd++) {
		struct conn *c = conn_get(fd);

		if (c && c->slot && atomic_exchange(&c->opens, 0) > 0)
			linger_close(c, fd);
		conn_put(c);
	}
	for (;;) {
		nfds_t n;

		if (!lock_acquire(&lock))
			return;
		n = pass(fds);
		lock_release(&lock);
		if (!n || k_mono_ms() >= until)
			return;
		k_poll(fds, n, TICK_MS);
	}
}

void linger_fork_lock(void)
{
	lock_acquire(&lock);
}

void linger_fork_unlock(void)
{
	lock_release(&lock);
}

/* What the parent has closed is the parent's to end. */
void linger_fork_child(void)
{
	lock_reset(&lock);
	running = false;
	atomic_store(&exiting, false);
	while (list) {
		struct lingering *l = list;

		list = l->next;
		ownfd_close(l->fd);
		if (l->what == TO_CLOSE)
			l->c->keyed = false;
		conn_put(l->c);
		give(l);
	}
}
