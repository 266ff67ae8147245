/* SPDX-License-Identifier: Apache-2.0 */
#include "svid_path_internal.h"

#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

#include "svid_cert_internal.h"
#include "svid_der_internal.h"

#define DEPTH_MAX 8  /* intermediates in a path */
#define AUTH_LEVEL 2 /* 112 bits: RSA 2048, no SHA-1 */

/* What the callbacks know of the verification under way (app data). */
struct path {
	const struct svid_bundle *bundle;
	STACK_OF(X509) *untrusted;
	STACK_OF(X509_CRL) *crls;
};

static const struct path *path_of(const X509_STORE_CTX *ctx)
{
	return X509_STORE_CTX_get_ex_data(ctx, 0); /* X509_STORE_CTX_set_app_data */
}

/* Another certificate of that subject is in the list, the leaf aside: it has issued none. */
static bool has_namesake(const STACK_OF(X509) *list, const X509 *cert, const X509 *leaf)
{
	for (int i = 0; i < sk_X509_num(list); i++) {
		const X509 *c = sk_X509_value(list, i);

		if (X509_NAME_cmp(X509_get_subject_name(c), X509_get_subject_name(cert)) == 0 &&
		    X509_cmp(c, cert) != 0 && X509_cmp(c, leaf) != 0)
			return true;
	}
	return false;
}

/*
 * OpenSSL takes the first candidate whose name (and key id, if there is one)
 * fits, and never tries another. After a rotation several authorities share a
 * subject, so let the signature decide then. Otherwise the later check of the
 * signature is enough: it is the dear part.
 */
static int issued_by(X509_STORE_CTX *ctx, X509 *cert, X509 *issuer)
{
	const struct path *p = path_of(ctx);
	const X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
	int verdict = X509_check_issued(issuer, cert);

	/* A signer that lacks keyCertSign is found, and refused later by name. */
	if (verdict != X509_V_OK && verdict != X509_V_ERR_KEYUSAGE_NO_CERTSIGN)
		return 0;
	if (!has_namesake(p->bundle->anchors, issuer, leaf) &&
	    !has_namesake(p->untrusted, issuer, leaf))
		return 1;
	return X509_verify(cert, X509_get0_pubkey(issuer)) == 1;
}

/* The certificate above the one under check; NULL for the anchor. */
static X509 *issuer_at_depth(const X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int above = X509_STORE_CTX_get_error_depth(ctx) + 1;

	return above < sk_X509_num(chain) ? sk_X509_value(chain, above) : NULL;
}

/* The name alone does not tell: authorities of several trust domains, and of
 * one after a rotation, may share it. What cannot be judged counts as its own,
 * so that the path fails. */
static bool crl_is_of(X509_CRL *crl, const X509 *issuer)
{
	return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) == 0 &&
	       X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 0;
}

static bool issuer_has_crl(const X509_STORE_CTX *ctx)
{
	const struct path *p = path_of(ctx);
	X509 *issuer = issuer_at_depth(ctx);

	for (int i = 0; issuer && i < sk_X509_CRL_num(p->crls); i++)
		if (crl_is_of(sk_X509_CRL_value(p->crls, i), issuer))
			return true;
	return false;
}

static STACK_OF(X509_CRL) *crls_of_issuer(const X509_STORE_CTX *ctx, const X509_NAME *unused)
{
	const struct path *p = path_of(ctx);
	X509 *issuer = issuer_at_depth(ctx);
	STACK_OF(X509_CRL) *found = issuer ? sk_X509_CRL_new_null() : NULL;

	for (int i = 0; found && i < sk_X509_CRL_num(p->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(p->crls, i);

		if (!crl_is_of(crl, issuer))
			continue;
		if (X509_CRL_up_ref(crl) && !sk_X509_CRL_push(found, crl))
			X509_CRL_free(crl); /* then it is missed: the path fails */
	}
	return found;
}

/* CRLs bind only those issuers that have one. */
static int forgive_absent_crl(int ok, X509_STORE_CTX *ctx)
{
	if (ok || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_UNABLE_TO_GET_CRL ||
	    issuer_has_crl(ctx))
		return ok;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

bool svid_path_prepare(X509_STORE *store)
{
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

	/* A bundle may hold intermediates; all of it are signing certificates. No
	 * purpose: OpenSSL would apply an intermediate's EKU to the leaf, which
	 * X509-SVID.md 4.4 leaves open; the leaf's own EKU is our check. */
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_STORE_set_check_issued(store, issued_by);
	X509_STORE_set_lookup_crls(store, crls_of_issuer);
	X509_STORE_set_verify_cb(store, forgive_absent_crl);
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
}

struct verdict {
	int error; /* X509_V_ERR_* */
	enum err_class cls;
	enum tls_alert alert; /* RFC 8446 6.2 */
};

static struct verdict judge(int error)
{
	static const struct verdict table[] = {
		{ X509_V_ERR_OUT_OF_MEM, ERR_NOMEM, ALERT_internal_error },
		{ X509_V_ERR_CERT_HAS_EXPIRED, ERR_CERT_EXPIRED, ALERT_certificate_expired },
		/* "... or is not currently valid" */
		{ X509_V_ERR_CERT_NOT_YET_VALID, ERR_CERT_NOT_YET, ALERT_certificate_expired },
		{ X509_V_ERR_CERT_REVOKED, ERR_CERT_REVOKED, ALERT_certificate_revoked },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, ERR_CERT_CHAIN, ALERT_unknown_ca },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, ERR_CERT_CHAIN, ALERT_unknown_ca },
		{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, ERR_CERT_CHAIN, ALERT_unknown_ca },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, ERR_CERT_CHAIN, ALERT_unknown_ca },
		{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, ERR_CERT_CHAIN, ALERT_unknown_ca },
		{ X509_V_ERR_CERT_UNTRUSTED, ERR_CERT_CHAIN, ALERT_unknown_ca },
		{ X509_V_ERR_CERT_CHAIN_TOO_LONG, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_CERT_SIGNATURE_FAILURE, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, ERR_CERT_CHAIN,
		  ALERT_bad_certificate },
		{ X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, ERR_CERT_CHAIN,
		  ALERT_bad_certificate },
		{ X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_INVALID_EXTENSION, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_INVALID_CA, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_PATH_LENGTH_EXCEEDED, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_PERMITTED_VIOLATION, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_EXCLUDED_VIOLATION, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_EE_KEY_TOO_SMALL, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_CA_KEY_TOO_SMALL, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_CA_MD_TOO_WEAK, ERR_CERT_CHAIN, ALERT_bad_certificate },
		{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, ERR_CERT_CHAIN,
		  ALERT_unsupported_certificate },
		{ X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE, ERR_CERT_CHAIN,
		  ALERT_unsupported_certificate },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].error == error)
			return table[i];
	/* The rest, CRLs that cannot be used among it: "some other issue". */
	return (struct verdict){ error, ERR_CERT_CHAIN, ALERT_certificate_unknown };
}

