/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands of svidwrap share. */
#ifndef SVIDWRAP_TOOLS_CLI_H
#define SVIDWRAP_TOOLS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "policy/policy.h"
#include "workload/endpoint.h"

#define SVIDWRAP_VERSION "0.1.0"
#define DEFAULT_POLICY "/etc/svidwrap/policy.yaml"
#define EXIT_USAGE 2

struct command {
	const char *name;
	int (*run)(const struct command *self, int argc, char **argv);
	const char *usage;   /* what follows "svidwrap NAME" */
	const char *summary; /* one line */
	const char *options; /* their descriptions; lines ending in '\n' */
	int usage_status;    /* exit status of a wrong call */
	bool stop_at_operand; /* options end at the first operand */
};

/* main.c: NULL ends the table. */
extern const struct command commands[];
void command_help(const struct command *c, FILE *out);

int cmd_run(const struct command *self, int argc, char **argv);
int cmd_check(const struct command *self, int argc, char **argv);
int cmd_svid(const struct command *self, int argc, char **argv);
int cmd_events(const struct command *self, int argc, char **argv);

/* options.c: "--name VALUE", "--name=VALUE" and "--flag". */
struct option_def {
	const char *name;   /* without "--" */
	const char **value; /* takes a value, or */
	bool *flag;         /* takes none */
};

/*
 * Reads the options after argv[0] and moves the operands, in order, to argv[0]
 * and on. Returns their number, or -1: *ret_status is what to exit with (a
 * wrong call, which was explained, or --help, which was served).
 */
int options_parse(const struct command *self, int argc, char **argv,
		  const struct option_def *defs, size_t n, int *ret_status);

/* "500ms", "10s", "2m", "1h", or seconds without a unit; 0 to a day, in
 * milliseconds. false: none of these. */
bool duration_parse(const char *text, int *ret_ms);

/* say.c: "svidwrap: NAME: text" on standard error, a line. Control characters
 * become '?': names and paths come from anywhere. */
void say(const struct command *self, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Writes len bytes; what is not printable UTF-8 becomes '?'. Line ends too,
 * unless lines is set. */
void print_clean(FILE *out, const char *text, size_t len, bool lines);

/* policy_open.c: --policy, else $SVIDWRAP_POLICY, else the default. */
const char *policy_path(const char *option);
/* Loads, and says what is wrong with its place. false: said. */
bool policy_open(const struct command *self, const char *path,
		 struct policy **ret);
/* Resolves the names of connect rules; says which do not resolve. */
bool policy_resolve(const struct command *self, const struct policy *p);
bool policy_enforces(const struct policy *p);

/* agent.c: the agent's address and where it was found; p may be NULL. The
 * policy's word goes before the environment's. *ret_from is NULL if there is
 * none anywhere. false: said why not. */
bool agent_address(const struct command *self, const char *option,
		   const struct policy *p, struct endpoint *ret,
		   const char **ret_from);

#endif
