/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handshake_internal.h"

#include <string.h>

#include "tls/alert.h"

/*
 * OpenSSL turns what a verify callback says into an alert of its own choice and
 * has no way to say access_denied; its alert is muted (never sent) and this one
 * goes out instead.
 */

/* A server has sealed nothing that left since its Finished (on_message would
 * have seen it), so its application key is at sequence number 0. So is a client's
 * handshake key: it is made for its Certificate, which was muted and never left.
 * Returns the record's length, 0 on failure. */
static size_t seal_alert(const struct handshake *h, const uint8_t *alert,
			 uint8_t rec[ALERT_LEN + RECORD_OVERHEAD])
{
	const struct secret *s = &h->secrets[h->server ? SECRET_SERVER_APP
						       : SECRET_CLIENT_HANDSHAKE];
	const SSL_CIPHER *cipher = SSL_get_current_cipher(h->ssl);
	struct record_dir dir = { 0 };
	size_t len = 0;

	if (!cipher || s->len == 0 || h->after_finished ||
	    failed(record_dir_init(&dir, SSL_CIPHER_get_protocol_id(cipher),
				   true, s->bytes, s->len, NULL)))
		return 0;
	if (failed(record_seal(&dir, 0, CT_ALERT, alert, ALERT_LEN, rec, &len,
			       NULL)))
		len = 0;
	record_dir_clear(&dir);
	return len;
}

/* For a client whose handshake did not get as far as its own certificate, where
 * OpenSSL makes the write key: a plaintext record, as OpenSSL's own would be. Peers
 * that keep to RFC 8446 6 cannot read it; the connection fails all the same. */
static size_t plain_alert(const uint8_t *alert, uint8_t *rec)
{
	static const uint8_t header[RECORD_HEADER] = { CT_ALERT, 3, 3, 0,
						       ALERT_LEN };

	memcpy(rec, header, sizeof header);
	memcpy(rec + sizeof header, alert, ALERT_LEN);
	return sizeof header + ALERT_LEN;
}

static void send_alert(struct handshake *h, int number)
{
	uint8_t alert[ALERT_LEN], rec[ALERT_LEN + RECORD_OVERHEAD];
	size_t len;

	tls_alert_build(number, alert);
	len = seal_alert(h, alert, rec);
	if (len == 0 && !h->server)
		len = plain_alert(alert, rec);
	if (len > 0 && h->io.sys->send(h->io.fd, rec, len,
				       MSG_DONTWAIT | MSG_NOSIGNAL) ==
			       (ssize_t)len)
		h->alert_sent = number;
}

void handshake_send_refusal(struct handshake *h)
{
	if (h->refusal.tls_alert < 0)
		h->refusal.tls_alert = h->refusal.cls == ERR_NOMEM ?
					       ALERT_internal_error :
					       ALERT_bad_certificate;
	send_alert(h, h->refusal.tls_alert);
}

void handshake_send_muted(struct handshake *h)
{
	if (h->alert_muted >= 0)
		send_alert(h, h->alert_muted);
}
