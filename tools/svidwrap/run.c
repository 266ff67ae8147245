/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is checked before the program runs: what fails later fails in the
 * dark. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/log_sink.h"
#include "cli.h"
#include "preload.h"
#include "program/preload_list.h"

struct run_options {
	const char *policy, *agent, *log, *wait;
};

static bool set_env(const struct command *self, const char *name,
		    const char *value)
{
	if (setenv(name, value, 1) == 0)
		return true;
	say(self, "%s: out of memory", name);
	return false;
}

/* The program may change its folder before the shim, in an exec'd image, looks
 * at these again. */
static bool set_path(const struct command *self, const char *name,
		     const char *path)
{
	char abs[2 * PATH_MAX], cwd[PATH_MAX];

	if (path[0] == '/')
		return set_env(self, name, path);
	if (!getcwd(cwd, sizeof cwd)) {
		say(self, "%s: the current folder has no path (%s); give an "
			  "absolute one", path, strerrordesc_np(errno));
		return false;
	}
	if (snprintf(abs, sizeof abs, "%s/%s", cwd, path) >= (int)sizeof abs) {
		say(self, "%s: the path is too long", path);
		return false;
	}
	return set_env(self, name, abs);
}

static bool prepare_policy(const struct command *self,
			   const struct run_options *o)
{
	const char *path = policy_path(o->policy), *from;
	AUTO_UNREF(policy) p = NULL;
	struct endpoint ep;

	if (!policy_open(self, path, &p) ||
	    !agent_address(self, o->agent, p, &ep, &from))
		return false;
	if (!from && policy_enforces(p)) {
		say(self, "%s: has enforce rules, but there is no agent's "
			  "address; give --agent, workload_api in the policy, "
			  "or SPIFFE_ENDPOINT_SOCKET", path);
		return false;
	}
	if (!policy_resolve(self, p) || !set_path(self, "SVIDWRAP_POLICY", path))
		return false;
	return !o->agent || set_env(self, "SPIFFE_ENDPOINT_SOCKET", o->agent);
}

static bool prepare_log(const struct command *self, const struct run_options *o)
{
	const char *env = getenv("SVIDWRAP_LOG");
	const char *path = o->log ? o->log : env && *env ? env : NULL;
	struct log_sink sink;
	struct err why;

	if (!path)
		return true;
	if (failed(log_sink_open(&sys_libc, path, &sink, &why))) {
		say(self, "%s: %s; name a file that can be appended to",
		    o->log ? "--log" : "SVIDWRAP_LOG", why.text);
		return false;
	}
	log_sink_close(&sink);
	if (strcmp(path, LOG_SINK_STDERR) == 0)
		return set_env(self, "SVIDWRAP_LOG", path);
	return set_path(self, "SVIDWRAP_LOG", path);
}

static bool prepare_wait(const struct command *self,
			 const struct run_options *o)
{
	char text[16];
	int ms;

	if (!o->wait)
		return true;
	if (!duration_parse(o->wait, &ms)) {
		say(self, "--wait %s: not a duration of at most a day; write "
			  "500ms, 10s or 2m", o->wait);
		return false;
	}
	snprintf(text, sizeof text, "%d", ms);
	return set_env(self, "SVIDWRAP_WAIT", text);
}

static bool prepare_preload(const struct command *self,
			    const struct preload *lib)
{
	char *list = preload_list_with(lib->path, getenv("LD_PRELOAD"));
	bool ok = list && set_env(self, "LD_PRELOAD", list);

	if (!list)
		say(self, "LD_PRELOAD: out of memory");
	free(list);
	return ok;
}

int cmd_run(const struct command *self, int argc, char **argv)
{
	struct run_options o = { 0 };
	const struct option_def defs[] = {
		{ "policy", &o.policy, NULL },
		{ "agent", &o.agent, NULL },
		{ "log", &o.log, NULL },
		{ "wait", &o.wait, NULL },
	};
	char path[PATH_MAX];
	struct preload lib;
	struct err why;
	int status, n = options_parse(self, argc, argv, defs,
				      sizeof defs / sizeof *defs, &status);

	if (n < 0)
		return status;
	if (n == 0) {
		say(self, "no program is named; see 'svidwrap help run'");
		return EXIT_SVIDWRAP;
	}
	if (failed(preload_find(&lib, &why))) {
		say(self, "%s", why.text);
		return EXIT_SVIDWRAP;
	}
	status = program_find(argv[0], path, &why);
	if (!status)
		status = program_check(&sys_libc, path, &lib, program_find, &why);
	if (status) {
		say(self, "%s", why.text);
		return status;
	}
	if (!prepare_wait(self, &o) || !prepare_policy(self, &o) ||
	    !prepare_log(self, &o) || !prepare_preload(self, &lib))
		return EXIT_SVIDWRAP;
	execv(path, argv);
	status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	say(self, "%s: %s", path, strerrordesc_np(errno));
	return status;
}
