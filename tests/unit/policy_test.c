/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../support/policy_fixture.h"

static const char text[] =
	"# who talks to whom\n"
	"version: 1\n"
	"default: deny\n"
	"workload_api: unix:///run/spire/agent.sock\n"
	"rules:\n"
	"  - name: ledger-in\n"
	"    accept: \"*:8443\"\n"
	"    peers: [spiffe://corp.local/backend, \"spiffe://corp.local/batch/*\"]\n"
	"    timeout: 1500ms\n"
	"  - name: to.ledger_2\n"
	"    connect: Ledger.corp.local:8443\n"
	"    peers: spiffe://corp.local/ledger\n"
	"    mode: enforce\n"
	"  - {name: metrics, accept: 127.0.0.1:9100, mode: bypass, timeout: 5m}\n"
	"  - {name: no, connect: \"[fd00::/8]:*\", mode: deny, timeout: 2s}\n"
	"  - {name: again, connect: ledger.corp.local:9000-9001, peers: [spiffe://corp.local/**]}\n";

static bool accepts(const struct rule *r, const char *peer)
{
	struct spiffe_id id;

	assert_int_equal(spiffe_id_parse(peer, strlen(peer), &id, NULL).cls, ERR_NONE);
	return rule_accepts_peer(r, &id);
}

static void a_rule_is_what_the_text_says(void **unused)
{
	static const struct {
		const char *name, *host;
		enum rule_mode mode;
		int timeout_ms;
		unsigned line;
	} want[] = {
		{ "ledger-in", NULL, MODE_ENFORCE, 1500, 6 },
		{ "to.ledger_2", "ledger.corp.local", MODE_ENFORCE, 10000, 10 },
		{ "metrics", NULL, MODE_BYPASS, 300000, 14 },
		{ "no", NULL, MODE_DENY, 2000, 15 },
		{ "again", "ledger.corp.local", MODE_ENFORCE, 10000, 16 },
	};
	AUTO_UNREF(policy) p = policy_of(text);

	assert_int_equal(policy_rule_count(p), 5);
	assert_null(policy_rule(p, 5));
	for (size_t i = 0; i < 5; i++) {
		const struct rule *r = policy_rule(p, i);

		assert_string_equal(rule_name(r), want[i].name);
		assert_int_equal(rule_mode(r), want[i].mode);
		assert_int_equal(rule_timeout_ms(r), want[i].timeout_ms);
		assert_int_equal(rule_line(p, r), want[i].line);
		if (want[i].host)
			assert_string_equal(rule_host(r), want[i].host);
		else
			assert_null(rule_host(r));
	}
}

static void the_policy_is_what_the_text_says(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(text);
	AUTO_UNREF(policy) small = policy_of("version: \"1\"\r\n'default': bypass\r\n");

	assert_string_equal(policy_name(p), "p.yaml");
	assert_string_equal(policy_workload_api(p), "unix:///run/spire/agent.sock");
	assert_int_equal(policy_default(p), MODE_DENY);
	assert_null(policy_workload_api(small));
	assert_int_equal(policy_default(small), MODE_BYPASS);
	assert_int_equal(policy_rule_count(small), 0);
}

static void a_peer_is_accepted_by_any_of_the_patterns(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(text);

	assert_true(accepts(policy_rule(p, 0), "spiffe://corp.local/backend"));
	assert_true(accepts(policy_rule(p, 0), "spiffe://corp.local/batch/7"));
	assert_false(accepts(policy_rule(p, 0), "spiffe://corp.local/ledger"));
	assert_true(accepts(policy_rule(p, 1), "spiffe://corp.local/ledger"));
	assert_false(accepts(policy_rule(p, 1), "spiffe://other.local/ledger"));
	assert_false(accepts(policy_rule(p, 2), "spiffe://corp.local/backend")); /* bypass */
	assert_false(accepts(policy_rule(p, 3), "spiffe://corp.local/backend")); /* deny */
}

/* Nothing of the caller's may be needed later. */
static void the_policy_keeps_no_pointer_into_the_text(void **unused)
{
	size_t len = strlen(text);
	char *copy = malloc(len), name[] = "copy.yaml";
	struct policy *p = NULL;
	struct policy_diag d;

	memcpy(copy, text, len); /* no NUL: a byte too far would be seen */
	assert_int_equal(policy_parse(name, copy, len, &p, NULL, NULL).cls, ERR_NONE);
	memset(copy, 'x', len);
	free(copy);
	memset(name, 'x', 3);
	assert_true(accepts(policy_rule(p, 0), "spiffe://corp.local/batch/7"));
	rule_diag(p, policy_rule(p, 1), "no such host", &d);
	assert_string_equal(d.text, "copy.yaml:11:14: error: no such host\n"
				    "      connect: Ledger.corp.local:8443\n"
				    "               ^");
	policy_unref(p);
}

static void references_are_counted(void **unused)
{
	struct policy *p = policy_of(text);

	assert_ptr_equal(policy_ref(p), p);
	assert_null(policy_unref(p));
	assert_string_equal(policy_name(p), "p.yaml");
	assert_null(policy_unref(p));
	assert_null(policy_unref(NULL));
}

struct seen {
	size_t count, stop_at;
	char names[200];
};

static int see(void *ctx, const char *host, const struct rule *r)
{
	struct seen *s = ctx;

	strcat(strcat(strcat(strcat(s->names, rule_name(r)), "="), host), " ");
	return ++s->count == s->stop_at ? 42 : 0;
}

static void each_name_is_shown_until_told_to_stop(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(text);
	struct seen all = { 0 }, one = { .stop_at = 1 };

	assert_int_equal(policy_each_name(p, see, &all), 0);
	assert_string_equal(all.names, "to.ledger_2=ledger.corp.local again=ledger.corp.local ");
	assert_int_equal(policy_each_name(p, see, &one), 42);
	assert_int_equal(one.count, 1);
}

