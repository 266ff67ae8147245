/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handshake_internal.h"

#include <string.h>

#include <openssl/err.h>

#include "tls/alert.h"

static const char *reason_text(unsigned long e)
{
	const char *s = ERR_reason_error_string(e);

	return s ? s : "unknown reason";
}

/* The first error in the queue is the cause, later ones are its echoes; but
 * running out of memory may be reported at any place. */
static unsigned long first_error(bool *ret_nomem)
{
	unsigned long e, first = 0;

	*ret_nomem = false;
	while ((e = ERR_get_error()) != 0) {
		if (!first)
			first = e;
		if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
			*ret_nomem = true;
	}
	return first;
}

static void explain_openssl(struct handshake *h)
{
	bool nomem;
	unsigned long e = first_error(&nomem);

	if (nomem)
		(void)FAIL(&h->err, ERR_NOMEM, "no memory in the handshake");
	else if (ERR_GET_LIB(e) == ERR_LIB_SSL &&
		 ERR_GET_REASON(e) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		(void)FAIL(&h->err, ERR_CERT_MISSING,
			   "the peer sent no certificate");
	else
		(void)FAIL(&h->err, ERR_TLS, "handshake failed: %s",
			   reason_text(e));
	h->err.tls_alert = h->alert_sent;
}

void handshake_explain(struct handshake *h)
{
	if (h->refusal.cls != ERR_NONE) {
		h->err = h->refusal;
	} else if (h->alert_received >= 0) {
		/* RFC 8446 6.2 */
		(void)FAIL(&h->err, ERR_ALERT,
			   "the peer ended the handshake with %s (%d)",
			   tls_alert_name(h->alert_received),
			   h->alert_received);
		h->err.tls_alert = h->alert_received;
		/* Whoever has proved its ID has finished. access_denied counts as
		 * authorisation, where a mere claim would pass for a proof. */
		if (h->alert_received == ALERT_access_denied)
			h->peer = (struct handshake_peer){ 0 };
	} else if (h->io.sys_errno) {
		(void)FAIL_SYS(&h->err, ERR_IO, h->io.sys_errno,
			       "handshake: %s", strerror(h->io.sys_errno));
	} else if (h->io.eof) {
		(void)FAIL(&h->err, ERR_TRUNCATED,
			   "the peer closed during the handshake");
	} else {
		explain_openssl(h);
	}
	ERR_clear_error();
}
