/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/svid_message.h"

#include <string.h>

#include "workload/workload.pb-c.h"

struct svid_message {
	X509SVIDResponse *pb;
	struct svid_response view;
	struct svid_der *svids;
	struct bytes *crls;
	struct federated_der *federated;
};

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
};

static bool read_varint(struct cursor *c, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		uint8_t byte = *c->at++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Moves over one field. *ret_body is its content if the field is of bytes,
 * else empty. */
static bool read_field(struct cursor *c, uint64_t *ret_number,
		       struct cursor *ret_body)
{
	uint64_t tag, n;

	*ret_body = (struct cursor){ c->at, c->at };
	if (!read_varint(c, &tag))
		return false;
	*ret_number = tag >> 3;
	switch (tag & 7) {
	case WIRE_VARINT:
		return read_varint(c, &n);
	case WIRE_FIXED64:
		n = 8;
		break;
	case WIRE_FIXED32:
		n = 4;
		break;
	case WIRE_BYTES:
		if (!read_varint(c, &n))
			return false;
		break;
	default:
		return false;
	}
	if (n > (uint64_t)(c->end - c->at))
		return false;
	if ((tag & 7) == WIRE_BYTES)
		*ret_body = (struct cursor){ c->at, c->at + n };
	c->at += n;
	return true;
}

/* An empty part takes two bytes on the wire and over a hundred in memory, so
 * count before anything is unpacked. Two levels are all that the schema has. */
static bool few_fields(const uint8_t *buf, size_t len)
{
	struct cursor top = { buf, buf + len };
	size_t n = 0;

	while (top.at < top.end) {
		struct cursor body, ignored;
		uint64_t number, sub;

		if (!read_field(&top, &number, &body) || ++n > SVID_MESSAGE_FIELDS_MAX)
			return false;
		if (number != 1 && number != 3) /* svids, federated_bundles */
			continue;
		while (body.at < body.end)
			if (!read_field(&body, &sub, &ignored) ||
			    ++n > SVID_MESSAGE_FIELDS_MAX)
				return false;
	}
	return true;
}

static struct bytes view_of(ProtobufCBinaryData b)
{
	return (struct bytes){ b.data, b.len };
}

static void view_svids(struct svid_message *m)
{
	for (size_t i = 0; i < m->pb->n_svids; i++) {
		const X509SVID *in = m->pb->svids[i];

		m->svids[m->view.n_svids++] = (struct svid_der){
			.spiffe_id = in->spiffe_id,
			.chain = view_of(in->x509_svid),
			.key = view_of(in->x509_svid_key),
			.bundle = view_of(in->bundle),
			.hint = in->hint,
		};
	}
	m->view.svids = m->svids;
}

static struct federated_der *federated_slot(struct svid_message *m,
					    const char *trust_domain)
{
	for (size_t i = 0; i < m->view.n_federated; i++)
		if (strcmp(m->federated[i].trust_domain, trust_domain) == 0)
			return &m->federated[i];
	return &m->federated[m->view.n_federated++];
}

static void view_bundles(struct svid_message *m)
{
	for (size_t i = 0; i < m->pb->n_crl; i++)
		m->crls[m->view.n_crls++] = view_of(m->pb->crl[i]);
	m->view.crls = m->crls;
	for (size_t i = 0; i < m->pb->n_federated_bundles; i++) {
		const X509SVIDResponse__FederatedBundlesEntry *in =
			m->pb->federated_bundles[i];

		*federated_slot(m, in->key) =
			(struct federated_der){ in->key, view_of(in->value) };
	}
	m->view.federated = m->federated;
}

/* malloc, noting a failure: unpack does not tell it from malformed input. */
static void *noting_alloc(void *failed_at, size_t size)
{
	void *p = malloc(size);

	if (!p)
		*(bool *)failed_at = true;
	return p;
}

static void noting_free(void *failed_at, void *p)
{
	free(p);
}

static struct result unpack(const uint8_t *buf, size_t len,
			    X509SVIDResponse **ret, struct err *reterr)
{
	bool no_memory = false;
	ProtobufCAllocator alloc = { noting_alloc, noting_free, &no_memory };

	*ret = x509_svidresponse__unpack(&alloc, len, buf);
	if (!*ret && no_memory)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	if (!*ret)
		return FAIL(reterr, ERR_PARSE,
			    "X509SVIDResponse of %zu bytes does not unpack", len);
	return RESULT_OK;
}

struct result svid_message_decode(const uint8_t *buf, size_t len,
				  struct svid_message **ret,
				  struct err *reterr)
{
	struct result r;
	AUTO_FREE(svid_message) m = NULL;

	if (len > 0 && !few_fields(buf, len))
		return FAIL(reterr, ERR_PARSE,
			    "X509SVIDResponse: malformed, or more than %d fields",
			    SVID_MESSAGE_FIELDS_MAX);
	m = calloc(1, sizeof *m);
	if (!m)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	r = unpack(buf, len, &m->pb, reterr);
	if (failed(r))
		return r;
	m->svids = calloc(m->pb->n_svids + 1, sizeof *m->svids);
	m->crls = calloc(m->pb->n_crl + 1, sizeof *m->crls);
	m->federated = calloc(m->pb->n_federated_bundles + 1, sizeof *m->federated);
	if (!m->svids || !m->crls || !m->federated)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	view_svids(m);
	view_bundles(m);
	*ret = STEAL(m);
	return RESULT_OK;
}

const struct svid_response *svid_message_response(const struct svid_message *m)
{
	return &m->view;
}

void svid_message_free(struct svid_message *m)
{
	if (!m)
		return;
	for (size_t i = 0; m->pb && i < m->pb->n_svids; i++) {
		ProtobufCBinaryData *key = &m->pb->svids[i]->x509_svid_key;

		if (key->len > 0)
			explicit_bzero(key->data, key->len);
	}
	x509_svidresponse__free_unpacked(m->pb, NULL);
	free(m->svids);
	free(m->crls);
	free(m->federated);
	free(m);
}
