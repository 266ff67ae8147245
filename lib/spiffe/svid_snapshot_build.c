/* SPDX-License-Identifier: Apache-2.0 */
/* From an X509SVIDResponse to a snapshot, or a reason why not. */
#include "svid_snapshot_build_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "svid_cert_internal.h"
#include "svid_der_internal.h"

/* "svids[2]: " before what went wrong inside. No alert: no peer is there. */
static struct result in_entry(struct result r, struct err *reterr, const char *list, size_t i)
{
	char inner[ERR_TEXT_MAX];

	if (!failed(r) || !reterr)
		return r;
	memcpy(inner, reterr->text, sizeof inner);
	snprintf(reterr->text, sizeof reterr->text, "%s[%zu]: %.460s", list, i, inner);
	reterr->tls_alert = -1;
	return r;
}

/* Workload API 4.5, 5.2.1: all fields but the hint are mandatory. */
static struct result check_mandatory(const struct svid_der *in, struct err *reterr)
{
	const char *missing = NULL;

	if (!in->spiffe_id || !*in->spiffe_id)
		missing = "spiffe_id";
	else if (in->chain.len == 0)
		missing = "x509_svid";
	else if (in->key.len == 0)
		missing = "x509_svid_key";
	else if (in->bundle.len == 0)
		missing = "bundle";
	if (missing)
		return FAIL(reterr, ERR_PARSE, "the mandatory field %s is empty", missing);
	return RESULT_OK;
}

/* Workload API 5.2.1: of SVIDs with one hint, the first is selected. */
static bool hint_was_seen(const struct svid_response *in, size_t i)
{
	const char *hint = in->svids[i].hint;

	if (!hint || !*hint)
		return false;
	for (size_t j = 0; j < i; j++)
		if (in->svids[j].hint && strcmp(in->svids[j].hint, hint) == 0)
			return true;
	return false;
}

static struct result parse_parts(const struct svid_der *in, struct svid *svid, struct err *reterr)
{
	struct result r =
		svid_der_certs(in->chain, SVID_CHAIN_MAX, "x509_svid", &svid->chain, reterr);

	if (failed(r))
		return r;
	/* Workload API 5.1: the leaf comes first. The field was not empty. */
	svid->leaf = sk_X509_shift(svid->chain);
	return svid_der_key(in->key, &svid->key, reterr);
}

/* Does what the agent says of the SVID hold, and would a peer take it? */
static struct result check_svid(const struct svid_der *in, struct svid *svid, struct err *reterr)
{
	struct spiffe_id said;
	struct err why = { 0 };
	struct result r = svid_cert_id(svid->leaf, &svid->info.id, reterr);

	if (failed(r))
		return r;
	r = svid_cert_check_leaf(svid->leaf, &svid->info.id, reterr);
	if (failed(r))
		return r;
	r = spiffe_id_parse(in->spiffe_id, strlen(in->spiffe_id), &said, &why);
	if (failed(r))
		return FAIL(reterr, ERR_PARSE, "spiffe_id: %s", why.text);
	if (!spiffe_id_equal(&said, &svid->info.id))
		return FAIL(reterr, ERR_PARSE, "spiffe_id is not the one in the certificate");
	if (X509_check_private_key(svid->leaf, svid->key) != 1)
		return FAIL(reterr, svid_openssl_class(ERR_PARSE),
			    "the private key is not the certificate's");
	return RESULT_OK;
}

static struct result fill_info(const struct svid_der *in, struct svid *svid, struct err *reterr)
{
	struct svid_info *info = &svid->info;

	svid_cert_serial(svid->leaf, info->serial);
	if (in->hint)
		snprintf(info->hint, sizeof info->hint, "%s", in->hint);
	return svid_cert_validity(svid->leaf, &info->not_before, &info->not_after, reterr);
}

/* What failed half-way is freed with s. */
static struct result add_svid(struct svid_snapshot *s, const struct svid_der *in,
			      struct err *reterr)
{
	struct svid *svid = &s->svids[s->n++];
	char td[TRUST_DOMAIN_MAX + 1];
	struct result r = parse_parts(in, svid, reterr);

	if (failed(r))
		return r;
	r = check_svid(in, svid, reterr);
	if (failed(r))
		return r;
	r = fill_info(in, svid, reterr);
	if (failed(r))
		return r;
	spiffe_id_trust_domain(&svid->info.id, td);
	return svid_bundle_add(&s->bundles, td, in->bundle, reterr);
}

