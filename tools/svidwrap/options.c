/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct option_def *find(const struct option_def *defs, size_t n,
				     const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(defs[i].name) == len &&
		    memcmp(defs[i].name, name, len) == 0)
			return &defs[i];
	return NULL;
}

/* argv[*at] is an option; *at moves to its last word. false: said. */
static bool take(const struct command *self, int argc, char **argv, int *at,
		 const struct option_def *defs, size_t n)
{
	const char *word = argv[*at];
	const char *name = strncmp(word, "--", 2) == 0 ? word + 2 : "";
	const char *eq = strchr(name, '=');
	const struct option_def *d =
		find(defs, n, name, eq ? (size_t)(eq - name) : strlen(name));

	if (!d) {
		say(self, "unknown option %s; see 'svidwrap help %s'", word,
		    self->name);
		return false;
	}
	if (d->flag && eq) {
		say(self, "--%s takes no value", d->name);
		return false;
	}
	if (d->flag) {
		*d->flag = true;
		return true;
	}
	if (!eq && *at + 1 >= argc) {
		say(self, "--%s needs a value; see 'svidwrap help %s'", d->name,
		    self->name);
		return false;
	}
	*d->value = eq ? eq + 1 : argv[++*at];
	if (!**d->value) {
		say(self, "--%s: the value is empty", d->name);
		return false;
	}
	return true;
}

int options_parse(const struct command *self, int argc, char **argv,
		  const struct option_def *defs, size_t n, int *ret_status)
{
	int operands = 0, i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (strcmp(argv[i], "--help") == 0) {
			command_help(self, stdout);
			*ret_status = 0;
			return -1;
		}
		if (argv[i][0] == '-' && argv[i][1]) {
			if (!take(self, argc, argv, &i, defs, n)) {
				*ret_status = self->usage_status;
				return -1;
			}
			continue;
		}
		if (self->stop_at_operand)
			break;
		argv[operands++] = argv[i];
	}
	while (i < argc)
		argv[operands++] = argv[i++];
	argv[operands] = NULL;
	return operands;
}

bool duration_parse(const char *text, int *ret_ms)
{
	static const struct {
		const char *unit;
		long long ms;
	} units[] = {
		{ "", 1000 },	{ "ms", 1 },	   { "s", 1000 },
		{ "m", 60000 }, { "h", 3600000 },
	};
	const long long day = 24LL * 3600 * 1000;
	char *end;
	long long v;

	if (text[0] < '0' || text[0] > '9') /* no sign, no blank */
		return false;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(end, units[i].unit) == 0) {
			if (v > day / units[i].ms)
				return false;
			*ret_ms = (int)(v * units[i].ms);
			return true;
		}
	return false;
}
