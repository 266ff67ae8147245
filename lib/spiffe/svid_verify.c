/* SPDX-License-Identifier: Apache-2.0 */
#include "spiffe/svid_verify.h"

#include <openssl/err.h>

#include "spiffe/svid_snapshot_internal.h"
#include "svid_cert_internal.h"
#include "svid_path_internal.h"

/* Workload API 4.6, Federation 7.3: the bundle of the peer's own trust domain
 * and no other. */
static struct result choose_bundle(const struct svid_snapshot *s, const struct spiffe_id *id,
				   const struct svid_bundle **ret, struct err *reterr)
{
	char td[TRUST_DOMAIN_MAX + 1];
	const struct svid_bundle *b;

	spiffe_id_trust_domain(id, td);
	b = svid_snapshot_bundle(s, td);
	if (!b)
		return FAIL_ALERT(reterr, ERR_CERT_NO_BUNDLE, ALERT_unknown_ca,
				  "no bundle for the trust domain %s", td);
	/* Trust Domain and Bundle 4.1.3 */
	if (sk_X509_num(b->anchors) == 0)
		return FAIL_ALERT(reterr, ERR_CERT_CHAIN, ALERT_unknown_ca,
				  "the bundle of %s has no authority (%d unusable)", td,
				  b->refused);
	*ret = b;
	return RESULT_OK;
}

static struct result verify(const struct svid_snapshot *s, X509 *leaf, STACK_OF(X509) *untrusted,
			    int64_t now_s, struct svid_peer *peer, struct err *reterr)
{
	const struct svid_bundle *bundle = NULL;
	struct result r = svid_cert_id(leaf, &peer->id, reterr);

	if (failed(r))
		return r;
	svid_cert_serial(leaf, peer->serial);
	r = svid_cert_validity(leaf, &peer->not_before, &peer->not_after, reterr);
	if (failed(r))
		return r;
	r = svid_cert_check_leaf(leaf, &peer->id, reterr);
	if (failed(r))
		return r;
	r = choose_bundle(s, &peer->id, &bundle, reterr);
	if (failed(r))
		return r;
	return svid_path_verify(bundle, leaf, untrusted, svid_snapshot_crls(s), now_s, reterr);
}

struct result svid_verify_peer(const struct svid_snapshot *s, X509 *leaf,
			       STACK_OF(X509) *untrusted, int64_t now_s, struct svid_peer *ret,
			       struct err *reterr)
{
	struct svid_peer peer = { 0 };
	struct result r;

	if (!leaf)
		r = FAIL_ALERT(reterr, ERR_CERT_MISSING, ALERT_certificate_required,
			       "the peer sent no certificate");
	else {
		/* What OpenSSL queues here must not look like the handshake's. */
		ERR_set_mark();
		r = verify(s, leaf, untrusted, now_s, &peer, reterr);
		ERR_pop_to_mark();
	}
	if (ret)
		*ret = peer;
	return r;
}
