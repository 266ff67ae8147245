/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/name_table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/address_pattern.h"
#include "policy/policy.h"

struct known_name {
	char name[HOST_NAME_MAX_LEN + 1]; /* normalised */
	uint8_t count;                    /* addresses held, the oldest first */
};

/* Slot i of all names lies together, so that a table whose names have few
 * addresses touches few pages: adding must not allocate. */
struct name_table {
	struct known_name *names; /* sorted, unique */
	size_t count;
	uint8_t (*ip)[16];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct known_name *)a)->name, ((const struct known_name *)b)->name);
}

static int count_name(void *ctx, const char *host, const struct rule *r)
{
	*(size_t *)ctx += 1;
	return 0;
}

static int copy_name(void *ctx, const char *host, const struct rule *r)
{
	struct name_table *t = ctx;

	host_name_normalise(host, t->names[t->count++].name);
	return 0;
}

static void drop_repeated(struct name_table *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++)
		if (kept == 0 || by_name(&t->names[kept - 1], &t->names[i]) != 0)
			t->names[kept++] = t->names[i];
	t->count = kept;
}

struct result name_table_new(const struct policy *p, struct name_table **ret, struct err *reterr)
{
	AUTO_FREE(name_table) t = calloc(1, sizeof *t);
	size_t n = 0;

	if (!t)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	policy_each_name(p, count_name, &n);
	t->names = calloc(n + 1, sizeof *t->names);
	t->ip = calloc((n + 1) * NAME_TABLE_ADDRS_MAX, sizeof *t->ip);
	if (!t->names || !t->ip)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	policy_each_name(p, copy_name, t);
	qsort(t->names, t->count, sizeof *t->names, by_name);
	drop_repeated(t);
	*ret = STEAL(t);
	return RESULT_OK;
}

void name_table_free(struct name_table *t)
{
	if (!t)
		return;
	free(t->names);
	free(t->ip);
	free(t);
}

static struct known_name *find(const struct name_table *t, const char *host)
{
	char name[HOST_NAME_MAX_LEN + 1];
	size_t lo = 0, hi = t->count;

	if (!host || !host_name_normalise(host, name))
		return NULL;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(t->names[mid].name, name);

		if (order == 0)
			return &t->names[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static uint8_t *slot(const struct name_table *t, const struct known_name *n, unsigned i)
{
	return t->ip[i * t->count + (size_t)(n - t->names)];
}

/* The slot that holds a, or n->count. */
static unsigned position(const struct name_table *t, const struct known_name *n, const struct net_address *a)
{
	unsigned i = 0;

	while (i < n->count && memcmp(slot(t, n, i), a->ip, sizeof a->ip) != 0)
		i++;
	return i;
}

bool name_table_wants(const struct name_table *t, const char *host)
{
	return find(t, host) != NULL;
}

void name_table_add(struct name_table *t, const char *host, const struct sockaddr *sa)
{
	struct known_name *n = find(t, host);
	struct net_address a;
	unsigned i;

	if (!n || !net_address_from(sa, &a))
		return;
	net_address_to_destination(&a);
	i = position(t, n, &a);
	if (i == n->count && n->count < NAME_TABLE_ADDRS_MAX)
		n->count++;
	else if (i == n->count)
		i = 0;
	/* Seen again is as good as new: it goes to the end. */
	for (; i + 1 < n->count; i++)
		memcpy(slot(t, n, i), slot(t, n, i + 1), sizeof a.ip);
	memcpy(slot(t, n, i), a.ip, sizeof a.ip);
}

bool name_table_has(const struct name_table *t, const char *host, const struct sockaddr *sa)
{
	const struct known_name *n = find(t, host);
	struct net_address a;

	if (!n || !net_address_from(sa, &a))
		return false;
	net_address_to_destination(&a);
	return position(t, n, &a) < n->count;
}

bool name_table_resolved(const struct name_table *t, const char *host)
{
	const struct known_name *n = find(t, host);

	return n && n->count > 0;
}
