/* SPDX-License-Identifier: Apache-2.0 */
#include "linger_list.h"


#include "kernel.h"
#include "ownfd.h"
#include "worker.h"

#define LINGER_MS 60000	 /* for a peer that takes its time */
#define REFUSED_MS 2000	 /* for a peer that was refused */
#define SETTLE_MS 1000	 /* where there is no worker: how long a call may be held up */
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

static void work(void);

/* Under the lock. False: nobody goes on with the list in the background. */
static bool start_worker(void)
{
	/* exit waits for the list itself, possibly in a signal handler. */
	if (!running && !atomic_load(&exiting))
		running = worker_start(work);
	return running;
}

/* Under the lock. Never malloc: _exit may interrupt it. */
static struct lingering *take(void)
{
	struct lingering *l = spare;

	if (!l) {
		l = k_memory(CHUNK * sizeof *l);
		if (!l)
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
	bool alone = false;
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
		atomic_fetch_add(&c->own_opens, 1);
		*l = (struct lingering){ .next = list, .c = c, .fd = own, .task = task,
					 .from_ms = now + task->delay_ms,
					 .until_ms = now + (refused ? REFUSED_MS : LINGER_MS) };
		list = l;
		alone = !start_worker() && !atomic_load(&exiting);
	} else {
		ownfd_close(own);
	}
	if (alone) {
		l->from_ms = now;
		l->until_ms = now + SETTLE_MS;
	}
	lock_release(&lock);
	if (alone)
		linger_finish(now + SETTLE_MS);
}

bool linger_in_background(void)
{
	return !worker_forbidden();
}

static void drop(struct lingering *l)
{
	if (l->task->closes)
		conn_event(l->c, EV_CLOSE);
	ownfd_close(l->fd);
	atomic_fetch_sub(&l->c->own_opens, 1);
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

static void work(void)
{
	struct pollfd fds[BATCH];
	bool more = true;

	while (more) {
		nfds_t n;

		lock_acquire(&lock);
		n = pass(fds);
		more = running = list && !worker_forbidden();
		lock_release(&lock);
		if (more)
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

static bool is_running(void)
{
	bool r;

	if (!lock_acquire(&lock))
		return false; /* a signal handler: what it interrupted cannot go on anyway */
	r = running;
	lock_release(&lock);
	return r;
}

/* What is left gets one more step. */
static void give_up(void)
{
	int64_t now = k_mono_ms();

	if (!lock_acquire(&lock))
		return;
	for (struct lingering *l = list; l; l = l->next)
		l->until_ms = now;
	lock_release(&lock);
	linger_finish(now);
}

void linger_settle(bool all)
{
	int64_t until = k_mono_ms() + SETTLE_MS;

	worker_forbid();
	while (is_running() && k_mono_ms() < until)
		k_poll(NULL, 0, 1);
	linger_finish(until);
	if (all)
		give_up();
	worker_await_end(until);
}

void linger_resume(bool dropped)
{
	bool alone = dropped;

	if (dropped)
		worker_forbid_for_good();
	worker_permit();
	if (!lock_acquire(&lock))
		return;
	if (!list)
		alone = false;
	else if (!dropped)
		alone = !start_worker();
	lock_release(&lock);
	if (alone)
		give_up();
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
	worker_fork_child();
	running = false;
	atomic_store(&exiting, false);
	while (list) {
		struct lingering *l = list;

		list = l->next;
		ownfd_close(l->fd);
		atomic_fetch_sub(&l->c->own_opens, 1);
		if (l->task->closes)
			l->c->keyed = false;
		conn_put(l->c);
		give(l);
	}
}