static struct result add_svids(struct svid_snapshot *s, const struct svid_response *in,
			       struct err *reterr)
{
	if (in->n_svids == 0)
		return FAIL(reterr, ERR_PARSE, "the mandatory field svids is empty");
	s->svids = calloc(in->n_svids, sizeof *s->svids);
	if (!s->svids)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < in->n_svids; i++) {
		struct result r = check_mandatory(&in->svids[i], reterr);

		if (!failed(r) && !hint_was_seen(in, i))
			r = add_svid(s, &in->svids[i], reterr);
		if (failed(r))
			return in_entry(r, reterr, "svids", i);
	}
	return RESULT_OK;
}

/* The key of federated_bundles is the trust domain's SPIFFE ID (Workload API
 * 5.1); its bare name is taken as well. */
static struct result parse_td(const char *name, char ret[TRUST_DOMAIN_MAX + 1], struct err *reterr)
{
	struct spiffe_id id;
	struct result r;

	if (!name)
		return FAIL(reterr, ERR_PARSE, "the trust domain is empty");
	if (strncasecmp(name, "spiffe:", 7) != 0)
		return trust_domain_parse(name, strlen(name), ret, reterr);
	r = spiffe_id_parse(name, strlen(name), &id, reterr);
	if (failed(r))
		return r;
	if (*spiffe_id_path(&id))
		return FAIL(reterr, ERR_PARSE, "a trust domain's SPIFFE ID has no path");
	spiffe_id_trust_domain(&id, ret);
	return RESULT_OK;
}

static struct result add_federated(struct svid_snapshot *s, const struct svid_response *in,
				   struct err *reterr)
{
	for (size_t i = 0; i < in->n_federated; i++) {
		char td[TRUST_DOMAIN_MAX + 1];
		struct result r = parse_td(in->federated[i].trust_domain, td, reterr);

		if (!failed(r))
			r = svid_bundle_add(&s->bundles, td, in->federated[i].bundle, reterr);
		if (failed(r))
			return in_entry(r, reterr, "federated_bundles", i);
	}
	return RESULT_OK;
}

static struct result add_crls(struct svid_snapshot *s, const struct svid_response *in,
			      struct err *reterr)
{
	s->crls = sk_X509_CRL_new_null();
	if (!s->crls)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < in->n_crls; i++) {
		X509_CRL *crl = NULL;
		struct result r = svid_der_crl(in->crls[i], &crl, reterr);

		if (failed(r))
			return in_entry(r, reterr, "crl", i);
		if (!sk_X509_CRL_push(s->crls, crl)) {
			X509_CRL_free(crl);
			return FAIL(reterr, ERR_NOMEM, "out of memory");
		}
	}
	return RESULT_OK;
}

/* An SVID that is over already is worth less than the one it would replace.
 * One that is not valid yet is kept: the agent's clock may be seconds ahead. */
static struct result check_not_expired(const struct svid_snapshot *s, int64_t now_s,
				       struct err *reterr)
{
	int64_t over = now_s - s->svids[0].info.not_after;

	if (over > 0)
		return FAIL(reterr, ERR_CERT_EXPIRED,
			    "svids[0]: it expired %lld s ago: do the clocks agree?",
			    (long long)over);
	return RESULT_OK;
}

static struct result fill(struct svid_snapshot *s, const struct svid_response *in, int64_t now_s,
			  struct err *reterr)
{
	struct result r = add_svids(s, in, reterr);

	if (!failed(r))
		r = add_federated(s, in, reterr);
	if (!failed(r))
		r = add_crls(s, in, reterr);
	if (!failed(r))
		r = check_not_expired(s, now_s, reterr);
	if (failed(r))
		return r;
	svid_bundle_sort(&s->bundles);
	/* A counter would be a global. */
	if (RAND_bytes((unsigned char *)&s->serial, sizeof s->serial) != 1)
		return FAIL(reterr, ERR_NOMEM, "no random numbers");
	return RESULT_OK;
}

struct result svid_snapshot_build(const struct svid_response *in, int64_t now_s,
				  struct svid_snapshot **ret, struct err *reterr)
{
	struct svid_snapshot *s;
	struct result r;

	/* The program's openssl.cnf is not ours to obey; it may run exit handlers
	 * while other threads still verify. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL))
		return FAIL(reterr, ERR_NOMEM, "OpenSSL did not start");
	s = calloc(1, sizeof *s);
	if (!s)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	atomic_init(&s->refs, 1);
	ERR_set_mark();
	r = fill(s, in, now_s, reterr);
	ERR_pop_to_mark();
	if (failed(r))
		svid_snapshot_destroy(s);
	else
		*ret = s;
	return r;
}
