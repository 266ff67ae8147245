/* SPDX-License-Identifier: Apache-2.0 */
#include "rx_internal.h"

#include <errno.h>

#include "event.h"
#include "kernel.h"
#include "tls/alert.h"
#include "tls/post_handshake.h"

/* Records in a row that carry no application data (design: a peer cannot keep us
 * busy with tickets, KeyUpdates and empty records). */
#define USELESS_MAX 16

int rx_give_up(struct pass *p, const struct err *err)
{
	int alert = err->cls == ERR_ALERT || err->cls == ERR_TRUNCATED ? -1 : err->tls_alert;

	event_broken(p->c, err);
	conn_fail(p->c, p->fd, 0, alert);
	return -ECONNRESET;
}

int rx_ended(struct pass *p)
{
	struct err err;

	if (conn_flags(p->c) & SLOT_RX_EOF)
		return 0;
	/* RFC 8446 6.1: an end without close_notify may be an attacker's. */
	(void)FAIL(&err, ERR_TRUNCATED, "the peer ended the connection without close_notify");
	return rx_give_up(p, &err);
}

static int on_handshake(struct pass *p, const uint8_t *data, size_t len)
{
	struct post_handshake_effect effect = { 0 };
	struct err err;

	if (failed(post_handshake_parse(&p->c->slot->post, data, len, &effect, &err)))
		return rx_give_up(p, &err);
	if (effect.ticket_received && p->c->server) {
		(void)FAIL(&err, ERR_RECORD_UNEXPECTED, "a client sent a session ticket");
		err.tls_alert = ALERT_unexpected_message;
		return rx_give_up(p, &err);
	}
	if (!effect.key_update_received)
		return 1;
	/* RFC 8446 4.6.3: the answer is owed before the next own record. */
	if (effect.key_update_requested)
		conn_set_flag(p->c, SLOT_KEY_UPDATE_OWED);
	return failed(conn_ratchet(p->c, DIR_RX, &err)) ? rx_give_up(p, &err) : 1;
}

static int on_alert(struct pass *p, const uint8_t *data, size_t len)
{
	struct alert_received alert;
	struct err err;

	if (!tls_alert_parse(data, len, &alert)) {
		(void)FAIL(&err, ERR_RECORD_UNEXPECTED, "a malformed alert");
		err.tls_alert = ALERT_decode_error;
		return rx_give_up(p, &err);
	}
	if (alert.kind == ALERT_KIND_IGNORED)
		return 1;
	if (alert.kind == ALERT_KIND_CLOSE) {
		conn_set_flag(p->c, SLOT_RX_EOF);
		/* The FIN may be long in coming: readiness must say so now. */
		k_shutdown(p->fd, SHUT_RD);
		return 1;
	}
	(void)FAIL(&err, ERR_ALERT, "the peer sent alert %d (%s)", alert.number,
		   tls_alert_name(alert.number));
	err.tls_alert = alert.number;
	return rx_give_up(p, &err);
}

/* A record that holds no application data for the program. 1: go on. */
int rx_control(struct pass *p, enum content_type type, const uint8_t *data, size_t len)
{
	uint32_t n = atomic_fetch_add(&p->c->slot->useless, 1);
	struct err err;

	if (n < USELESS_MAX || type == CT_ALERT) {
		if (type == CT_APPLICATION_DATA)
			return 1;
		if (type == CT_HANDSHAKE)
			return on_handshake(p, data, len);
		if (type == CT_ALERT)
			return on_alert(p, data, len);
	}
	(void)FAIL(&err, ERR_RECORD_UNEXPECTED, n < USELESS_MAX
			? "a record of type %d after the handshake"
			: "too many records without data, the last of type %d", type);
	err.tls_alert = ALERT_unexpected_message;
	return rx_give_up(p, &err);
}
