/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a managed connection, as a table. Only conn_state_next says what
 * follows what; a cell the table lacks is CONN_BUG, which callers treat as
 * failed and poisoned. ctx: signal.
 */
#ifndef SVIDWRAP_TLS_CONN_STATE_H
#define SVIDWRAP_TLS_CONN_STATE_H

enum conn_state {
	CONN_BUG,		/* zero: a cell nobody wrote */
	CONN_CONNECTING,	/* client: TCP is not up yet */
	CONN_FRESH,		/* TCP is up, no handshake byte moved */
	CONN_HANDSHAKE,		/* owned by one process */
	CONN_OPEN,
	CONN_FAILED,		/* refused, broken or not ours to use */
	CONN_CLOSED,		/* closed by us */
	CONN_STATES
};

enum conn_event {
	EV_TCP_UP,
	EV_CLAIM,	/* a process takes the handshake */
	EV_KEYS,	/* handshake done and peer authorised */
	EV_FAIL,
	EV_CLOSE,
	CONN_EVENTS
};

enum conn_state conn_state_next(enum conn_state s, enum conn_event e);

#endif
