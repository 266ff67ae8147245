/* SPDX-License-Identifier: Apache-2.0 */
/* What X509-SVID.md asks of one certificate, whoever presents it. For
 * lib/spiffe alone. Failures carry the alert of RFC 8446 6.2. ctx: any. */
#ifndef SVIDWRAP_SPIFFE_SVID_CERT_INTERNAL_H
#define SVIDWRAP_SPIFFE_SVID_CERT_INTERNAL_H

#include <openssl/x509.h>

#include "base/err.h"
#include "spiffe/spiffe_id.h"
#include "spiffe/svid_snapshot.h"
#include "tls/alert.h"

static inline struct result svid_with_alert(struct result r, struct err *reterr,
					    enum tls_alert alert)
{
	if (reterr)
		reterr->tls_alert = alert;
	return r;
}

/* FAIL that also says which alert tells the peer. */
#define FAIL_ALERT(reterr, cls, alert, ...) \
	svid_with_alert(FAIL(reterr, cls, __VA_ARGS__), reterr, alert)

/* ERR_NOMEM if that is why OpenSSL just failed, else cls. */
enum err_class svid_openssl_class(enum err_class cls);

/* The leaf's one SPIFFE ID, path or not (X509-SVID.md 2, 5.2). errors:
 * ERR_CERT_SVID, ERR_NOMEM. */
struct result svid_cert_id(X509 *leaf, struct spiffe_id *ret, struct err *reterr);

/* All that X509-SVID.md 3.1, 4 and 5.2 ask of a leaf beyond its ID being
 * readable. id is what svid_cert_id gave. errors: ERR_CERT_SVID. */
struct result svid_cert_check_leaf(X509 *leaf, const struct spiffe_id *id, struct err *reterr);

/* An intermediate: X509-SVID.md 3.2, 4.1, 4.3. errors: ERR_CERT_CHAIN. */
struct result svid_cert_check_signer(X509 *cert, struct err *reterr);

/* What a bundle may hold: as a signer, but an authority that is no SVID itself
 * (a company's root, say) may lack keyUsage or its critical mark. errors:
 * ERR_CERT_CHAIN. */
struct result svid_cert_check_anchor(X509 *cert, struct err *reterr);

/* Seconds since 1970. errors: ERR_CERT_SVID. */
struct result svid_cert_validity(const X509 *cert, int64_t *ret_not_before, int64_t *ret_not_after,
				 struct err *reterr);

/* Lower-case hex; cut after 20 octets. */
void svid_cert_serial(const X509 *cert, char ret[SERIAL_HEX_MAX]);

#endif
