/* SPDX-License-Identifier: Apache-2.0 */
#include "linger_list.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "kernel.h"
#include "ownfd.h"

#define LINGER_MS 60000	 /* for a peer that takes its time */
#define REFUSED_MS 2000	 /* for a peer that was refused */
#define TICK_MS 20	 /* "everything is acknowledged" raises no event */
#define BATCH 64
#define CHUNK 64

struct lingering {
	struct lingering *next;
	struct conn *c;
	int fd;
	const struct linger_task *task;
	int64_t from_ms, until_ms;
};

static struct lingering *list, *spare;
static _Atomic bool exiting;
static struct lock lock;
static bool running;

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

void linger_add(struct conn *c, int fd, const struct linger_task *task)
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
		*l = (struct lingering){ .next = list, .c = c, .fd = own, .task = task,
					 .from_ms = now + task->delay_ms,
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
	if (l->task->closes)
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

	if (l->task->closes || (conn_state(l->c) == CONN_HANDSHAKE && now >= l->from_ms))
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
		bool done = now >= l->from_ms && l->task->step(l->c, l->fd);

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

void linger_stop_at_exit(void)
{
	atomic_store(&exiting, true);
}

void linger_finish(int64_t until_ms)
{
	struct pollfd fds[BATCH];

	for (;;) {
		nfds_t n;

		if (!lock_acquire(&lock))
			return;
		n = pass(fds);
		lock_release(&lock);
		if (!n || k_mono_ms() >= until_ms)
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
		if (l->task->closes)
			l->c->keyed = false;
		conn_put(l->c);
		give(l);
	}
}
