/* SPDX-License-Identifier: Apache-2.0 */
#include "spiffe/svid_snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "spiffe/svid_snapshot_internal.h"
#include "svid_snapshot_build_internal.h"

static void svid_clear(struct svid *svid)
{
	X509_free(svid->leaf);
	sk_X509_pop_free(svid->chain, X509_free);
	EVP_PKEY_free(svid->key); /* OpenSSL cleanses it */
}

void svid_snapshot_destroy(struct svid_snapshot *s)
{
	for (size_t i = 0; i < s->n; i++)
		svid_clear(&s->svids[i]);
	free(s->svids);
	svid_bundle_free_all(&s->bundles);
	sk_X509_CRL_pop_free(s->crls, X509_CRL_free);
	free(s);
}

struct svid_snapshot *svid_snapshot_ref(struct svid_snapshot *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

struct svid_snapshot *svid_snapshot_unref(struct svid_snapshot *s)
{
	/* All that other threads did with s comes before its end. */
	if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
		svid_snapshot_destroy(s);
	return NULL;
}

size_t svid_snapshot_count(const struct svid_snapshot *s)
{
	return s->n;
}

const struct svid_info *svid_snapshot_info(const struct svid_snapshot *s, size_t i)
{
	return i < s->n ? &s->svids[i].info : NULL;
}

bool svid_snapshot_usable(const struct svid_snapshot *s, int64_t now_s)
{
	const struct svid_info *info = &s->svids[0].info;

	/* RFC 5280 4.1.2.5: both ends are within. */
	return info->not_before <= now_s && now_s <= info->not_after;
}

bool svid_snapshot_past_half_life(const struct svid_snapshot *s, int64_t now_s)
{
	const struct svid_info *info = &s->svids[0].info;

	return now_s > info->not_before + (info->not_after - info->not_before) / 2;
}

const char *svid_snapshot_trust_domain(const struct svid_snapshot *s, size_t i)
{
	const struct svid_bundle *b = s->bundles;

	for (; b && i > 0; i--)
		b = b->hh.next;
	return b ? b->trust_domain : NULL;
}

size_t svid_snapshot_authorities(const struct svid_snapshot *s, const char *trust_domain)
{
	const struct svid_bundle *b = svid_snapshot_bundle(s, trust_domain);

	return b ? (size_t)sk_X509_num(b->anchors) : 0;
}

uint64_t svid_snapshot_serial(const struct svid_snapshot *s)
{
	return s->serial;
}

X509 *svid_snapshot_leaf(const struct svid_snapshot *s)
{
	return s->svids[0].leaf;
}

STACK_OF(X509) *svid_snapshot_chain(const struct svid_snapshot *s)
{
	return s->svids[0].chain;
}

EVP_PKEY *svid_snapshot_key(const struct svid_snapshot *s)
{
	return s->svids[0].key;
}

const struct svid_bundle *svid_snapshot_bundle(const struct svid_snapshot *s, const char *td)
{
	return svid_bundle_find(s->bundles, td);
}

STACK_OF(X509_CRL) *svid_snapshot_crls(const struct svid_snapshot *s)
{
	return s->crls;
}
