/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handshake messages after the handshake (RFC 8446 4.6): KeyUpdate is reported,
 * NewSessionTicket is read and dropped, everything else is refused (we never
 * offer post_handshake_auth, so a CertificateRequest is unexpected too).
 * ctx: signal.
 */
#ifndef SVIDWRAP_TLS_POST_HANDSHAKE_H
#define SVIDWRAP_TLS_POST_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define KEY_UPDATE_LEN 5 /* header and request_update (RFC 8446 4, 4.6.3) */

/*
 * Where the last handshake record of this direction ended. Numbers only: it may
 * live in memory that other processes write, so every value is taken as hostile
 * and clamped. Zero-initialise; goes back to zero when a message ends.
 */
struct post_handshake {
	uint32_t skip;       /* ticket bytes still to come in later records */
	uint8_t header[4];   /* first bytes of a message whose header was cut */
	uint8_t header_len;
};

struct post_handshake_effect {
	bool key_update_received;  /* ratchet the read key before the next
				    * record, restart its seq at 0 */
	bool key_update_requested; /* and owe one KeyUpdate(not requested) */
	bool ticket_received;      /* a NewSessionTicket ended here. On a server
				    * the caller refuses it: only servers
				    * send them (RFC 8446 4.6.1) */
	uint32_t ticket_lifetime;  /* its lifetime in seconds; only known, else
				    * UINT32_MAX, if this record held its start */
};

/*
 * data    content of one record of type handshake; len at least 1
 * ret     written on success only
 * errors  ERR_RECORD_UNEXPECTED with tls_alert: unexpected_message (another
 *         message, or a KeyUpdate that does not end its record, RFC 8446 5.1),
 *         decode_error (lengths), illegal_parameter (request_update). *state
 *         is unchanged and the connection is over.
 */
struct result post_handshake_parse(struct post_handshake *state,
				   const uint8_t *data, size_t len,
				   struct post_handshake_effect *ret,
				   struct err *reterr);

/* Is a message under way? RFC 8446 5.1: no other record type may come between
 * its fragments (answer: unexpected_message). */
bool post_handshake_in_message(const struct post_handshake *state);

/* The content of a KeyUpdate record, to seal as CT_HANDSHAKE. */
void key_update_build(bool request, uint8_t ret[KEY_UPDATE_LEN]);

#endif
