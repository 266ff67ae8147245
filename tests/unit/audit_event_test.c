/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/event.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <cmocka.h>

static char line[AUDIT_LINE_MAX];

static struct sockaddr_in v4(const char *ip, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };

	assert_int_equal(inet_pton(AF_INET, ip, &in.sin_addr), 1);
	return in;
}

static struct sockaddr_in6 v6(const char *ip, int port)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)port) };

	assert_int_equal(inet_pton(AF_INET6, ip, &in.sin6_addr), 1);
	return in;
}

static void every_event_is_formatted_under_its_name(void **unused)
{
	static const struct {
		enum audit_type type;
		const char *name;
		int severity;
	} want[] = {
#define X(t, n, s, text) { t, n, s },
		AUDIT_EVENTS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct audit_event ev = { .type = want[i].type };
		char expect[256];
		size_t n = audit_format(&ev, 0, 7, "redis-server", line,
					sizeof line);

		snprintf(expect, sizeof expect,
			 "{\"time\":\"1970-01-01T00:00:00.000Z\",\"event\":"
			 "\"%s\",\"pid\":7,\"program\":\"redis-server\"}\n",
			 want[i].name);
		assert_string_equal(line, expect);
		assert_int_equal(n, strlen(expect));
		assert_string_equal(audit_type_name(want[i].type),
				    want[i].name);
		assert_int_equal(audit_severity(want[i].type),
				 want[i].severity);
	}
	assert_string_equal(audit_type_name((enum audit_type)99), "unknown");
	assert_int_equal(audit_severity((enum audit_type)99), 4);
}

static void all_members_come_in_the_agreed_order(void **unused)
{
	struct sockaddr_in l = v4("192.0.2.1", 8443);
	struct sockaddr_in6 r = v6("2001:db8::1", 50000);
	struct audit_event ev = {
		.type = AUDIT_HANDSHAKE_REFUSED,
		.role = "server",
		.rule = "in",
		.own_id = "spiffe://corp.local/ledger",
		.own_serial = "0a",
		.peer_id = "spiffe://corp.local/web",
		.peer_serial = "0b",
		.expiry = 1767225599,
		.local = (void *)&l,
		.remote = (void *)&r,
		.suite = "TLS_AES_256_GCM_SHA384",
		.phase = "authorization",
		.cls = ERR_PEER_DENIED,
		.alert = 49,
		.reason = "not in the rule",
		.call = "sendmmsg",
		.file = "/etc/svidwrap/policy.yaml",
	};

	audit_format(&ev, 1767225600123, 4711, "app", line, sizeof line);
	assert_string_equal(
		line,
		"{\"time\":\"2026-01-01T00:00:00.123Z\","
		"\"event\":\"handshake_refused\",\"pid\":4711,"
		"\"program\":\"app\",\"role\":\"server\",\"rule\":\"in\","
		"\"own_id\":\"spiffe://corp.local/ledger\","
		"\"own_serial\":\"0a\","
		"\"peer_id\":\"spiffe://corp.local/web\","
		"\"peer_serial\":\"0b\",\"expiry\":\"2025-12-31T23:59:59Z\","
		"\"local\":\"192.0.2.1:8443\","
		"\"remote\":\"[2001:db8::1]:50000\","
		"\"suite\":\"TLS_AES_256_GCM_SHA384\","
		"\"phase\":\"authorization\",\"error\":\"ERR_PEER_DENIED\","
		"\"alert\":\"access_denied\",\"reason\":\"not in the rule\","
		"\"call\":\"sendmmsg\","
		"\"file\":\"/etc/svidwrap/policy.yaml\"}\n");
}

static void no_alert_is_left_out(void **unused)
{
	struct audit_event ev = { .type = AUDIT_CONNECTION_BROKEN,
				  .alert = -1, .role = "" };

	audit_format(&ev, 0, 1, NULL, line, sizeof line);
	assert_null(strstr(line, "alert"));
	assert_null(strstr(line, "role"));
	assert_null(strstr(line, "program"));
}

/* The calendar is our own: libc's takes a lock. */
static void times_agree_with_libc(void **unused)
{
	struct audit_event ev = { .type = AUDIT_SVID_RECEIVED };

	for (int64_t t = 1; t < INT64_C(253402300800); t += 40000003) {
		time_t tt = (time_t)t;
		struct tm tm;
		char want[64];

		gmtime_r(&tt, &tm);
		strftime(want, sizeof want, "\"expiry\":\"%Y-%m-%dT%H:%M:%SZ\"",
			 &tm);
		ev.expiry = t;
		audit_format(&ev, 0, 1, NULL, line, sizeof line);
		assert_non_null(strstr(line, want));
	}
}

