/* SPDX-License-Identifier: Apache-2.0 */
#include "svid_bundle_internal.h"

#include <stdlib.h>
#include <string.h>

#include "svid_cert_internal.h"
#include "svid_der_internal.h"
#include "svid_path_internal.h"

static void bundle_free(struct svid_bundle *b)
{
	if (!b)
		return;
	X509_STORE_free(b->store);
	sk_X509_pop_free(b->anchors, X509_free);
	free(b);
}

/*
 * Only signing certificates are anchors: with X509_V_FLAG_PARTIAL_CHAIN a leaf
 * in the bundle would vouch for itself. One bad certificate does not condemn
 * the rest, as Trust Domain and Bundle 4.1.3 has it for keys; if none is left
 * the bundle is empty and distrusts all.
 */
static void drop_unusable(struct svid_bundle *b)
{
	for (int i = 0; i < sk_X509_num(b->anchors);) {
		if (!failed(svid_cert_check_anchor(sk_X509_value(b->anchors, i), NULL))) {
			i++;
			continue;
		}
		X509_free(sk_X509_delete(b->anchors, i));
		b->refused++;
	}
}

static struct result fill_store(struct svid_bundle *b, struct err *reterr)
{
	b->store = X509_STORE_new();
	if (!b->store || !svid_path_prepare(b->store))
		return FAIL(reterr, ERR_NOMEM, "bundle: out of memory");
	for (int i = 0; i < sk_X509_num(b->anchors); i++)
		if (!X509_STORE_add_cert(b->store, sk_X509_value(b->anchors, i)))
			return FAIL(reterr, ERR_NOMEM, "bundle: out of memory");
	return RESULT_OK;
}

static bool same_anchors(const struct svid_bundle *a, const struct svid_bundle *b)
{
	if (sk_X509_num(a->anchors) != sk_X509_num(b->anchors))
		return false;
	for (int i = 0; i < sk_X509_num(a->anchors); i++)
		if (X509_cmp(sk_X509_value(a->anchors, i), sk_X509_value(b->anchors, i)) != 0)
			return false;
	return true;
}

static struct result bundle_new(const char *trust_domain, struct bytes der,
				struct svid_bundle **ret, struct err *reterr)
{
	struct svid_bundle *b = calloc(1, sizeof *b);
	struct result r;

	if (!b)
		return FAIL(reterr, ERR_NOMEM, "bundle: out of memory");
	strncpy(b->trust_domain, trust_domain, sizeof b->trust_domain - 1);
	r = svid_der_certs(der, SVID_BUNDLE_MAX, "bundle", &b->anchors, reterr);
	if (!failed(r)) {
		drop_unusable(b);
		r = fill_store(b, reterr);
	}
	if (failed(r))
		bundle_free(b);
	else
		*ret = b;
	return r;
}

struct result svid_bundle_add(struct svid_bundle **table, const char *trust_domain,
			      struct bytes der, struct err *reterr)
{
	struct svid_bundle *b, *old = svid_bundle_find(*table, trust_domain);
	struct result r = bundle_new(trust_domain, der, &b, reterr);

	if (failed(r))
		return r;
	if (old) {
		bool same = same_anchors(old, b);

		bundle_free(b);
		return same ? RESULT_OK :
			      FAIL(reterr, ERR_PARSE, "two different bundles for %s", trust_domain);
	}
	HASH_ADD_STR(*table, trust_domain, b);
	if (!b->hh.tbl) {
		bundle_free(b);
		return FAIL(reterr, ERR_NOMEM, "bundle: out of memory");
	}
	return RESULT_OK;
}

struct svid_bundle *svid_bundle_find(struct svid_bundle *table, const char *trust_domain)
{
	struct svid_bundle *b;

	HASH_FIND_STR(table, trust_domain, b);
	return b;
}

static int by_trust_domain(const struct svid_bundle *a, const struct svid_bundle *b)
{
	return strcmp(a->trust_domain, b->trust_domain);
}

void svid_bundle_sort(struct svid_bundle **table)
{
	HASH_SORT(*table, by_trust_domain);
}

void svid_bundle_free_all(struct svid_bundle **table)
{
	struct svid_bundle *b, *next;

	HASH_ITER (hh, *table, b, next) {
		HASH_DEL(*table, b);
		bundle_free(b);
	}
}
