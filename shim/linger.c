/* SPDX-License-Identifier: Apache-2.0 */
#include "linger.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "drive.h"
#include "early.h"
#include "kernel.h"
#include "linger_list.h"
#include "rx.h"
#include "tx.h"

#define EXIT_MS 5000 /* how long a process's end may be held up */
#define DRIVE_DELAY_MS 40 /* most programs are faster themselves */

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
		if (!c->early_len && !c->unhurried)
			return true;
		if (drive(c, fd, DRIVE_ASIDE, false) == -EAGAIN)
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

/* Refused while the program was elsewhere: it must not sleep in poll for longer than
 * the rule's time because the peer, which was sent an alert, does not end. */
static bool is_told(struct conn *c, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* Nothing was sent, another end, nobody polls, or poll tells already. */
	if (!(conn_flags(c) & SLOT_DRAIN_ON_CLOSE) || c->was_open || !atomic_load(&c->opens) ||
	    k_poll(&p, 1, 0) != 0)
		return true;
	if (linger_in_background() && k_mono_ms() < c->deadline_ms)
		return false;
	k_shutdown(fd, SHUT_RDWR);
	return true;
}

static bool shutdown_step(struct conn *c, int fd)
{
	int r = drive(c, fd, DRIVE_ASIDE, false);

	if (conn_state(c) == CONN_FAILED)
		return is_told(c, fd);
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

	/* Closed meanwhile: to_close has it, or there is nothing to do. */
	if (atomic_load(&c->opens) == 0)
		return true;
	if (!tcp_is_up(c, fd))
		return false;
	r = drive(c, fd, DRIVE_ASIDE, false);
	if (conn_state(c) == CONN_FAILED)
		return is_told(c, fd);
	if (r != 0)
		return r != -EAGAIN;
	r = c->early_len ? drive_early_flush(c, fd) : tx_flush(c, fd);
	if (r < 0 && r != -EAGAIN) /* for the program's next call */
		atomic_compare_exchange_strong(&c->slot->error, &none, -r);
	return r != -EAGAIN;
}

/* SO_LINGER {1, 0}; it may have been set before the socket was ours. */
static bool resets_on_close(int fd)
{
	struct linger l = { 0 };
	socklen_t len = sizeof l;

	return KERNEL(SYS_getsockopt, fd, SOL_SOCKET, SO_LINGER, &l, &len) == 0 && l.l_onoff &&
	       l.l_linger == 0;
}

static const struct linger_task to_close = { .step = end_step, .closes = true };
static const struct linger_task to_shut = { .step = shutdown_step };
static const struct linger_task to_drive = { .step = drive_step, .delay_ms = DRIVE_DELAY_MS };

void linger_close(struct conn *c, int fd)
{
	/* Others with keys may go on writing: the end is theirs to announce. */
	if (!slot_last_keyed(c->arena, c->slot))
		return;
	if (resets_on_close(fd))
		return;
	if (!end_step(c, fd))
		linger_add(c, fd, &to_close);
	else if (!slot_is_shared(c->slot, arena_bit(c->arena)))
		conn_event(c, EV_CLOSE);
}

void linger_shutdown(struct conn *c, int fd)
{
	linger_add(c, fd, &to_shut);
}

void linger_drive(struct conn *c, int fd)
{
	/* Nobody waits for TCP in a call that does not wait: the next one will see. */
	if (!linger_in_background() && !tcp_is_up(c, fd))
		return;
	linger_add(c, fd, &to_drive);
}

void linger_exit(void)
{
	int64_t until = k_mono_ms() + EXIT_MS;

	linger_stop_at_exit();
	for (int fd = 0; fd < fdtab_limit(); fd++) {
		struct conn *c = conn_get(fd);

		if (c && c->slot && atomic_exchange(&c->opens, 0) > 0)
			linger_close(c, fd);
		conn_put(c);
	}
	linger_finish(until);
}
