/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/address_pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../support/policy_fixture.h"

static struct arena arena;

static int forget(void **unused)
{
	arena_clear(&arena);
	return 0;
}

static struct address_pattern pattern(const char *text)
{
	struct address_pattern p = { 0 };
	struct complaint c = { 0 };

	if (failed(address_pattern_parse(text, strlen(text), true, &arena, &p, &c)))
		fail_msg("%s: %s", text, c.text);
	return p;
}

static struct net_address address(const char *ip, unsigned port)
{
	struct net_address a = { 0 };

	assert_true(net_address_from(address_of(ip, port), &a));
	return a;
}

static void ipv4_and_its_mapped_form_are_one_address(void **unused)
{
	struct net_address a = address("10.0.0.1", 80), b = address("::ffff:10.0.0.1", 80);

	assert_memory_equal(a.ip, b.ip, sizeof a.ip);
	assert_int_equal(a.port, 80);
	assert_true(net_address_is_v4(&b));
	assert_false(net_address_is_v4(&(struct net_address){ 0 }));
}

static void an_unaligned_address_is_read(void **unused)
{
	char *buf = malloc(sizeof(struct sockaddr_storage) + 1);
	struct net_address a, b = address("10.0.0.1", 80);

	memcpy(buf + 1, address_of("10.0.0.1", 80), sizeof(struct sockaddr_storage));
	assert_true(net_address_from((const struct sockaddr *)(void *)(buf + 1), &a));
	assert_memory_equal(a.ip, b.ip, sizeof a.ip);
	free(buf);
}