/* RFC 5280 4.1.2.5: how far off is the certificate that failed? */
static int64_t seconds_until_valid(const X509 *cert, int64_t now_s)
{
	int64_t before, after;

	if (!cert || failed(svid_cert_validity(cert, &before, &after, NULL)))
		return 0;
	return before - now_s;
}

static struct result explain(X509_STORE_CTX *ctx, int64_t now_s, struct err *reterr)
{
	struct verdict v = judge(X509_STORE_CTX_get_error(ctx));
	const char *text = X509_verify_cert_error_string(v.error);
	int depth = X509_STORE_CTX_get_error_depth(ctx);

	/* A skew of clocks is the usual cause: SPIRE backdates by 10 s only. */
	if (v.cls == ERR_CERT_NOT_YET)
		return FAIL_ALERT(reterr, v.cls, v.alert,
				  "certificate %d of the chain becomes valid in %lld s: do the clocks agree?",
				  depth,
				  (long long)seconds_until_valid(
					  X509_STORE_CTX_get_current_cert(ctx), now_s));
	return FAIL_ALERT(reterr, v.cls, v.alert, "certificate %d of the chain: %s", depth, text);
}

/* X509-SVID.md 3.2, 4.1, 4.3, for what lies between leaf and anchor. The anchor
 * was checked when the bundle came. */
static struct result check_signers(const STACK_OF(X509) *chain, struct err *reterr)
{
	int n = sk_X509_num(chain);

	/* The leaf is never its own authority. */
	if (n < 2)
		return FAIL_ALERT(reterr, ERR_CERT_CHAIN, ALERT_unknown_ca,
				  "the certificate was not issued by an authority");
	for (int i = 1; i < n - 1; i++) {
		struct err why = { 0 };
		struct result r = svid_cert_check_signer(sk_X509_value(chain, i), &why);

		if (failed(r))
			return FAIL_ALERT(reterr, r.cls, why.tls_alert,
					  "certificate %d of the chain: %s", i, why.text);
	}
	return RESULT_OK;
}

static void set_conditions(X509_STORE_CTX *ctx, const struct path *p, int64_t now_s)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_STORE_CTX_set_app_data(ctx, (void *)p);
	X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
	if (sk_X509_CRL_num(p->crls) > 0)
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK |
							   X509_V_FLAG_CRL_CHECK_ALL);
}

struct result svid_path_verify(const struct svid_bundle *bundle, X509 *leaf,
			       STACK_OF(X509) *untrusted, STACK_OF(X509_CRL) *crls, int64_t now_s,
			       struct err *reterr)
{
	const struct path p = { bundle, untrusted, crls };
	X509_STORE_CTX *ctx;
	struct result r;

	/* Namesakes cost a signature each, so a peer may not send any number. */
	if (sk_X509_num(untrusted) > SVID_CHAIN_MAX)
		return FAIL_ALERT(reterr, ERR_CERT_CHAIN, ALERT_bad_certificate,
				  "a chain of %d certificates, more than %d",
				  sk_X509_num(untrusted), SVID_CHAIN_MAX);
	ctx = X509_STORE_CTX_new();
	if (!ctx || !X509_STORE_CTX_init(ctx, bundle->store, leaf, untrusted)) {
		X509_STORE_CTX_free(ctx);
		return FAIL_ALERT(reterr, ERR_NOMEM, ALERT_internal_error, "out of memory");
	}
	set_conditions(ctx, &p, now_s);
	if (X509_verify_cert(ctx) == 1)
		r = check_signers(X509_STORE_CTX_get0_chain(ctx), reterr);
	else
		r = explain(ctx, now_s, reterr);
	X509_STORE_CTX_free(ctx);
	return r;
}
