/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/post_handshake.h"

#include <string.h>

#include "tls/alert.h"

#define MSG_HEADER 4 /* RFC 8446 4: type and 24-bit length */
#define MSG_NEW_SESSION_TICKET 4
#define MSG_KEY_UPDATE 24

/* RFC 8446 4.6.1: lifetime, age_add, nonce<0..255>, ticket<1..2^16-1>,
 * extensions<0..2^16-2>. */
#define TICKET_MIN (4 + 4 + 1 + 2 + 1 + 2)
#define TICKET_MAX (4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65534)

static struct result refuse(struct err *reterr, enum tls_alert alert,
			    struct result r)
{
	if (reterr)
		reterr->tls_alert = alert;
	return r;
}
#define REFUSE(reterr, alert, ...) \
	refuse((reterr), (alert), \
	       FAIL((reterr), ERR_RECORD_UNEXPECTED, __VA_ARGS__))

struct cursor {
	const uint8_t *p;
	size_t left;
};

static void advance(struct cursor *c, size_t n)
{
	c->p += n;
	c->left -= n;
}

/* Swallows what is here of a ticket's body. */
static void skip_ticket(struct post_handshake *state, struct cursor *c,
			struct post_handshake_effect *effect)
{
	size_t n = state->skip < c->left ? state->skip : c->left;

	advance(c, n);
	state->skip -= (uint32_t)n;
	if (state->skip == 0)
		effect->ticket_received = true;
}

static struct result begin_ticket(struct post_handshake *state,
				  struct cursor *c, uint32_t body_len,
				  struct post_handshake_effect *effect,
				  struct err *reterr)
{
	if (body_len < TICKET_MIN || body_len > TICKET_MAX)
		return REFUSE(reterr, ALERT_decode_error,
			      "a NewSessionTicket of %u bytes", body_len);
	effect->ticket_lifetime = UINT32_MAX;
	if (c->left >= 4)
		effect->ticket_lifetime = (uint32_t)c->p[0] << 24 |
					  (uint32_t)c->p[1] << 16 |
					  (uint32_t)c->p[2] << 8 | c->p[3];
	state->skip = body_len;
	skip_ticket(state, c, effect);
	return RESULT_OK;
}

/* RFC 8446 4.6.3 */
static struct result take_key_update(struct cursor *c, uint32_t body_len,
				     struct post_handshake_effect *effect,
				     struct err *reterr)
{
	if (body_len != KEY_UPDATE_LEN - MSG_HEADER)
		return REFUSE(reterr, ALERT_decode_error,
			      "a KeyUpdate of %u bytes", body_len);
	/* RFC 8446 5.1: what changes keys ends its record; and it cannot go on
	 * in the next one, which would come under a key nobody knows yet. */
	if (c->left != body_len)
		return REFUSE(reterr, ALERT_unexpected_message,
			      "a KeyUpdate that does not end its record");
	if (c->p[0] > 1)
		return REFUSE(reterr, ALERT_illegal_parameter,
			      "request_update %u in a KeyUpdate", c->p[0]);
	effect->key_update_received = true;
	effect->key_update_requested = c->p[0] == 1;
	advance(c, body_len);
	return RESULT_OK;
}

/* Collects a message's header, maybe over records. True if it is whole. */
static bool take_header(struct post_handshake *state, struct cursor *c)
{
	while (state->header_len < MSG_HEADER && c->left > 0) {
		state->header[state->header_len++] = c->p[0];
		advance(c, 1);
	}
	return state->header_len == MSG_HEADER;
}

static struct result take_message(struct post_handshake *state,
				  struct cursor *c,
				  struct post_handshake_effect *effect,
				  struct err *reterr)
{
	bool cut = state->header_len > 0;
	uint32_t body_len;

	if (!take_header(state, c)) {
		if (state->header[0] == MSG_NEW_SESSION_TICKET)
			return RESULT_OK;
		return REFUSE(reterr, ALERT_unexpected_message,
			      "a fragment of handshake message %u",
			      state->header[0]);
	}
	body_len = (uint32_t)state->header[1] << 16 |
		   (uint32_t)state->header[2] << 8 | state->header[3];
	state->header_len = 0;
	if (state->header[0] == MSG_NEW_SESSION_TICKET)
		return begin_ticket(state, c, body_len, effect, reterr);
	if (state->header[0] == MSG_KEY_UPDATE && !cut)
		return take_key_update(c, body_len, effect, reterr);
	return REFUSE(reterr, ALERT_unexpected_message,
		      "handshake message %u after the handshake",
		      state->header[0]);
}

/* A private copy, so that nobody changes it between check and use. */
static struct post_handshake fetch_state(const struct post_handshake *state)
{
	struct post_handshake s = *state;

	__asm__ volatile("" : "+m"(s) : : "memory"); /* read once, above */
	if (s.skip > TICKET_MAX)
		s.skip = TICKET_MAX;
	if (s.header_len > MSG_HEADER)
		s.header_len = MSG_HEADER;
	return s;
}

struct result post_handshake_parse(struct post_handshake *state,
				   const uint8_t *data, size_t len,
				   struct post_handshake_effect *ret,
				   struct err *reterr)
{
	struct post_handshake_effect effect = { .ticket_lifetime = UINT32_MAX };
	struct post_handshake s = fetch_state(state);
	struct cursor c = { data, len };

	/* RFC 8446 5.1: no empty fragments of handshake messages. */
	if (len == 0)
		return REFUSE(reterr, ALERT_unexpected_message,
			      "an empty handshake record");
	if (s.skip > 0)
		skip_ticket(&s, &c, &effect);
	while (c.left > 0) {
		struct result r = take_message(&s, &c, &effect, reterr);

		if (failed(r))
			return r;
	}
	*state = s;
	*ret = effect;
	return RESULT_OK;
}

bool post_handshake_in_message(const struct post_handshake *state)
{
	return state->skip > 0 || state->header_len > 0;
}

void key_update_build(bool request, uint8_t ret[KEY_UPDATE_LEN])
{
	const uint8_t msg[KEY_UPDATE_LEN] = { MSG_KEY_UPDATE, 0, 0, 1,
					      request };

	memcpy(ret, msg, sizeof msg);
}