static void both_wildcards_become_this_machine(void **unused)
{
	static const char *const rows[][2] = {
		{ "0.0.0.0", "127.0.0.1" }, { "::", "::1" }, { "::ffff:0.0.0.0", "127.0.0.1" },
		{ "10.0.0.1", "10.0.0.1" }, { "::2", "::2" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct net_address a = address(rows[i][0], 1), want = address(rows[i][1], 1);

		net_address_to_destination(&a);
		assert_memory_equal(a.ip, want.ip, sizeof a.ip);
	}
}

static void a_host_name_is_held_in_one_form(void **unused)
{
	struct address_pattern p = pattern("Ledger.CORP.local.:8443");

	assert_int_equal(p.kind, ADDRESS_HOST);
	assert_string_equal(p.host, "ledger.corp.local");
	assert_string_equal(pattern("a-1.b2:1").host, "a-1.b2");
	assert_string_equal(pattern("1a.0x7g:1").host, "1a.0x7g");
	assert_string_equal(pattern("localhost:1").host, "localhost");
}

/* RFC 1035 2.3.4: 63 bytes a label, 253 a name. */
static void names_and_labels_may_be_as_long_as_dns_lets_them(void **unused)
{
	char label[70] = "", name[300] = "";

	memset(label, 'l', 63);
	strcat(strcpy(name, label), ":1");
	assert_int_equal(strlen(pattern(name).host), 63);
	snprintf(name, sizeof name, "%s.%s.%s.%.61s:1", label, label, label, label);
	assert_int_equal(strlen(pattern(name).host), 253);
	snprintf(name, sizeof name, "%s.%s.%s.%.61s.:1", label, label, label, label);
	assert_int_equal(strlen(pattern(name).host), 253);
}

static void what_one_pattern_covers(void **unused)
{
	static const struct {
		const char *a, *b;
		bool covers, back;
	} rows[] = {
		{ "*:*", "*:80", true, false },
		{ "*:80", "10.0.0.1:80", true, false },
		{ "*:80", "a.b:80", true, false },
		{ "*:80", "10.0.0.1:81", false, false },
		{ "10.0.0.0/8:80", "10.1.0.0/16:80", true, false },
		{ "10.0.0.0/8:80", "10.1.0.0/16:80-81", false, false },
		{ "10.0.0.0/8:80-90", "10.1.0.1:85", true, false },
		{ "10.0.0.0/8:80", "11.0.0.1:80", false, false },
		{ "10.0.0.1:80", "10.0.0.1:80", true, true },
		{ "10.0.0.1:80", "[::ffff:10.0.0.1]:80", true, true },
		{ "[::/0]:80", "10.0.0.1:80", false, false },
		{ "[::/0]:80", "[fd00::1]:80", true, false },
		{ "0.0.0.0/0:80", "a.b:80", false, false },
		{ "a.b:80", "A.B.:80", true, true },
		{ "a.b:*", "a.b:80", true, false },
		{ "a.b:80", "a.c:80", false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct address_pattern a = pattern(rows[i].a), b = pattern(rows[i].b);

		if (address_pattern_covers(&a, &b) != rows[i].covers || address_pattern_covers(&b, &a) != rows[i].back)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
}

static void every_prefix_length_holds_what_it_should(void **unused)
{
	struct net_address low = address("255.255.255.255", 80), high = address("0.0.0.1", 80);
	struct net_address six = address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 80);

	for (unsigned bits = 0; bits <= 128; bits++) {
		struct address_pattern p = { .kind = ADDRESS_NET, .prefix = (uint8_t)bits };

		memset(p.ip, 0xff, sizeof p.ip);
		assert_true(address_pattern_has_ip(&p, &six));
		for (unsigned bit = 0; bit < 128; bit++) {
			struct net_address a = six;

			a.ip[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			assert_int_equal(address_pattern_has_ip(&p, &a), bit >= bits);
		}
	}
	assert_true(address_pattern_has_ip(&(struct address_pattern){ .kind = ADDRESS_ANY }, &low));
	assert_false(address_pattern_has_ip(&(struct address_pattern){ .kind = ADDRESS_HOST, .host = "a" }, &high));
}

static void hostile_bytes_are_refused_without_harm(void **unused)
{
	static const char *const bad[] = { "", ":", "[", "]", "[]", "[:", "[]:", "*:", ":*", "-", "/:1", "1/:1", "*/8:1",
		"[/]:1", "[::/]:1", "[::1]/8:1", "[::1]:1]", "::1", "[[::1]]:1", "a:1-2-3", "a:-1", "a:+1", "a: 1",
		".:1", "..:1", "a.:*-", "10.0.0.0/-1:1", "10.0.0.0/8/8:1", "10.0.0.0/08:1", "1.2.3.4.:1", "*.*:1", "**:1" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		size_t len = strlen(bad[i]);
		char *exact = malloc(len + 1); /* so that a byte too far is seen */
		struct address_pattern p;
		struct complaint c = { 0 };

		memcpy(exact, bad[i], len);
		if (!failed(address_pattern_parse(exact, len, true, &arena, &p, &c)))
			fail_msg("%s was taken", bad[i]);
		assert_true(c.text[0] != '\0' && c.at <= len);
		free(exact);
	}
	for (int byte = 0; byte < 256; byte++) {
		char text[] = { 'a', (char)byte, 'b', ':', '1' };
		struct address_pattern p;
		bool good = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
			    (byte >= 'A' && byte <= 'Z') || byte == '-' || byte == '.';

		assert_int_equal(address_pattern_parse(text, 5, true, &arena, &p, &(struct complaint){ 0 }).cls,
				 good ? ERR_NONE : ERR_PARSE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_and_its_mapped_form_are_one_address),
		cmocka_unit_test(an_unaligned_address_is_read),
		cmocka_unit_test(both_wildcards_become_this_machine),
		cmocka_unit_test_teardown(a_host_name_is_held_in_one_form, forget),
		cmocka_unit_test_teardown(names_and_labels_may_be_as_long_as_dns_lets_them, forget),
		cmocka_unit_test_teardown(what_one_pattern_covers, forget),
		cmocka_unit_test(every_prefix_length_holds_what_it_should),
		cmocka_unit_test_teardown(hostile_bytes_are_refused_without_harm, forget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
