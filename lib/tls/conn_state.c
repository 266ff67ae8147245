/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/conn_state.h"

#include <stdint.h>

static const uint8_t next[CONN_STATES][CONN_EVENTS] = {
	[CONN_CONNECTING] = {
		[EV_TCP_UP] = CONN_FRESH,
		[EV_FAIL] = CONN_FAILED,
		[EV_CLOSE] = CONN_CLOSED,
	},
	[CONN_FRESH] = {
		[EV_CLAIM] = CONN_HANDSHAKE,
		[EV_FAIL] = CONN_FAILED,
		[EV_CLOSE] = CONN_CLOSED,
	},
	[CONN_HANDSHAKE] = {
		[EV_KEYS] = CONN_OPEN,
		[EV_FAIL] = CONN_FAILED,
		[EV_CLOSE] = CONN_CLOSED,
	},
	[CONN_OPEN] = {
		[EV_FAIL] = CONN_FAILED,
		[EV_CLOSE] = CONN_CLOSED,
	},
	[CONN_FAILED] = {
		[EV_FAIL] = CONN_FAILED,
		[EV_CLOSE] = CONN_CLOSED,
	},
};

enum conn_state conn_state_next(enum conn_state s, enum conn_event e)
{
	if ((unsigned)s >= CONN_STATES || (unsigned)e >= CONN_EVENTS)
		return CONN_BUG;
	return next[s][e];
}
