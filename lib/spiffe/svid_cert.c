/* SPDX-License-Identifier: Apache-2.0 */
#include "svid_cert_internal.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum err_class svid_openssl_class(enum err_class cls)
{
	return ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE ? ERR_NOMEM : cls;
}

/* ret_critical: -1 if there is no SAN extension. NULL names then is fine; NULL
 * names otherwise is an extension that cannot be read, or two of them. */
static GENERAL_NAMES *alt_names(X509 *cert, int *ret_critical)
{
	return X509_get_ext_d2i(cert, NID_subject_alt_name, ret_critical, NULL);
}

static int count_uris(const GENERAL_NAMES *names, const ASN1_IA5STRING **ret_last)
{
	int n = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_URI) {
			*ret_last = name->d.uniformResourceIdentifier;
			n++;
		}
	}
	return n;
}

static struct result parse_uri(const ASN1_IA5STRING *uri, struct spiffe_id *ret,
			       struct err *reterr)
{
	struct err why = { 0 };

	if (failed(spiffe_id_parse((const char *)ASN1_STRING_get0_data(uri),
				   (size_t)ASN1_STRING_length(uri), ret, &why)))
		return FAIL_ALERT(reterr, ERR_CERT_SVID, ALERT_bad_certificate,
				  "the URI SAN is no SPIFFE ID: %s", why.text);
	return RESULT_OK;
}

struct result svid_cert_id(X509 *leaf, struct spiffe_id *ret, struct err *reterr)
{
	const ASN1_IA5STRING *uri = NULL;
	int critical = -1;
	GENERAL_NAMES *names = alt_names(leaf, &critical);
	int n = count_uris(names, &uri);
	struct result r;

	if (!names && critical != -1)
		r = FAIL_ALERT(reterr, svid_openssl_class(ERR_CERT_SVID), ALERT_bad_certificate,
			       "the SAN extension is malformed or there are two");
	else if (n == 0) /* X509-SVID.md 2 */
		r = FAIL_ALERT(reterr, ERR_CERT_SVID, ALERT_unsupported_certificate,
			       "there is no URI SAN, so no SPIFFE ID");
	else if (n > 1) /* X509-SVID.md 2, 5.2 */
		r = FAIL_ALERT(reterr, ERR_CERT_SVID, ALERT_bad_certificate,
			       "there are %d URI SANs; an X.509-SVID has one", n);
	else
		r = parse_uri(uri, ret, reterr);
	GENERAL_NAMES_free(names);
	return r;
}

static bool extension_is_critical(const X509 *cert, int nid)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);

	return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(cert, at));
}

static bool subject_is_empty(const X509 *cert)
{
	return X509_NAME_entry_count(X509_get_subject_name(cert)) == 0;
}

struct leaf_facts {
	uint32_t flags; /* EXFLAG_* */
	uint32_t usage; /* KU_* */
	uint32_t eku;	/* XKU_* */
	bool usage_critical;
	bool san_critical;
	bool empty_subject;
	bool has_path;
};

/* One row a rule, in the order in which they are told. */
static const char *broken_leaf_rule(const struct leaf_facts *f, enum tls_alert *ret_alert)
{
	const struct {
		bool broken;
		enum tls_alert alert;
		const char *text;
	} rules[] = {
		{ f->flags & EXFLAG_INVALID, ALERT_bad_certificate, "an extension is malformed" },
		/* X509-SVID.md 3.2, 4.1, 5.2 */
		{ f->flags & EXFLAG_CA, ALERT_unsupported_certificate,
		  "it is a signing certificate (cA is true), which never authenticates" },
		/* X509-SVID.md 3.1, 5.2 */
		{ !f->has_path, ALERT_bad_certificate, "the SPIFFE ID has no path" },
		/* X509-SVID.md 3.1, RFC 5280 4.1.2.6 */
		{ f->empty_subject && !f->san_critical, ALERT_bad_certificate,
		  "the subject is empty and the SAN extension not critical" },
		/* X509-SVID.md 4.3 */
		{ !(f->flags & EXFLAG_KUSAGE), ALERT_unsupported_certificate,
		  "there is no keyUsage" },
		{ !f->usage_critical, ALERT_unsupported_certificate, "keyUsage is not critical" },
		{ f->usage & KU_KEY_CERT_SIGN, ALERT_unsupported_certificate,
		  "keyUsage has keyCertSign" },
		{ f->usage & KU_CRL_SIGN, ALERT_unsupported_certificate, "keyUsage has cRLSign" },
		{ !(f->usage & KU_DIGITAL_SIGNATURE), ALERT_unsupported_certificate,
		  "keyUsage lacks digitalSignature" },
		/* X509-SVID.md 4.4: absent, it reads as all bits. */
		{ !(f->eku & XKU_SSL_SERVER), ALERT_unsupported_certificate,
		  "extendedKeyUsage lacks serverAuth" },
		{ !(f->eku & XKU_SSL_CLIENT), ALERT_unsupported_certificate,
		  "extendedKeyUsage lacks clientAuth" },
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (rules[i].broken) {
			*ret_alert = rules[i].alert;
			return rules[i].text;
		}
	}
	return NULL;
}

