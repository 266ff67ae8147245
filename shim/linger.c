/* SPDX-License-Identifier: Apache-2.0 */
#include "linger.h"

#include <linux/sockios.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "drive.h"
#include "kernel.h"
#include "ownfd.h"
#include "rx.h"
#include "tx.h"

#define LINGER_MS 60000	 /* for a peer that takes its time */
#define REFUSED_MS 2000	 /* for a peer that was refused */
#define EXIT_MS 5000	 /* how long a process's end may be held up */
#define TICK_MS 20	 /* "everything is acknowledged" raises no event */
#define BATCH 64

struct lingering {
	struct lingering *next;
	struct conn *c;
	int fd;
	bool shutdown_only; /* SHUT_WR, not close */
	int64_t until_ms;
};

static struct lingering *list;
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
	int r = c->early_len ? drive_early_flush(c, fd) : 0;

	if (r == 0)
		r = tx_close_notify(c, fd);
	if (r == 0)
		k_shutdown(fd, SHUT_WR);
	return r != -EAGAIN;
}

static void *work(void *unused);

static void start_worker(void)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;

	if (running)
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

static void add(struct conn *c, int fd, bool shutdown_only)
{
	bool refused = conn_state(c) == CONN_FAILED;
	struct lingering *l = malloc(sizeof *l);
	int own = l ? ownfd_dup(fd) : -1;

	if (own < 0) {
		free(l);
		return;
	}
	*l = (struct lingering){ .c = c, .fd = own, .shutdown_only = shutdown_only,
			      .until_ms = k_mono_ms() + (refused ? REFUSED_MS : LINGER_MS) };
	atomic_fetch_add(&c->refs, 1);
	if (!lock_acquire(&lock)) {
		ownfd_close(own);
		free(l);
		conn_put(c);
		return;
	}
	l->next = list;
	list = l;
	start_worker();
	lock_release(&lock);
}

static void drop(struct lingering *l)
{
	if (!l->shutdown_only)
		conn_event(l->c, EV_CLOSE);
	ownfd_close(l->fd);
	conn_put(l->c);
	free(l);
}

/* One pass over the list; fills up to BATCH descriptors to poll. */
static nfds_t pass(struct pollfd *fds)
{
	int64_t now = k_mono_ms();
	nfds_t n = 0;

	for (struct lingering **at = &list; *at;) {
		struct lingering *l = *at;
		bool done = l->shutdown_only ? shutdown_step(l->c, l->fd) : end_step(l->c, l->fd);

		if (done || now >= l->until_ms) {
			*at = l->next;
			drop(l);
			continue;
		}
		if (n < BATCH)
			fds[n++] = (struct pollfd){
				.fd = l->fd,
				.events = atomic_load(&l->c->slot->out_len) ? POLLIN | POLLOUT : POLLIN,
			};
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

void linger_close(struct conn *c, int fd)
{
	/* Others with keys may go on writing: the end is theirs to announce. */
	if (conn_flags(c) & SLOT_RESET_ON_CLOSE || slot_shared_alive(c->arena, c->slot, true))
		return;
	if (!end_step(c, fd))
		add(c, fd, false);
	else if (!slot_is_shared(c->slot, arena_bit(c->arena)))
		conn_event(c, EV_CLOSE);
}

void linger_shutdown(struct conn *c, int fd)
{
	add(c, fd, true);
}

void linger_exit(void)
{
	int64_t until = k_mono_ms() + EXIT_MS;
	struct pollfd fds[BATCH];

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
	while (list) {
		struct lingering *l = list;

		list = l->next;
		ownfd_close(l->fd);
		l->c->keyed = false;
		conn_put(l->c);
		free(l);
	}
}