static void warnings_are_counted_and_written(void **unused)
{
	AUTO_UNREF(policy) quiet = policy_of("version: 1\ndefault: deny\nrules:\n"
					     "  - {name: a, accept: '*:80', mode: deny}\n");
	AUTO_UNREF(policy) open = policy_of("version: 1\ndefault: bypass\n");
	AUTO_UNREF(policy) p = policy_of(text);
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	assert_int_equal(policy_warnings(quiet, f), 0);
	assert_int_equal(policy_warnings(open, NULL), 2);
	assert_int_equal(policy_warnings(open, f), 2);
	assert_int_equal(policy_warnings(p, f), 2);
	fclose(f);
	assert_string_equal(out,
		"p.yaml: warning: default: bypass leaves in plaintext whatever no rule matches\n"
		"p.yaml: warning: there are no rules\n"
		"p.yaml:16: warning: rule \"again\": a name with several ports claims them all: "
		"other addresses there are denied\n"
		"p.yaml:16: warning: rule \"again\": accepts every identity of corp.local\n");
	free(out);
}

static struct result parse_bytes(const char *bytes, size_t len, struct policy_diag *d)
{
	struct policy *p = NULL;
	struct result r = policy_parse("p.yaml", bytes, len, &p, d, NULL);

	policy_unref(p);
	return r;
}

static void a_nul_byte_is_refused(void **unused)
{
	static const char bytes[] = "version: 1\ndefault: deny\0\n";
	struct policy_diag d;

	assert_int_equal(parse_bytes(bytes, sizeof bytes - 1, &d).cls, ERR_PARSE);
	assert_string_equal(d.text, "p.yaml:2:14: error: a NUL byte\n  default: deny?\n               ^\n"
				    "  expected: text");
}

static void one_mebibyte_is_taken_and_no_more(void **unused)
{
	enum { MAX = 1024 * 1024 };
	static const char head[] = "version: 1\ndefault: deny\n#";
	char *big = malloc(MAX + 1);
	struct policy_diag d;

	memset(big, '-', MAX + 1);
	memcpy(big, head, sizeof head - 1);
	assert_int_equal(parse_bytes(big, MAX, &d).cls, ERR_NONE);
	assert_int_equal(parse_bytes(big, MAX + 1, &d).cls, ERR_PARSE);
	assert_string_equal(d.text, "p.yaml:1:1: error: the policy is larger than 1 MiB\n  version: 1\n  ^\n"
				    "  expected: at most 1048576 bytes");
	free(big);
}

/* Places are found in one go: counting from the start each time took minutes. */
static void a_long_line_of_many_values_is_read_in_time(void **unused)
{
	enum { VALUES = 200000 };
	char *line = malloc(2 * VALUES + 10);
	struct policy_diag d;

	strcpy(line, "a: [");
	for (int i = 0; i < VALUES; i++)
		memcpy(line + 4 + 2 * i, "b,", 2);
	strcpy(line + 4 + 2 * VALUES, "*]\n");
	alarm(20);
	assert_int_equal(parse_bytes(line, strlen(line), &d).cls, ERR_PARSE);
	alarm(0);
	assert_int_equal(strncmp(d.text, "p.yaml:1:400005: error: an unquoted *", 37), 0);
	free(line);
}

/* Each byte in turn, cut off: no prefix of a policy does harm. */
static void every_prefix_is_taken_or_refused(void **unused)
{
	for (size_t len = 0; len < strlen(text); len++) {
		char *exact = malloc(len + 1);
		struct policy_diag d = { "" };

		memcpy(exact, text, len);
		if (parse_bytes(exact, len, &d).cls == ERR_PARSE)
			assert_int_equal(strncmp(d.text, "p.yaml:", 7), 0);
		free(exact);
	}
}

static void a_long_name_and_message_fit(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(text);
	char name[3000], message[3000];
	struct policy *q = NULL;
	struct policy_diag d;

	memset(name, 'n', sizeof name);
	memset(message, 'm', sizeof message);
	name[sizeof name - 1] = message[sizeof message - 1] = '\0';
	assert_int_equal(policy_parse(name, "x", 1, &q, &d, NULL).cls, ERR_PARSE);
	assert_true(strlen(d.text) < sizeof d.text);
	rule_diag(p, policy_rule(p, 0), message, &d);
	assert_int_equal(strlen(d.text), sizeof d.text - 1);
}

static void the_examples_are_policies(void **unused)
{
	glob_t g;

	assert_int_equal(glob("examples/policies/*.yaml", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char buf[4096];
		FILE *f = fopen(g.gl_pathv[i], "r");
		size_t len = fread(buf, 1, sizeof buf - 1, f);

		fclose(f);
		buf[len] = '\0';
		AUTO_UNREF(policy) p = policy_of(buf);
		assert_true(policy_rule_count(p) > 0);
	}
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_is_what_the_text_says),
		cmocka_unit_test(the_policy_is_what_the_text_says),
		cmocka_unit_test(a_peer_is_accepted_by_any_of_the_patterns),
		cmocka_unit_test(the_policy_keeps_no_pointer_into_the_text),
		cmocka_unit_test(references_are_counted),
		cmocka_unit_test(each_name_is_shown_until_told_to_stop),
		cmocka_unit_test(warnings_are_counted_and_written),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(one_mebibyte_is_taken_and_no_more),
		cmocka_unit_test(a_long_line_of_many_values_is_read_in_time),
		cmocka_unit_test(every_prefix_is_taken_or_refused),
		cmocka_unit_test(a_long_name_and_message_fit),
		cmocka_unit_test(the_examples_are_policies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
