/* SPDX-License-Identifier: Apache-2.0 */
#include "tx.h"

#include <errno.h>

#include "tls/alert.h"
#include "tx_internal.h"

static int alert_locked(struct conn *c, int fd, int number)
{
	uint8_t sealed[RECORD_OVERHEAD + 2 + 64];
	uint8_t msg[ALERT_LEN];
	size_t len = 0;
	ssize_t kept;
	struct err err;
	int r = tx_flush_locked(c, fd);

	if (r < 0)
		return r;
	tls_alert_build(number, msg);
	tx_busy(c);
	if (failed(tx_seal(c, CT_ALERT, msg, sizeof msg, sealed, &len, &err)))
		return -ECONNRESET;
	kept = tx_send_or_keep(c, fd, sealed, len, 0);
	tx_idle(c);
	return kept < 0 ? (int)kept : 0;
}

int tx_close_notify(struct conn *c, int fd)
{
	int r = conn_enter(c, DIR_TX);

	if (r < 0)
		return r;
	if (!c->keyed) {
		r = -EPIPE;
	} else if (!(conn_flags(c) & SLOT_TX_CLOSED)) {
		r = alert_locked(c, fd, ALERT_close_notify); /* RFC 8446 6.1 */
		if (r == 0)
			conn_set_flag(c, SLOT_TX_CLOSED);
	}
	if (r == 0)
		r = tx_flush_locked(c, fd);
	conn_leave(c, DIR_TX);
	return r;
}

void tx_alert(struct conn *c, int fd, int alert)
{
	if (conn_enter(c, DIR_TX) < 0)
		return;
	if (!(conn_flags(c) & SLOT_TX_CLOSED) &&
	    alert_locked(c, fd, alert) == 0)
		conn_set_flag(c, SLOT_TX_CLOSED);
	conn_leave(c, DIR_TX);
}
