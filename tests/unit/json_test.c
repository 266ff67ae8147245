/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *one(const char *val, size_t len)
{
	static char buf[256];
	struct json j;

	json_begin(&j, buf, sizeof buf);
	json_strn(&j, "k", val, len);
	json_end(&j);
	return buf;
}

static void members_are_written_in_order(void **unused)
{
	char buf[256];
	struct json j;
	size_t n;

	json_begin(&j, buf, sizeof buf);
	json_str(&j, "a", "x");
	json_str(&j, "b", NULL);
	json_int(&j, "c", INT64_MIN);
	json_int(&j, "d", INT64_MAX);
	json_int(&j, "z", 0);
	json_bool(&j, "e", true);
	json_bool(&j, "f", false);
	n = json_end(&j);
	assert_string_equal(buf,
			    "{\"a\":\"x\",\"b\":null,\"c\":-9223372036854775808,"
			    "\"d\":9223372036854775807,\"z\":0,\"e\":true,"
			    "\"f\":false}\n");
	assert_int_equal(n, strlen(buf));
	assert_false(j.truncated);
}

static void arrays_and_objects_nest(void **unused)
{
	char buf[256];
	struct json j;

	json_begin(&j, buf, sizeof buf);
	json_open_array(&j, "rules");
	json_open_object(&j, NULL);
	json_str(&j, "name", "in");
	json_open_array(&j, "peers");
	json_str(&j, NULL, "p");
	json_str(&j, NULL, "q");
	json_close(&j, ']');
	json_close(&j, '}');
	json_open_object(&j, NULL);
	json_close(&j, '}');
	json_close(&j, ']');
	json_int(&j, "n", 2);
	json_end(&j);
	assert_string_equal(buf, "{\"rules\":[{\"name\":\"in\",\"peers\":[\"p\","
				 "\"q\"]},{}],\"n\":2}\n");
}

/* RFC 8259 7 */
static void control_characters_are_escaped(void **unused)
{
	assert_string_equal(one("\"\\/\b\f\n\r\t", 8),
			    "{\"k\":\"\\\"\\\\/\\b\\f\\n\\r\\t\"}\n");
	assert_string_equal(one("\0\x01\x1b\x1f\x7f", 5),
			    "{\"k\":\"\\u0000\\u0001\\u001b\\u001f\\u007f\"}\n");
	/* C1: U+009B is a terminal's CSI */
	assert_string_equal(one("\xc2\x9b", 2), "{\"k\":\"\\u009b\"}\n");
	assert_string_equal(one("\xc2\xa0", 2), "{\"k\":\"\xc2\xa0\"}\n");
	for (int c = 0; c < 0x20; c++) {
		char ch = (char)c;
		const char *line = one(&ch, 1);

		for (const char *p = line; p[1]; p++)
			assert_true((unsigned char)*p >= 0x20);
	}
}

/* RFC 8259 8.1, RFC 3629 4 */
static void invalid_utf8_becomes_the_replacement_character(void **unused)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "h\xc3\xa9", "h\xc3\xa9" },
		{ "\xe2\x82\xac", "\xe2\x82\xac" },
		{ "\xf0\x9f\x94\x92", "\xf0\x9f\x94\x92" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\x80", "\xef\xbf\xbd" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "\xc3", "\xef\xbf\xbd" },           /* cut short */
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc3x", "\xef\xbf\xbdx" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },   /* overlong */
		{ "\xe0\x9f\xbf",
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80",                              /* surrogate */
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80",                       /* U+110000 */
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf0\x8f\xbf\xbf",
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *got = one(cases[i].in, strlen(cases[i].in));

		assert_memory_equal(got, "{\"k\":\"", 6);
		assert_int_equal(strlen(got), 6 + strlen(cases[i].out) + 3);
		assert_memory_equal(got + 6, cases[i].out,
				    strlen(cases[i].out));
	}
}

/* A sequence that the end of the value cuts is not completed by what lies
 * behind it. */
static void the_given_length_is_the_end(void **unused)
{
	assert_string_equal(one("ab", 1), "{\"k\":\"a\"}\n");
	assert_string_equal(one("\xc3\xa9", 1), "{\"k\":\"\xef\xbf\xbd\"}\n");
}

