/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli.h"
#include "rule_text.h"

#define JSON_MAX ((size_t)1 << 30)

/* Column widths: those of the longest value, within reason. */
struct widths {
	int name, address;
};

static int at_most(size_t n, int max)
{
	return n > (size_t)max ? max : (int)n;
}

static struct widths measure(const struct policy *p)
{
	struct widths w = { 4, 7 };
	char address[RULE_ADDRESS_MAX];

	for (size_t i = 0; i < policy_rule_count(p); i++) {
		const struct rule *r = policy_rule(p, i);
		int n = at_most(strlen(rule_name(r)), 32), a;

		rule_address_text(r, address);
		a = at_most(strlen(address), 48);
		if (n > w.name)
			w.name = n;
		if (a > w.address)
			w.address = a;
	}
	return w;
}

static void print_rule(const struct rule *r, const struct widths *w)
{
	char address[RULE_ADDRESS_MAX], timeout[16] = "-", peer[SPIFFE_ID_MAX + 1];
	int ms = rule_timeout_ms(r);

	rule_address_text(r, address);
	if (rule_mode(r) == MODE_ENFORCE)
		snprintf(timeout, sizeof timeout, ms % 1000 ? "%dms" : "%ds",
			 ms % 1000 ? ms : ms / 1000);
	printf("  %-*s  %-9s  %-*s  %-7s  %7s", w->name, rule_name(r),
	       rule_side_text(r), w->address, address,
	       rule_mode_name(rule_mode(r)), timeout);
	for (size_t i = 0; i < rule_peer_count(r); i++) {
		rule_peer_text(r, i, peer, sizeof peer);
		if (i) /* further ones under the first */
			printf("\n%*s", w->name + w->address + 33, "");
		printf("  %s", peer);
	}
	putchar('\n');
}

static void print_table(const char *path, const struct policy *p)
{
	struct widths w = measure(p);
	size_t n = policy_rule_count(p);

	printf("%s: policy is valid: %zu rule%s, default %s\n", path, n,
	       n == 1 ? "" : "s", rule_mode_name(policy_default(p)));
	if (policy_workload_api(p))
		printf("  workload_api: %s\n", policy_workload_api(p));
	if (n)
		printf("  %-*s  %-9s  %-*s  %-7s  %7s  %s\n", w.name, "RULE",
		       "DIRECTION", w.address, "ADDRESS", "MODE", "TIMEOUT",
		       "PEERS");
	for (size_t i = 0; i < n; i++)
		print_rule(policy_rule(p, i), &w);
}

static void json_rule(struct json *j, const struct rule *r)
{
	char address[RULE_ADDRESS_MAX], peer[SPIFFE_ID_MAX + 1];

	rule_address_text(r, address);
	json_open_object(j, NULL);
	json_str(j, "name", rule_name(r));
	json_str(j, "direction", rule_side_text(r));
	json_str(j, "address", address);
	json_str(j, "mode", rule_mode_name(rule_mode(r)));
	json_open_array(j, "peers");
	for (size_t i = 0; i < rule_peer_count(r); i++) {
		rule_peer_text(r, i, peer, sizeof peer);
		json_str(j, NULL, peer);
	}
	json_close(j, ']');
	json_int(j, "timeout_ms", rule_timeout_ms(r));
	json_close(j, '}');
}

/* false: it does not fit. */
static bool json_policy(const char *path, const struct policy *p, char *buf,
			size_t cap)
{
	struct json j;

	json_begin(&j, buf, cap);
	json_str(&j, "file", path);
	json_bool(&j, "valid", true);
	json_str(&j, "default", rule_mode_name(policy_default(p)));
	json_str(&j, "workload_api", policy_workload_api(p));
	json_int(&j, "warnings", (int64_t)policy_warnings(p, NULL));
	json_open_array(&j, "rules");
	for (size_t i = 0; i < policy_rule_count(p); i++)
		json_rule(&j, policy_rule(p, i));
	json_close(&j, ']');
	json_end(&j);
	return !j.truncated;
}

static bool print_json(const char *path, const struct policy *p)
{
	for (size_t cap = 1 << 16; cap <= JSON_MAX; cap *= 4) {
		AUTO_MALLOC char *buf = malloc(cap);

		if (!buf)
			return false;
		if (json_policy(path, p, buf, cap)) {
			fputs(buf, stdout);
			return true;
		}
	}
	return false;
}

int cmd_check(const struct command *self, int argc, char **argv)
{
	AUTO_UNREF(policy) p = NULL;
	bool json = false;
	const struct option_def defs[] = { { "json", NULL, &json } };
	int status, n = options_parse(self, argc, argv, defs, 1, &status);

	if (n < 0)
		return status;
	if (n != 1) {
		say(self, "name one policy file; see 'svidwrap help check'");
		return EXIT_USAGE;
	}
	if (!policy_open(self, argv[0], &p) || !policy_resolve(self, p))
		return 1;
	policy_warnings(p, stderr);
	if (!json) {
		print_table(argv[0], p);
	} else if (!print_json(argv[0], p)) {
		say(self, "%s: out of memory", argv[0]);
		return 1;
	}
	return 0;
}
