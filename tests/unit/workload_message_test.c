/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/svid_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "../support/malloc_fail.h"
#include "workload/workload.pb-c.h"

#define BYTES(s) { sizeof(s) - 1, (uint8_t *)(s) }

static X509SVID svids[] = {
	{ PROTOBUF_C_MESSAGE_INIT(&x509_svid__descriptor), (char *)"spiffe://corp.local/a",
	  BYTES("chain"), BYTES("key"), BYTES("bundle"), (char *)"internal" },
	{ PROTOBUF_C_MESSAGE_INIT(&x509_svid__descriptor), (char *)"spiffe://corp.local/b",
	  BYTES("chain 2"), BYTES("key 2"), BYTES("bundle"), (char *)"" },
};
static X509SVIDResponse__FederatedBundlesEntry federated[] = {
	{ PROTOBUF_C_MESSAGE_INIT(&x509_svidresponse__federated_bundles_entry__descriptor),
	  (char *)"one.example", BYTES("old") },
	{ PROTOBUF_C_MESSAGE_INIT(&x509_svidresponse__federated_bundles_entry__descriptor),
	  (char *)"two.example", BYTES("second") },
	{ PROTOBUF_C_MESSAGE_INIT(&x509_svidresponse__federated_bundles_entry__descriptor),
	  (char *)"one.example", BYTES("new") },
};

static size_t pack(uint8_t *buf)
{
	X509SVID *s[] = { &svids[0], &svids[1] };
	X509SVIDResponse__FederatedBundlesEntry *f[] = { &federated[0], &federated[1],
							 &federated[2] };
	ProtobufCBinaryData crl[] = { BYTES("crl 1"), BYTES("crl two") };
	X509SVIDResponse m = X509_SVIDRESPONSE__INIT;

	m.n_svids = 2;
	m.svids = s;
	m.n_crl = 2;
	m.crl = crl;
	m.n_federated_bundles = 3;
	m.federated_bundles = f;
	return x509_svidresponse__pack(&m, buf);
}

static void assert_bytes(struct bytes b, const char *want)
{
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(b.data, want, b.len);
}

/* SPIFFE_Workload_API.md 5.1 */
static void every_field_is_seen(void **unused)
{
	uint8_t buf[1024];
	size_t len = pack(buf);
	AUTO_FREE(svid_message) m = NULL;

	assert_int_equal(svid_message_decode(buf, len, &m, NULL).cls, ERR_NONE);
	const struct svid_response *r = svid_message_response(m);
	assert_int_equal(r->n_svids, 2);
	assert_string_equal(r->svids[0].spiffe_id, "spiffe://corp.local/a");
	assert_bytes(r->svids[0].chain, "chain");
	assert_bytes(r->svids[0].key, "key");
	assert_bytes(r->svids[0].bundle, "bundle");
	assert_string_equal(r->svids[0].hint, "internal");
	assert_string_equal(r->svids[1].spiffe_id, "spiffe://corp.local/b");
	assert_string_equal(r->svids[1].hint, "");
	assert_int_equal(r->n_crls, 2);
	assert_bytes(r->crls[0], "crl 1");
	assert_bytes(r->crls[1], "crl two");
}

/* Protobuf encoding, "Maps": the last of one key wins. */
static void last_bundle_of_a_trust_domain_wins(void **unused)
{
	uint8_t buf[1024];
	size_t len = pack(buf);
	AUTO_FREE(svid_message) m = NULL;

	assert_int_equal(svid_message_decode(buf, len, &m, NULL).cls, ERR_NONE);
	const struct svid_response *r = svid_message_response(m);
	assert_int_equal(r->n_federated, 2);
	assert_string_equal(r->federated[0].trust_domain, "one.example");
	assert_bytes(r->federated[0].bundle, "new");
	assert_string_equal(r->federated[1].trust_domain, "two.example");
	assert_bytes(r->federated[1].bundle, "second");
}

/* The numbers of the .proto, spelt out: svids = 1 { 1 to 5 }, crl = 2,
 * federated_bundles = 3 { key = 1, value = 2 }. An unknown field 9 is skipped. */
