/* SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char *policy_path(const char *option)
{
	const char *env = getenv("SVIDWRAP_POLICY");

	if (option)
		return option;
	return env && *env ? env : DEFAULT_POLICY;
}

static void print_diag(const struct policy_diag *diag)
{
	print_clean(stderr, diag->text, strlen(diag->text), true);
	fputc('\n', stderr);
}

/* What to do about a policy that did not load; a parse error says it itself. */
static const char *next_step(enum err_class cls)
{
	switch (cls) {
	case ERR_FILE_TRUST:
		return "; let root or yourself own it, and nobody else write "
		       "to it or its folders";
	case ERR_IO:
		return "; write a policy there, or name one";
	default:
		return "";
	}
}

bool policy_open(const struct command *self, const char *path,
		 struct policy **ret)
{
	struct policy_diag diag = { .text = "" };
	struct err why;
	struct result r = policy_load(&sys_libc, path, ret, &diag, &why);

	if (!failed(r))
		return true;
	if (r.cls == ERR_PARSE && diag.text[0]) {
		print_diag(&diag);
		say(self, "%s: the policy is not valid; see above", path);
	} else {
		say(self, "%s%s%s%s", strstr(why.text, path) ? "" : path,
		    strstr(why.text, path) ? "" : ": ", why.text,
		    next_step(r.cls));
	}
	return false;
}

struct resolving {
	const struct policy *p;
	unsigned unresolved;
};

static int resolve(void *ctx, const char *host, const struct rule *r)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	struct resolving *res = ctx;
	struct policy_diag diag;
	char what[512];
	int e = getaddrinfo(host, NULL, &hints, &list);

	if (e == 0) {
		freeaddrinfo(list);
		return 0;
	}
	snprintf(what, sizeof what, "%s does not resolve: %s", host,
		 gai_strerror(e));
	rule_diag(res->p, r, what, &diag);
	print_diag(&diag);
	res->unresolved++;
	return 0;
}

bool policy_resolve(const struct command *self, const struct policy *p)
{
	struct resolving res = { .p = p };

	policy_each_name(p, resolve, &res);
	if (res.unresolved)
		say(self, "%s: %u name%s not resolve; correct the rule, DNS or "
			  "/etc/hosts", policy_name(p), res.unresolved,
		    res.unresolved == 1 ? " does" : "s do");
	return res.unresolved == 0;
}

bool policy_enforces(const struct policy *p)
{
	for (size_t i = 0; i < policy_rule_count(p); i++)
		if (rule_mode(policy_rule(p, i)) == MODE_ENFORCE)
			return true;
	return false;
}
