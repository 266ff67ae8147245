/* SPDX-License-Identifier: Apache-2.0 */
/* svidwrap: starts programs under the shim and shows what it sees. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "program/program_check.h"

static int cmd_help(const struct command *self, int argc, char **argv);

#define POLICY_OPTION \
	"  --policy FILE      the policy (default: $SVIDWRAP_POLICY, else\n" \
	"                     " DEFAULT_POLICY ")\n"
#define AGENT_OPTION \
	"  --agent ADDRESS    the Workload API: unix:///path or tcp://IP:port\n" \
	"                     (default: the policy's workload_api, else\n" \
	"                     $SPIFFE_ENDPOINT_SOCKET)\n"

/* Dispatch and usage in one. */
const struct command commands[] = {
	{ .name = "run",
	  .run = cmd_run,
	  .usage = "[--policy FILE] [--agent ADDRESS] [--log FILE] "
		   "[--wait DURATION] [--] PROGRAM [ARGUMENT...]",
	  .summary = "start a program under the shim",
	  .options = POLICY_OPTION AGENT_OPTION
		   "  --log FILE         audit log, or stderr, if that is a pipe "
		   "(default:\n"
		   "                     $SVIDWRAP_LOG, else the system log)\n"
		   "  --wait DURATION    have an SVID before the program starts, "
		   "or do not start\n"
		   "                     it; 500ms, 10s, 2m\n",
	  .usage_status = EXIT_SVIDWRAP,
	  .stop_at_operand = true },
	{ .name = "check",
	  .run = cmd_check,
	  .usage = "FILE [--json]",
	  .summary = "check a policy and show its rules",
	  .options = "  --json             one JSON object\n",
	  .usage_status = EXIT_USAGE },
	{ .name = "svid",
	  .run = cmd_svid,
	  .usage = "[--agent ADDRESS] [--policy FILE] [--wait DURATION] "
		   "[--json]",
	  .summary = "show what the agent gives this process",
	  .options = AGENT_OPTION POLICY_OPTION
		   "  --wait DURATION    how long to try (default: 5s)\n"
		   "  --json             one JSON object\n",
	  .usage_status = EXIT_USAGE },
	{ .name = "events",
	  .run = cmd_events,
	  .usage = "[--follow] [--json] [FILE]",
	  .summary = "read an audit log",
	  .options = "  --follow           wait for more, across rotation\n"
		   "  --json             the lines as they are\n"
		   "FILE defaults to $SVIDWRAP_LOG.\n",
	  .usage_status = EXIT_USAGE },
	{ .name = "help",
	  .run = cmd_help,
	  .usage = "[SUBCOMMAND]",
	  .summary = "this help, or that of a subcommand",
	  .options = "",
	  .usage_status = EXIT_USAGE },
	{ 0 }
};

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void overview(FILE *out)
{
	fputs("usage: svidwrap SUBCOMMAND ...\n"
	      "Gives unchanged programs SPIFFE mutual TLS.\n\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-8s %s\n", c->name, c->summary);
	fputs("\n  --help, --version\n"
	      "'svidwrap help SUBCOMMAND' tells more.\n", out);
}

void command_help(const struct command *c, FILE *out)
{
	fprintf(out, "usage: svidwrap %s %s\n%s\n%s", c->name, c->usage,
		c->summary, c->options);
}

static int unknown(const char *name)
{
	const struct command *c = find("help");

	say(NULL, "%s: no such subcommand; see 'svidwrap --help'", name);
	return c->usage_status;
}

static int cmd_help(const struct command *self, int argc, char **argv)
{
	int status, n = options_parse(self, argc, argv, NULL, 0, &status);
	const struct command *c;

	if (n < 0)
		return status;
	if (n == 0) {
		overview(stdout);
		return 0;
	}
	c = find(argv[0]);
	if (!c)
		return unknown(argv[0]);
	command_help(c, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	const struct command *c;

	setlocale(LC_CTYPE, "C.UTF-8"); /* for print_clean */
	if (argc < 2) {
		overview(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		overview(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("svidwrap " SVIDWRAP_VERSION);
		return 0;
	}
	c = find(argv[1]);
	return c ? c->run(c, argc - 1, argv + 1) : unknown(argv[1]);
}
