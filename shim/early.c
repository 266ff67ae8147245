/* SPDX-License-Identifier: Apache-2.0 */
#include "early.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "kernel.h"
#include "linger.h"
#include "tx.h"

#define EARLY_SLEEP_MS 10

/* A change that the kernel did not see: make it raise the edge again. */
static void kick_out(int fd)
{
	int now = k_getsockopt_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT);

	k_setsockopt_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, now);
}

/* Under hs_lock: how much was held, 0 if there is no room. */
static size_t hold(struct conn *c, struct cursor *cur)
{
	size_t n;

	if (!c->early)
		c->early = malloc(EARLY_MAX);
	n = c->early ? EARLY_MAX - c->early_len : 0;
	if (n > cur->left)
		n = cur->left;
	if (n) {
		cursor_get(cur, c->early + c->early_len, n);
		c->early_len += (uint32_t)n;
	} else {
		c->early_full = true;
	}
	return n;
}

/* -EAGAIN: not open yet, or what was held before has not all gone. */
static ssize_t write_if_open(struct conn *c, int fd, struct cursor *cur)
{
	int r = drive(c, fd, DRIVE_WRITE, false);

	if (r == 0 && c->early_len)
		r = drive_early_flush(c, fd);
	if (r == DRIVE_ENDED)
		return -EPIPE;
	return r == 0 ? tx_write(c, fd, cur, MSG_DONTWAIT) : r;
}

ssize_t drive_early_write(struct conn *c, int fd, struct cursor *cur)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool first, late;
	size_t n;

	if (c->early_len == EARLY_MAX) {
		ssize_t r;

		k_poll(&p, 1, EARLY_SLEEP_MS);
		r = write_if_open(c, fd, cur);
		if (r != -EAGAIN)
			return r;
	}
	if (!lock_acquire(&c->hs_lock))
		return -EAGAIN;
	/* Another thread may have been faster: then nobody would flush it. */
	late = conn_state(c) != CONN_HANDSHAKE && conn_state(c) != CONN_FRESH;
	first = c->early_len == 0;
	n = late ? 0 : hold(c, cur);
	lock_release(&c->hs_lock);
	if (late)
		return write_if_open(c, fd, cur);
	if (n && first)
		linger_drive(c, fd);
	return n ? (ssize_t)n : -EAGAIN;
}

int drive_early_flush(struct conn *c, int fd)
{
	ssize_t n = 0;

	if (!lock_acquire(&c->hs_lock))
		return -EAGAIN;
	while (c->early_len) {
		struct iovec iov = { c->early, c->early_len };
		struct cursor cur = cursor_of(&iov, 1);

		n = tx_write(c, fd, &cur, MSG_DONTWAIT);
		if (n <= 0)
			break;
		c->early_len -= (uint32_t)n;
		memmove(c->early, c->early + n, c->early_len);
	}
	if (!c->early_len && c->early) {
		explicit_bzero(c->early, EARLY_MAX);
		free(c->early);
		c->early = NULL;
		if (c->early_full)
			kick_out(fd);
		if (c->shut_after_early && tx_close_notify(c, fd) == 0)
			k_shutdown(fd, SHUT_WR);
	}
	lock_release(&c->hs_lock);
	return n < 0 ? (int)n : 0;
}
