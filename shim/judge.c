/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "audit/event.h"
#include "event.h"
#include "lock.h"
#include "real.h"
#include "shim_sys.h"

#define DEFAULT_POLICY "/etc/svidwrap/policy.yaml"

static const struct policy *policy; /* never freed: connections point into it */
static struct name_table *names;    /* under names_lock */
static struct lock names_lock;

void judge_init(void)
{
	const char *path = getenv("SVIDWRAP_POLICY");
	struct policy *loaded;
	struct policy_diag diag = { "" };
	struct err err;

	path = path && *path ? path : DEFAULT_POLICY;
	if (failed(policy_load(&shim_sys, path, &loaded, &diag, &err))) {
		event_policy(AUDIT_POLICY_REJECTED, path, diag.text[0] ? diag.text : err.text);
		return;
	}
	if (failed(name_table_new(loaded, &names, &err))) {
		event_policy(AUDIT_POLICY_REJECTED, path, err.text);
		policy_unref(loaded);
		return;
	}
	policy = loaded;
	event_policy(AUDIT_POLICY_LOADED, path, NULL);
}

const char *judge_agent_address(void)
{
	const char *own = policy ? policy_workload_api(policy) : NULL;

	return own ? own : getenv("SPIFFE_ENDPOINT_SOCKET");
}

bool judge_enforces(void)
{
	for (size_t i = 0; policy && i < policy_rule_count(policy); i++)
		if (rule_mode(policy_rule(policy, i)) == MODE_ENFORCE)
			return true;
	return false;
}

struct verdict judge_accept(const struct sockaddr *local)
{
	if (!policy)
		return (struct verdict){ .mode = MODE_DENY };
	return policy_match_accept(policy, local);
}

bool judge_listener(const struct sockaddr *local)
{
	return !policy || policy_may_manage_listener(policy, local);
}

const struct rule *judge_rule(const char *name, bool accept)
{
	for (size_t i = 0; policy && i < policy_rule_count(policy); i++) {
		const struct rule *r = policy_rule(policy, i);

		if (strcmp(rule_name(r), name) == 0)
			return rule_mode(r) == MODE_ENFORCE && rule_is_accept(r) == accept ? r : NULL;
	}
	return NULL;
}

static void note(const char *host, const struct sockaddr *sa)
{
	if (!lock_acquire(&names_lock))
		return;
	name_table_add(names, host, sa);
	lock_release(&names_lock);
}

void judge_note_addrinfo(const char *host, const struct addrinfo *list)
{
	if (!policy || !host || !name_table_wants(names, host))
		return;
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next)
		if (ai->ai_family == AF_INET || ai->ai_family == AF_INET6)
			note(host, ai->ai_addr);
}

void judge_note_hostent(const char *host, const struct hostent *h)
{
	if (!policy || !host || !h || !name_table_wants(names, host))
		return;
	for (char **at = h->h_addr_list; *at; at++) {
		struct sockaddr_in6 sa6 = { .sin6_family = AF_INET6 };
		struct sockaddr_in sa4 = { .sin_family = AF_INET };

		if (h->h_addrtype == AF_INET) {
			memcpy(&sa4.sin_addr, *at, sizeof sa4.sin_addr);
			note(host, (struct sockaddr *)&sa4);
		} else if (h->h_addrtype == AF_INET6) {
			memcpy(&sa6.sin6_addr, *at, sizeof sa6.sin6_addr);
			note(host, (struct sockaddr *)&sa6);
		}
	}
}

static struct verdict match_connect(const struct sockaddr *remote)
{
	struct verdict v = { .mode = MODE_DENY };

	if (!lock_acquire(&names_lock))
		return v;
	v = policy_match_connect(policy, remote, names);
	lock_release(&names_lock);
	return v;
}

/* The program never asked for this name (a literal address, its own resolver):
 * the policy's own resolution decides, once. */
static void resolve(const char *host)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;

	if (real.getaddrinfo(host, NULL, &hints, &list) != 0)
		return;
	judge_note_addrinfo(host, list);
	freeaddrinfo(list);
}

static int resolve_each(void *ctx, const char *host, const struct rule *r)
{
	bool known;

	if (!lock_acquire(&names_lock))
		return 0;
	known = name_table_resolved(names, host);
	lock_release(&names_lock);
	if (!known) {
		resolve(host);
		*(bool *)ctx = true;
	}
	return 0;
}

struct verdict judge_connect(const struct sockaddr *remote)
{
	struct verdict v = { .mode = MODE_DENY };
	bool resolved = false;

	if (!policy)
		return v;
	v = match_connect(remote);
	if (v.mode != MODE_DENY || !v.claimed_by)
		return v;
	policy_each_name(policy, resolve_each, &resolved);
	return resolved ? match_connect(remote) : v;
}

void judge_fork_lock(void)
{
	lock_acquire(&names_lock);
}

void judge_fork_unlock(void)
{
	lock_release(&names_lock);
}

void judge_fork_child(void)
{
	lock_reset(&names_lock);
}
