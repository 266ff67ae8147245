/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/preload_list.h"

#define PRELOAD "LD_PRELOAD"
#define HANDOVER_TEXT (sizeof HANDOVER_ENV + 12)

/* "NAME=value" as they were when this image began; NULL: not set. */
static const char *const names[] = { PRELOAD, "SVIDWRAP_POLICY", "SVIDWRAP_LOG",
				     "SPIFFE_ENDPOINT_SOCKET" };
#define NAMES (sizeof names / sizeof *names)
static char *kept[NAMES];

/* A copy: programs write over their initial environment to change their title. */
static char *keep(const char *name, const char *value, size_t len)
{
	size_t n = strlen(name);
	char *s = malloc(n + len + 2);

	if (!s)
		return NULL;
	memcpy(s, name, n);
	s[n] = '=';
	memcpy(s + n + 1, value, len);
	s[n + 1 + len] = '\0';
	return s;
}

void exec_env_init(void)
{
	for (size_t i = 0; i < NAMES; i++) {
		const char *value = getenv(names[i]);
		size_t len = value ? strlen(value) : 0;

		/* Other preloads are not ours to put back. Without our entry the
		 * loader has us from its own file. */
		if (i == 0)
			value = preload_list_shim(value, &len);
		if (value)
			kept[i] = keep(names[i], value, len);
	}
}

/* The value if entry sets `name`. */
static const char *value_of(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=' ? entry + n + 1 : NULL;
}

/* What an environment has: bit i is names[i], and beyond that others. */
struct found {
	unsigned set;
	bool bare; /* LD_PRELOAD is set, without us */
	bool stale; /* somebody else's hand-over */
	size_t entries, preload_len;
};

static struct found look(char *const envp[])
{
	struct found f = { 0 };
	size_t len;

	for (; envp && envp[f.entries]; f.entries++) {
		const char *entry = envp[f.entries];

		f.stale |= value_of(entry, HANDOVER_ENV) != NULL;
		for (size_t i = 0; i < NAMES; i++)
			if (value_of(entry, names[i]))
				f.set |= 1u << i;
		if (kept[0] && value_of(entry, PRELOAD) &&
		    !preload_list_shim(value_of(entry, PRELOAD), &len)) {
			f.bare = true;
			f.preload_len = strlen(entry);
		}
	}
	return f;
}

bool exec_env_preload(char *const envp[], char ret[PATH_MAX])
{
	const char *at = NULL;
	size_t len = 0;

	for (size_t i = 0; envp && envp[i] && !at; i++)
		at = preload_list_shim(value_of(envp[i], PRELOAD), &len);
	if (!at && kept[0]) {
		at = kept[0] + sizeof PRELOAD;
		len = strlen(at);
	}
	if (!at || len >= PATH_MAX)
		return false;
	memcpy(ret, at, len);
	ret[len] = '\0';
	return true;
}

size_t exec_env_size(char *const envp[], int handover)
{
	struct found f = look(envp);
	bool as_it_is = handover < 0 && !f.bare && !f.stale;

	for (size_t i = 0; i < NAMES; i++)
		if (kept[i] && !(f.set & 1u << i))
			as_it_is = false;
	if (as_it_is)
		return 0;
	return (f.entries + NAMES + 2) * sizeof(char *) + HANDOVER_TEXT +
	       (f.bare ? f.preload_len + strlen(kept[0]) + 2 : 0);
}

char **exec_env_fill(char *const envp[], int handover, void *room)
{
	struct found f = look(envp);
	char **to = room, *text = (char *)(to + f.entries + NAMES + 2);
	size_t n = 0;

	for (size_t i = 0; i < f.entries; i++) {
		const char *preload = value_of(envp[i], PRELOAD);

		if (value_of(envp[i], HANDOVER_ENV))
			continue;
		to[n++] = envp[i];
		if (!f.bare || !preload)
			continue;
		to[n - 1] = text + HANDOVER_TEXT;
		sprintf(to[n - 1], "%s%s%s", kept[0], *preload ? ":" : "", preload);
	}
	for (size_t i = 0; i < NAMES; i++)
		if (kept[i] && !(f.set & 1u << i))
			to[n++] = kept[i];
	if (handover >= 0) {
		snprintf(text, HANDOVER_TEXT, HANDOVER_ENV "=%d", handover);
		to[n++] = text;
	}
	to[n] = NULL;
	return to;
}