static size_t build(char *buf, size_t cap, bool *truncated)
{
	struct json j;
	size_t n;

	json_begin(&j, buf, cap);
	json_str(&j, "first", "\x1b\xff text");
	json_open_array(&j, "list");
	json_open_object(&j, NULL);
	json_str(&j, "in", "one");
	json_int(&j, "n", -42);
	json_close(&j, '}');
	json_str(&j, NULL, "two");
	json_close(&j, ']');
	json_bool(&j, "last", true);
	n = json_end(&j);
	*truncated = j.truncated;
	return n;
}

/* Brackets balance, no quote is open, no comma dangles. */
static void assert_well_formed(const char *s)
{
	int depth = 0;
	bool quoted = false;
	char prev = 0;

	for (; *s && *s != '\n'; prev = *s++) {
		if (quoted) {
			if (*s == '\\')
				s++;
			else if (*s == '"')
				quoted = false;
			continue;
		}
		if (*s == '"')
			quoted = true;
		if (*s == '{' || *s == '[')
			depth++;
		if (*s == '}' || *s == ']') {
			depth--;
			assert_true(prev != ',' && prev != ':');
		}
		if (*s == ',')
			assert_true(prev != ',' && prev != '{' && prev != '[');
	}
	assert_false(quoted);
	assert_int_equal(depth, 0);
	assert_string_equal(s, "\n");
}

static void every_cut_is_well_formed(void **unused)
{
	char whole[256];
	bool truncated;
	size_t full = build(whole, sizeof whole, &truncated);

	assert_false(truncated);
	for (size_t cap = 8; cap <= full + 1; cap++) {
		char *buf = malloc(cap); /* exact, so that ASan sees beyond */
		size_t n = build(buf, cap, &truncated);

		assert_int_equal(n, strlen(buf));
		assert_true(n < cap);
		assert_int_equal(truncated, cap < full + 1);
		assert_well_formed(buf);
		free(buf);
	}
}

static void a_member_that_does_not_fit_is_left_out_whole(void **unused)
{
	char buf[24];
	struct json j;

	json_begin(&j, buf, sizeof buf);
	json_str(&j, "long", "0123456789012345678901234567890");
	json_int(&j, "n", 7);
	json_end(&j);
	assert_string_equal(buf, "{\"n\":7}\n");
	assert_true(j.truncated);
}

static void what_is_inside_a_skipped_array_is_skipped_too(void **unused)
{
	char buf[24];
	struct json j;

	json_begin(&j, buf, sizeof buf);
	json_open_array(&j, "much too long a key for this");
	json_str(&j, NULL, "a");
	json_open_object(&j, NULL);
	json_int(&j, "b", 1);
	json_close(&j, '}');
	json_close(&j, ']');
	json_bool(&j, "c", true);
	json_end(&j);
	assert_string_equal(buf, "{\"c\":true}\n");
}

static void what_stays_open_is_closed_at_the_end(void **unused)
{
	char buf[64];
	struct json j;

	json_begin(&j, buf, sizeof buf);
	json_open_array(&j, "a");
	json_open_object(&j, NULL);
	json_end(&j);
	assert_string_equal(buf, "{\"a\":[{}]}\n");
}

static void depth_is_bounded(void **unused)
{
	char buf[512];
	struct json j;

	json_begin(&j, buf, sizeof buf);
	for (int i = 0; i < 100; i++)
		json_open_array(&j, i ? NULL : "a");
	for (int i = 0; i < 100; i++)
		json_close(&j, ']');
	json_int(&j, "after", 1);
	json_end(&j);
	assert_true(j.truncated);
	assert_well_formed(buf);
	assert_non_null(strstr(buf, ",\"after\":1}"));
}

static void a_buffer_below_the_minimum_is_not_overrun(void **unused)
{
	for (size_t cap = 0; cap < 8; cap++) {
		char *buf = malloc(cap ? cap : 1);
		bool truncated;

		assert_true(build(buf, cap, &truncated) < (cap ? cap : 1));
		assert_true(truncated);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_written_in_order),
		cmocka_unit_test(arrays_and_objects_nest),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(invalid_utf8_becomes_the_replacement_character),
		cmocka_unit_test(the_given_length_is_the_end),
		cmocka_unit_test(every_cut_is_well_formed),
		cmocka_unit_test(a_member_that_does_not_fit_is_left_out_whole),
		cmocka_unit_test(what_is_inside_a_skipped_array_is_skipped_too),
		cmocka_unit_test(what_stays_open_is_closed_at_the_end),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(a_buffer_below_the_minimum_is_not_overrun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