struct result svid_cert_check_leaf(X509 *leaf, const struct spiffe_id *id, struct err *reterr)
{
	const struct leaf_facts facts = {
		.flags = X509_get_extension_flags(leaf),
		.usage = X509_get_key_usage(leaf),
		.eku = X509_get_extended_key_usage(leaf),
		.usage_critical = extension_is_critical(leaf, NID_key_usage),
		.san_critical = extension_is_critical(leaf, NID_subject_alt_name),
		.empty_subject = subject_is_empty(leaf),
		.has_path = *spiffe_id_path(id) != '\0',
	};
	enum tls_alert alert = ALERT_bad_certificate;
	const char *broken = broken_leaf_rule(&facts, &alert);

	if (broken)
		return FAIL_ALERT(reterr, ERR_CERT_SVID, alert, "%s", broken);
	return RESULT_OK;
}

static bool looks_like_spiffe(const ASN1_IA5STRING *uri)
{
	return ASN1_STRING_length(uri) >= 7 &&
	       strncasecmp((const char *)ASN1_STRING_get0_data(uri), "spiffe:", 7) == 0;
}

/* X509-SVID.md 3.2: a signer's SPIFFE ID, if it has one, has no path. Other URIs
 * do not make it an SVID and are its own affair. */
static const char *broken_signer_id(const GENERAL_NAMES *names)
{
	struct spiffe_id id;
	int n = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_URI || !looks_like_spiffe(name->d.uniformResourceIdentifier))
			continue;
		if (failed(parse_uri(name->d.uniformResourceIdentifier, &id, NULL)))
			return "its SPIFFE ID is malformed";
		if (*spiffe_id_path(&id))
			return "its SPIFFE ID has a path, so it may not sign";
		if (++n > 1)
			return "it has more than one SPIFFE ID";
	}
	return NULL;
}

static const char *broken_signer_rule(X509 *cert)
{
	int critical = -1;
	GENERAL_NAMES *names = alt_names(cert, &critical);
	const char *broken = broken_signer_id(names);
	uint32_t flags = X509_get_extension_flags(cert);

	if ((flags & EXFLAG_INVALID) || (!names && critical != -1))
		broken = "an extension is malformed";
	else if (!(flags & EXFLAG_CA)) /* X509-SVID.md 4.1 */
		broken = "cA is not true";
	else if (!(X509_get_key_usage(cert) & KU_KEY_CERT_SIGN)) /* X509-SVID.md 4.3 */
		broken = "keyUsage lacks keyCertSign";
	else if (!X509_get0_pubkey(cert))
		broken = "its public key cannot be used";
	GENERAL_NAMES_free(names);
	return broken;
}

struct result svid_cert_check_anchor(X509 *cert, struct err *reterr)
{
	const char *broken = broken_signer_rule(cert);

	if (broken)
		return FAIL_ALERT(reterr, ERR_CERT_CHAIN, ALERT_bad_certificate, "%s", broken);
	return RESULT_OK;
}

struct result svid_cert_check_signer(X509 *cert, struct err *reterr)
{
	const char *broken = broken_signer_rule(cert);

	/* X509-SVID.md 4.3 */
	if (!broken && !(X509_get_extension_flags(cert) & EXFLAG_KUSAGE))
		broken = "there is no keyUsage";
	if (!broken && !extension_is_critical(cert, NID_key_usage))
		broken = "keyUsage is not critical";
	if (broken)
		return FAIL_ALERT(reterr, ERR_CERT_CHAIN, ALERT_bad_certificate, "%s", broken);
	return RESULT_OK;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. timegm would read
 * the program's time zone files. */
static int64_t days_since_1970(int64_t year, int month, int day)
{
	static const int before_month[] = { 0,	 31,  59,  90,	120, 151,
					    181, 212, 243, 273, 304, 334 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t y = year - 1;
	int64_t days = y * 365 + y / 4 - y / 100 + y / 400 - 719162;

	return days + before_month[month] + (leap && month > 1) + day - 1;
}

static bool time_to_s(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	/* NULL would mean the present time. */
	if (!t || !ASN1_TIME_to_tm(t, &tm) || tm.tm_mon < 0 || tm.tm_mon > 11)
		return false;
	*ret = days_since_1970(tm.tm_year + INT64_C(1900), tm.tm_mon, tm.tm_mday) * 86400 +
	       tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
	return true;
}

struct result svid_cert_validity(const X509 *cert, int64_t *ret_not_before, int64_t *ret_not_after,
				 struct err *reterr)
{
	int64_t before, after;

	if (!time_to_s(X509_get0_notBefore(cert), &before) ||
	    !time_to_s(X509_get0_notAfter(cert), &after))
		return FAIL_ALERT(reterr, ERR_CERT_SVID, ALERT_bad_certificate,
				  "the validity is malformed");
	*ret_not_before = before;
	*ret_not_after = after;
	return RESULT_OK;
}

void svid_cert_serial(const X509 *cert, char ret[SERIAL_HEX_MAX])
{
	static const char digits[] = "0123456789abcdef";
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	const unsigned char *data = ASN1_STRING_get0_data(serial);
	int len = ASN1_STRING_length(serial);
	size_t at = 0;

	for (int i = 0; i < len && at + 2 < SERIAL_HEX_MAX; i++) {
		ret[at++] = digits[data[i] >> 4];
		ret[at++] = digits[data[i] & 15];
	}
	ret[at] = '\0';
}