static void field_numbers_are_the_specs(void **unused)
{
	static const uint8_t wire[] = {
		0x0a, 15, 0x0a, 1, 'i', 0x12, 1, 'c', 0x1a, 1, 'k', 0x22, 1, 'b', 0x2a, 1, 'h',
		0x12, 1, 'r', 0x1a, 6, 0x0a, 1, 't', 0x12, 1, 'f', 0x48, 1,
	};
	AUTO_FREE(svid_message) m = NULL;

	assert_int_equal(svid_message_decode(wire, sizeof wire, &m, NULL).cls, ERR_NONE);
	const struct svid_response *r = svid_message_response(m);
	assert_int_equal(r->n_svids, 1);
	assert_string_equal(r->svids[0].spiffe_id, "i");
	assert_bytes(r->svids[0].chain, "c");
	assert_bytes(r->svids[0].key, "k");
	assert_bytes(r->svids[0].bundle, "b");
	assert_string_equal(r->svids[0].hint, "h");
	assert_bytes(r->crls[0], "r");
	assert_string_equal(r->federated[0].trust_domain, "t");
	assert_bytes(r->federated[0].bundle, "f");
}

/* SPIFFE_Workload_API.md 4.4: what is absent is empty. */
static void empty_message_has_nothing(void **unused)
{
	AUTO_FREE(svid_message) m = NULL;

	assert_int_equal(svid_message_decode(NULL, 0, &m, NULL).cls, ERR_NONE);
	assert_int_equal(svid_message_response(m)->n_svids, 0);
	assert_int_equal(svid_message_response(m)->n_crls, 0);
	assert_int_equal(svid_message_response(m)->n_federated, 0);
}

static void malformed_messages_are_refused(void **unused)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "\x0a", 1 },			/* no length */
		{ "\x0a\x05ok", 4 },		/* longer than the rest */
		{ "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
		{ "\x0a\x02\x0a\x05", 4 },	/* inside an SVID */
		{ "\x0b", 1 },			/* a group */
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
		{ "\x4d\x01", 2 },		/* four bytes wanted */
		{ "\x49\x01", 2 },		/* eight bytes wanted */
		{ "\x08\x01", 2 },		/* svids as a number */
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct svid_message *m = NULL;
		uint8_t *copy = malloc(bad[i].len);

		assert_non_null(copy);
		memcpy(copy, bad[i].bytes, bad[i].len);
		if (svid_message_decode(copy, bad[i].len, &m, NULL).cls != ERR_PARSE)
			fail_msg("accepted: row %zu", i);
		assert_null(m);
		free(copy);
	}
}

static void many_fields_in_few_bytes_are_refused(void **unused)
{
	size_t n = SVID_MESSAGE_FIELDS_MAX + 1;
	uint8_t *buf = malloc(2 * n + 8);
	struct svid_message *m = NULL;

	assert_non_null(buf);
	for (size_t i = 0; i < n; i++)
		memcpy(buf + 2 * i, "\x0a", 2); /* an empty SVID */
	assert_int_equal(svid_message_decode(buf, 2 * n, &m, NULL).cls, ERR_PARSE);
	assert_int_equal(svid_message_decode(buf, 2 * (n - 1), &m, NULL).cls, ERR_NONE);
	svid_message_free(m);
	/* The same inside one SVID: 0x0a, varint length, then empty fields. */
	memmove(buf + 4, buf, 2 * n);
	buf[0] = 0x0a;
	buf[1] = (uint8_t)(2 * n | 0x80);
	buf[2] = (uint8_t)(2 * n >> 7 | 0x80);
	buf[3] = (uint8_t)(2 * n >> 14);
	m = NULL;
	assert_int_equal(svid_message_decode(buf, 2 * n + 4, &m, NULL).cls, ERR_PARSE);
	assert_null(m);
	free(buf);
}

static void allocation_failures_are_not_taken_for_malformed_input(void **unused)
{
	uint8_t buf[1024];
	size_t len = pack(buf);
	unsigned n;

	for (n = 0; n < 200; n++) {
		struct svid_message *m = NULL;

		malloc_fail_at(n);
		struct result r = svid_message_decode(buf, len, &m, NULL);

		if (!malloc_fail_hit()) {
			assert_int_equal(r.cls, ERR_NONE);
			svid_message_free(m);
			break;
		}
		assert_int_equal(r.cls, ERR_NOMEM);
		assert_null(m);
	}
	assert_true(n > 10 && n < 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_seen),
		cmocka_unit_test(last_bundle_of_a_trust_domain_wins),
		cmocka_unit_test(field_numbers_are_the_specs),
		cmocka_unit_test(empty_message_has_nothing),
		cmocka_unit_test(malformed_messages_are_refused),
		cmocka_unit_test(many_fields_in_few_bytes_are_refused),
		cmocka_unit_test(allocation_failures_are_not_taken_for_malformed_input),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
