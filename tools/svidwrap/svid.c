/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "cli.h"
#include "workload/identity.h"
#include "workload/waiting.h"

#define WAIT_DEFAULT_MS 5000
#define SVID_JSON_MAX ((size_t)1 << 20)

static const struct command *told; /* the callback has no other way to it */

static void time_text(int64_t t, char buf[32])
{
	time_t tt = (time_t)t;
	struct tm tm;

	if (!gmtime_r(&tt, &tm) ||
	    !strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		strcpy(buf, "?");
}

static void remaining_text(int64_t s, char buf[64])
{
	if (s <= 0)
		snprintf(buf, 64, "expired");
	else if (s >= 2 * 86400)
		snprintf(buf, 64, "%lld days left", (long long)s / 86400);
	else if (s >= 3600)
		snprintf(buf, 64, "%lld h %lld min left", (long long)s / 3600,
			 (long long)s / 60 % 60);
	else
		snprintf(buf, 64, "%lld min %lld s left", (long long)s / 60,
			 (long long)s % 60);
}

static void field(const char *name, const char *text)
{
	printf("%-13s ", name);
	print_clean(stdout, text, strlen(text), false);
	putchar('\n');
}

static void print_svid(const struct svid_info *i, bool is_default)
{
	char when[32], left[64], line[128];

	field("SPIFFE ID", i->id.uri);
	field("  serial", i->serial);
	time_text(i->not_before, when);
	field("  not before", when);
	time_text(i->not_after, when);
	remaining_text(i->not_after - sys_libc.wall_s(), left);
	snprintf(line, sizeof line, "%s (%s)", when, left);
	field("  expires", line);
	if (i->hint[0])
		field("  hint", i->hint);
	if (is_default)
		field("  default", "yes: this one is used");
}

static void print_text(const struct svid_snapshot *s)
{
	const char *td;

	for (size_t i = 0; i < svid_snapshot_count(s); i++)
		print_svid(svid_snapshot_info(s, i),
			   i == 0 && svid_snapshot_count(s) > 1);
	for (size_t i = 0; (td = svid_snapshot_trust_domain(s, i)); i++) {
		char line[TRUST_DOMAIN_MAX + 64];
		size_t n = svid_snapshot_authorities(s, td);

		snprintf(line, sizeof line, "%s, %zu authorit%s", td, n,
			 n == 1 ? "y" : "ies");
		field("trusts", line);
	}
}

static void json_svid(struct json *j, const struct svid_info *i)
{
	char when[32];

	json_open_object(j, NULL);
	json_str(j, "id", i->id.uri);
	json_str(j, "serial", i->serial);
	time_text(i->not_before, when);
	json_str(j, "not_before", when);
	time_text(i->not_after, when);
	json_str(j, "expiry", when);
	json_int(j, "remaining_s", i->not_after - sys_libc.wall_s());
	json_str(j, "hint", i->hint);
	json_close(j, '}');
}

static bool print_json(const struct svid_snapshot *s)
{
	AUTO_MALLOC char *buf = malloc(SVID_JSON_MAX);
	const char *td;
	struct json j;

	if (!buf)
		return false;
	json_begin(&j, buf, SVID_JSON_MAX);
	json_open_array(&j, "svids");
	for (size_t i = 0; i < svid_snapshot_count(s); i++)
		json_svid(&j, svid_snapshot_info(s, i));
	json_close(&j, ']');
	json_open_array(&j, "trust_domains");
	for (size_t i = 0; (td = svid_snapshot_trust_domain(s, i)); i++) {
		json_open_object(&j, NULL);
		json_str(&j, "name", td);
		json_int(&j, "authorities",
			 (int64_t)svid_snapshot_authorities(s, td));
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_end(&j);
	fputs(buf, stdout);
	return !j.truncated;
}

/* Where, what, and the next step. */
static void explain(const struct command *self, const struct endpoint *ep,
		    const struct err *why)
{
	char advice[WAITING_ADVICE_MAX];
	bool named = strstr(why->text, ep->text) != NULL;

	waiting_advice(why, advice);
	say(self, "%s%s%s; %s", named ? "" : ep->text, named ? "" : ": ",
	    why->text, advice);
}

static void on_change(void *ctx, enum identity_change change,
		      const struct svid_snapshot *snap, const struct err *why)
{
	if (change == IDENTITY_DISCARDED && why)
		say(told, "the agent's message was discarded: %s", why->text);
}

/* In slices, to say what is waited for. */
static struct result wait_for(const struct command *self, struct identity *id,
			      int wait_ms, struct err *why)
{
	struct waiting w;
	char text[WAITING_TEXT_MAX];
	struct result r;

	waiting_begin(&w, sys_libc.mono_ms(), wait_ms);
	for (;;) {
		int ms = waiting_slice(&w, sys_libc.mono_ms());

		r = identity_wait(id, ms, why);
		if (r.cls != ERR_TIMEOUT)
			return r;
		r = identity_pump(id, why); /* for the reason */
		if (!failed(r) || ms == 0)
			return r;
		if (waiting_news(&w, sys_libc.mono_ms(), why, text))
			say(self, "%s", text);
	}
}

static int fetch(const struct command *self, const struct endpoint *ep,
		 int wait_ms, bool json)
{
	struct identity_config cfg = { .sys = &sys_libc, .endpoint = *ep,
				       .on_change = on_change };
	AUTO_FREE(identity) id = NULL;
	AUTO_UNREF(svid_snapshot) snap = NULL;
	struct err why;
	struct result r;

	told = self;
	r = identity_new(&cfg, &id, &why);
	if (!failed(r))
		r = wait_for(self, id, wait_ms, &why);
	if (!failed(r))
		snap = identity_current(id);
	if (!snap) {
		if (!failed(r))
			(void)FAIL(&why, ERR_NO_IDENTITY, "it has expired");
		explain(self, ep, &why);
		return 1;
	}
	if (!json) {
		print_text(snap);
	} else if (!print_json(snap)) {
		say(self, "the answer is too large");
		return 1;
	}
	return 0;
}

/* --policy, or else whatever policy is there, says where the agent is. */
static bool find_agent(const struct command *self, const char *agent,
		       const char *policy, struct endpoint *ep)
{
	AUTO_UNREF(policy) p = NULL;
	const char *path = policy_path(policy), *from;

	if (policy || (!agent && access(path, F_OK) == 0))
		if (!policy_open(self, path, &p))
			return false;
	if (!agent_address(self, agent, p, ep, &from))
		return false;
	if (!from)
		say(self, "no agent's address; give --agent, or set "
			  "SPIFFE_ENDPOINT_SOCKET");
	return from != NULL;
}

int cmd_svid(const struct command *self, int argc, char **argv)
{
	const char *agent = NULL, *policy = NULL, *wait = NULL;
	bool json = false;
	const struct option_def defs[] = {
		{ "agent", &agent, NULL },
		{ "policy", &policy, NULL },
		{ "wait", &wait, NULL },
		{ "json", NULL, &json },
	};
	struct endpoint ep;
	int wait_ms = WAIT_DEFAULT_MS, status;
	int n = options_parse(self, argc, argv, defs,
			      sizeof defs / sizeof *defs, &status);

	if (n < 0)
		return status;
	if (n > 0) {
		say(self, "%s: takes no operands; see 'svidwrap help svid'",
		    argv[0]);
		return EXIT_USAGE;
	}
	if (wait && !duration_parse(wait, &wait_ms)) {
		say(self, "--wait %s: not a duration; write 500ms, 10s or 2m",
		    wait);
		return EXIT_USAGE;
	}
	if (!find_agent(self, agent, policy, &ep))
		return 1;
	return fetch(self, &ep, wait_ms, json);
}