static void times_out_of_range_are_clamped(void **unused)
{
	struct audit_event ev = { .type = AUDIT_SVID_RECEIVED,
				  .expiry = INT64_MAX };

	audit_format(&ev, INT64_MIN, 1, NULL, line, sizeof line);
	assert_non_null(strstr(line, "\"time\":\"1970-01-01T00:00:00.000Z\""));
	assert_non_null(strstr(line, "\"expiry\":\"9999-12-31T23:59:59Z\""));
	ev.expiry = INT64_MIN;
	audit_format(&ev, INT64_MAX, 1, NULL, line, sizeof line);
	assert_non_null(strstr(line, "\"time\":\"9999-12-31T23:59:59"));
	assert_non_null(strstr(line, "\"expiry\":\"1970-01-01T00:00:00Z\""));
}

static void a_peer_cannot_forge_a_line(void **unused)
{
	struct audit_event ev = {
		.type = AUDIT_HANDSHAKE_REFUSED,
		.peer_id = "x\"}\n{\"event\":\"handshake_ok\"}\x1b[2J\xff",
	};
	size_t n = audit_format(&ev, 0, 1, NULL, line, sizeof line);

	assert_ptr_equal(strchr(line, '\n'), line + n - 1);
	assert_non_null(strstr(line, "\"peer_id\":\"x\\\"}\\n{\\\"event\\\":"
				     "\\\"handshake_ok\\\"}\\u001b[2J"
				     "\xef\xbf\xbd\"}"));
}

static void a_line_too_long_stays_one_object(void **unused)
{
	char *big = malloc(3 * AUDIT_LINE_MAX);
	struct audit_event ev = { .type = AUDIT_HANDSHAKE_OK, .peer_id = big,
				  .reason = "still here" };
	size_t n;

	memset(big, 'a', 3 * AUDIT_LINE_MAX);
	big[3 * AUDIT_LINE_MAX - 1] = '\0';
	n = audit_format(&ev, 0, 1, "p", line, sizeof line);
	assert_string_equal(line, "{\"time\":\"1970-01-01T00:00:00.000Z\","
				  "\"event\":\"handshake_ok\",\"pid\":1,"
				  "\"program\":\"p\",\"reason\":\"still here\"}"
				  "\n");
	assert_int_equal(n, strlen(line));
	for (size_t cap = 0; cap < 200; cap++) {
		char *small = malloc(cap ? cap : 1);

		n = audit_format(&ev, 0, 1, "p", small, cap);
		if (cap >= 8) {
			assert_true(n < cap);
			assert_int_equal(small[0], '{');
			assert_memory_equal(small + n - 2, "}\n", 3);
		}
		free(small);
	}
	free(big);
}

/* Two SPIFFE IDs of 2048 bytes (SPIFFE-ID.md 2.3) and a full reason. */
static void the_longest_real_event_fits(void **unused)
{
	char id[2049], reason[ERR_TEXT_MAX];
	struct audit_event ev = { .type = AUDIT_HANDSHAKE_REFUSED,
				  .own_id = id, .peer_id = id,
				  .reason = reason };

	memset(id, 'i', sizeof id);
	id[sizeof id - 1] = '\0';
	memset(reason, 1, sizeof reason); /* six bytes each */
	reason[sizeof reason - 1] = '\0';
	audit_format(&ev, 0, 1, "p", line, sizeof line);
	assert_non_null(strstr(line, "\"own_id\""));
	assert_non_null(strstr(line, "\"peer_id\""));
	assert_non_null(strstr(line, "\"reason\""));
}

static const char *address(const void *sa)
{
	static char buf[64];

	audit_address(sa, buf, sizeof buf);
	return buf;
}

static void addresses_read_as_people_write_them(void **unused)
{
	struct sockaddr_in a = v4("0.0.0.0", 0), b = v4("255.1.2.3", 65535);
	struct sockaddr_in6 c = v6("::", 80), d = v6("::ffff:192.0.2.7", 443);
	struct sockaddr_in6 e = v6("1111:2222:3333:4444:5555:6666:7777:8888",
				   65535);
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	char small[4];

	assert_string_equal(address(&a), "0.0.0.0:0");
	assert_string_equal(address(&b), "255.1.2.3:65535");
	assert_string_equal(address(&c), "[::]:80");
	assert_string_equal(address(&d), "192.0.2.7:443");
	assert_string_equal(address(&e),
			    "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
	assert_string_equal(address(&u), "-");
	assert_string_equal(address(NULL), "-");
	audit_address((void *)&b, small, sizeof small);
	assert_string_equal(small, "255");
	audit_address((void *)&b, small, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_is_formatted_under_its_name),
		cmocka_unit_test(all_members_come_in_the_agreed_order),
		cmocka_unit_test(no_alert_is_left_out),
		cmocka_unit_test(times_agree_with_libc),
		cmocka_unit_test(times_out_of_range_are_clamped),
		cmocka_unit_test(a_peer_cannot_forge_a_line),
		cmocka_unit_test(a_line_too_long_stays_one_object),
		cmocka_unit_test(the_longest_real_event_fits),
		cmocka_unit_test(addresses_read_as_people_write_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
