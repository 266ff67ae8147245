/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_fixture.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct policy *policy_of(const char *text)
{
	struct policy_diag diag = { "" };
	struct policy *p = NULL;
	struct result r = policy_parse("p.yaml", text, strlen(text), &p, &diag, NULL);

	if (failed(r))
		print_error("%s\n", diag.text);
	assert_int_equal(r.cls, ERR_NONE);
	return p;
}

const struct sockaddr *address_of(const char *ip, unsigned port)
{
	static struct sockaddr_storage ring[4];
	static unsigned next;
	struct sockaddr_storage *sa = &ring[next++ % 4];
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa;

	memset(sa, 0, sizeof *sa);
	if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
	} else {
		assert_int_equal(inet_pton(AF_INET6, ip, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
	}
	return (const struct sockaddr *)sa;
}

static const char *show(struct verdict v)
{
	static char text[160];

	if (v.rule) {
		assert_null(v.claimed_by);
		assert_int_equal(v.mode, rule_mode(v.rule));
	}
	snprintf(text, sizeof text, "%s%s %s", v.claimed_by ? "claimed by " : "",
		 v.rule ? rule_name(v.rule) : v.claimed_by ? rule_name(v.claimed_by) : "default",
		 rule_mode_name(v.mode));
	return text;
}

const char *accept_verdict(const struct policy *p, const char *ip, unsigned port)
{
	return show(policy_match_accept(p, address_of(ip, port)));
}

const char *connect_verdict(const struct policy *p, const char *ip, unsigned port,
			    const struct name_table *names)
{
	return show(policy_match_connect(p, address_of(ip, port), names));
}
