/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>
#include <cmocka.h>

/* SPIFFE_Workload_Endpoint.md 4 */
static void unix_endpoints_name_an_absolute_path(void **unused)
{
	static const struct {
		const char *uri, *path;
	} good[] = {
		{ "unix:///run/spire/agent.sock", "/run/spire/agent.sock" },
		{ "unix:/run/a.sock", "/run/a.sock" },
		{ "UNIX:///a", "/a" },
		{ "unix:///with%20space", "/with space" },
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct endpoint ep;
		struct sockaddr_un *un = (struct sockaddr_un *)&ep.sa;

		assert_int_equal(endpoint_parse(good[i].uri, &ep, NULL).cls, ERR_NONE);
		assert_int_equal(un->sun_family, AF_UNIX);
		assert_string_equal(un->sun_path, good[i].path);
		assert_int_equal(ep.sa_len, offsetof(struct sockaddr_un, sun_path) +
						    strlen(good[i].path) + 1);
		assert_string_equal(ep.text, good[i].uri);
	}
}

/* SPIFFE_Workload_Endpoint.md 4 */
static void tcp_endpoints_are_an_ip_address_and_a_port(void **unused)
{
	struct endpoint ep;
	struct sockaddr_in *in4 = (struct sockaddr_in *)&ep.sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ep.sa;

	assert_int_equal(endpoint_parse("tcp://127.0.0.1:8000", &ep, NULL).cls, ERR_NONE);
	assert_int_equal(in4->sin_family, AF_INET);
	assert_int_equal(ntohs(in4->sin_port), 8000);
	assert_int_equal(ntohl(in4->sin_addr.s_addr), INADDR_LOOPBACK);
	assert_int_equal(ep.sa_len, sizeof *in4);

	assert_int_equal(endpoint_parse("tcp://[::1]:65535", &ep, NULL).cls, ERR_NONE);
	assert_int_equal(in6->sin6_family, AF_INET6);
	assert_int_equal(ntohs(in6->sin6_port), 65535);
	assert_true(IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
	assert_int_equal(ep.sa_len, sizeof *in6);
}

/* SPIFFE_Workload_Endpoint.md 4: no other component may be set. */
static void anything_else_is_refused(void **unused)
{
	static const char *const bad[] = {
		"", "unix", "unix:", "unix://", "unix:relative", "unix://host/path",
		"unix:///a?q", "unix:///a#f", "unix:///", "unix:///dir/", "unix:///a%",
		"unix:///a%2", "unix:///a%zz", "unix:///a%00b", "unix:///sp ace",
		"unix:///a\nb", "unix:///\xc3\xa4", "/run/agent.sock",
		"http://127.0.0.1:1", "tcp:127.0.0.1:80", "tcp://127.0.0.1",
		"tcp://127.0.0.1:", "tcp://127.0.0.1:0", "tcp://127.0.0.1:65536",
		"tcp://127.0.0.1:100000", "tcp://127.0.0.1:8a", "tcp://127.0.0.1:-1",
		"tcp://localhost:80", "tcp://127.0.0.1:8000/foo", "tcp://127.0.0.1:80/",
		"tcp://u@127.0.0.1:80", "tcp://127.0.0.1:80?q", "tcp://127.0.0.1:80#f",
		"tcp://::1:80", "tcp://[::1]", "tcp://[::1]80", "tcp://[::1",
		"tcp://[127.0.0.1]:80", "tcp://[fe80::1%25eth0]:80", "tcp://:80",
		"tcp://1.2.3:80",
		"tcp://0000000000000000000000000000000000000000000000000:1",
	};
	struct endpoint before, ep;

	memset(&before, 0x5a, sizeof before);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = { 0 };

		ep = before;
		if (endpoint_parse(bad[i], &ep, &err).cls != ERR_PARSE)
			fail_msg("accepted: %s", bad[i]);
		assert_memory_equal(&ep, &before, sizeof ep);
		assert_true(err.text[0] != '\0' && !strchr(err.text, '\n'));
	}
	assert_int_equal(endpoint_parse(NULL, &ep, NULL).cls, ERR_PARSE);
}

static void a_path_must_fit_a_socket_address(void **unused)
{
	char uri[256] = "unix://";
	struct endpoint ep;

	memset(uri + 7, '/', 1);
	memset(uri + 8, 'p', 106);
	assert_int_equal(endpoint_parse(uri, &ep, NULL).cls, ERR_NONE);
	uri[7 + 107] = 'p';
	assert_int_equal(endpoint_parse(uri, &ep, NULL).cls, ERR_PARSE);
	memset(uri + 7, '/', sizeof uri - 8);
	assert_int_equal(endpoint_parse(uri, &ep, NULL).cls, ERR_PARSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unix_endpoints_name_an_absolute_path),
		cmocka_unit_test(tcp_endpoints_are_an_ip_address_and_a_port),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_path_must_fit_a_socket_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
