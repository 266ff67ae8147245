/* SPDX-License-Identifier: Apache-2.0 */
#include "answer.h"

#include <string.h>

#include "workload/workload.pb-c.h"

#define HUGE_BYTES (16 << 20)
#define GARBAGE_BYTES 64

typedef X509SVIDResponse__FederatedBundlesEntry federated_entry;

/* Everything a response points at; freed together. */
struct parts {
	X509SVID *svids;
	X509SVID **svid_at;
	federated_entry *federated;
	federated_entry **federated_at;
	ProtobufCBinaryData crl;
	uint8_t *filler;
};

static void parts_free(struct parts *p)
{
	free(p->svids);
	free(p->svid_at);
	free(p->federated);
	free(p->federated_at);
	free(p->filler);
}

static bool parts_alloc(struct parts *p, const struct issuer *is,
			uint32_t faults)
{
	size_t n = is->opt->n_entries + 1;
	size_t m = is->n_federated + 1; /* one for the filler */

	p->svids = calloc(n, sizeof *p->svids);
	p->svid_at = calloc(n, sizeof *p->svid_at);
	p->federated = calloc(m, sizeof *p->federated);
	p->federated_at = calloc(m, sizeof *p->federated_at);
	if (faults & FAULT_HUGE_MESSAGE)
		p->filler = calloc(1, HUGE_BYTES);
	return p->svids && p->svid_at && p->federated && p->federated_at &&
	       (p->filler || !(faults & FAULT_HUGE_MESSAGE));
}

static void add_svids(struct parts *p, const struct issuer *is,
		      const struct caller *c, X509SVIDResponse *resp)
{
	struct bytes bundle = ca_bundle(is->ca);

	for (size_t i = 0; i < is->opt->n_entries; i++) {
		const struct svid *s = &is->svids[i];
		X509SVID *out = &p->svids[resp->n_svids];

		if (!entry_matches(&is->opt->entries[i], c))
			continue;
		x509_svid__init(out);
		if (!(s->faults & FAULT_NO_SPIFFE_ID))
			out->spiffe_id = (char *)s->id.uri;
		out->x509_svid.data = s->chain;
		out->x509_svid.len = s->chain_len;
		out->x509_svid_key.data = s->key;
		out->x509_svid_key.len = s->key_len;
		out->bundle.data = (uint8_t *)bundle.data;
		out->bundle.len = s->faults & FAULT_NO_BUNDLE ? 0 : bundle.len;
		p->svid_at[resp->n_svids++] = out;
	}
	resp->svids = p->svid_at;
}

static void add_federated(struct parts *p, const char *key, uint8_t *der,
			  size_t len, X509SVIDResponse *resp)
{
	federated_entry *e = &p->federated[resp->n_federated_bundles];

	x509_svidresponse__federated_bundles_entry__init(e);
	e->key = (char *)key;
	e->value.data = der;
	e->value.len = len;
	p->federated_at[resp->n_federated_bundles++] = e;
	resp->federated_bundles = p->federated_at;
}

static void add_all(struct parts *p, const struct issuer *is,
		    const struct caller *c, uint32_t faults,
		    X509SVIDResponse *resp)
{
	if (!(faults & FAULT_EMPTY_SVIDS))
		add_svids(p, is, c, resp);
	for (size_t i = 0; i < is->n_federated; i++)
		add_federated(p, is->federated[i].key, is->federated[i].der,
			      is->federated[i].len, resp);
	if (p->filler)
		add_federated(p, "spiffe://huge.example", p->filler, HUGE_BYTES,
			      resp);
	if (is->crl) {
		p->crl.data = is->crl;
		p->crl.len = is->crl_len;
		resp->crl = &p->crl;
		resp->n_crl = 1;
	}
}

static struct result garbage(uint8_t **ret, size_t *ret_len,
			     struct err *reterr)
{
	uint8_t *buf = malloc(GARBAGE_BYTES);

	if (!buf)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	memset(buf, 0xff, GARBAGE_BYTES); /* a tag that never ends */
	*ret = buf;
	*ret_len = GARBAGE_BYTES;
	return RESULT_OK;
}

struct result answer_pack(const struct issuer *is, const struct caller *c,
			  uint32_t faults, uint8_t **ret, size_t *ret_len,
			  struct err *reterr)
{
	X509SVIDResponse resp = X509_SVIDRESPONSE__INIT;
	struct parts p = { 0 };
	uint8_t *buf = NULL;

	if (faults & FAULT_GARBAGE_MESSAGE)
		return garbage(ret, ret_len, reterr);
	if (parts_alloc(&p, is, faults)) {
		add_all(&p, is, c, faults, &resp);
		buf = malloc(x509_svidresponse__get_packed_size(&resp) + 1);
		if (buf)
			*ret_len = x509_svidresponse__pack(&resp, buf);
	}
	parts_free(&p);
	if (!buf)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	*ret = buf;
	return RESULT_OK;
}
