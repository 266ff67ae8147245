/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

typedef struct result option_fn(struct options *o, const char *value,
				struct err *reterr);

static option_fn take_listen, take_trust_domain, take_ttl, take_entry,
	take_issue, take_federate, take_fault, take_bundle_out, take_ca_dir,
	take_ready_fd, take_help, take_version;

/* Parsing and --help, from one table. An option without a metavar is a flag. */
static const struct option_def {
	const char *name;
	const char *metavar;
	const char *help;
	option_fn *take;
	bool repeats;
} table[] = {
	{ "--listen", "unix:///PATH", "the Workload API's socket", take_listen, false },
	{ "--trust-domain", "NAME", "such as corp.local; required",
	  take_trust_domain, false },
	{ "--ttl", "TIME", "life of an SVID: 10s, 5m, 1h (default 1h); a new one at half of it",
	  take_ttl, false },
	{ "--entry", "ID=SELECTOR[,SELECTOR...]",
	  "who gets this SPIFFE ID; all selectors must hold; repeatable",
	  take_entry, true },
	{ "--ca-dir", "DIR", "keep the CA there and use it again (default: a new one)",
	  take_ca_dir, false },
	{ "--bundle-out", "FILE", "write the CA's certificate, PEM",
	  take_bundle_out, false },
	{ "--issue", "ID=DIR",
	  "write svid.pem, key.pem, bundle.pem for programs without SPIFFE; repeatable",
	  take_issue, true },
	{ "--federate", "TRUST-DOMAIN=FILE",
	  "hand out a foreign bundle (PEM) too; repeatable", take_federate,
	  true },
	{ "--fault", "NAME[=TIME][@ID]", "do something wrong, see below; repeatable",
	  take_fault, true },
	{ "--ready-fd", "N", "write a byte to descriptor N when listening",
	  take_ready_fd, false },
	{ "--help", NULL, "this text", take_help, false },
	{ "--version", NULL, "the version", take_version, false },
};

#define OPTIONS (sizeof table / sizeof *table)

/* Room for one more in an array of n; the new item is zero. */
static void *grow(void *array, size_t *n, size_t size, void **ret_item)
{
	void *grown = reallocarray(array, *n + 1, size);

	*ret_item = grown ? (char *)grown + *n * size : NULL;
	if (!grown)
		return array;
	memset(*ret_item, 0, size);
	++*n;
	return grown;
}

static struct result take_listen(struct options *o, const char *value,
				 struct err *reterr)
{
	struct result r = endpoint_parse(value, &o->listen, reterr);

	if (failed(r))
		return r;
	if (o->listen.sa.ss_family != AF_UNIX)
		return FAIL(reterr, ERR_PARSE,
			    "callers are attested by SO_PEERCRED, which TCP lacks; write unix:///PATH");
	o->has_listen = true;
	return RESULT_OK;
}

static struct result take_trust_domain(struct options *o, const char *value,
				       struct err *reterr)
{
	return trust_domain_parse(value, strlen(value), o->trust_domain, reterr);
}

static struct result take_ttl(struct options *o, const char *value,
			      struct err *reterr)
{
	return duration_parse(value, strlen(value), &o->ttl_ms, reterr);
}

static struct result take_entry(struct options *o, const char *value,
				struct err *reterr)
{
	void *item;

	o->entries = grow(o->entries, &o->n_entries, sizeof *o->entries, &item);
	return item ? entry_parse(value, item, reterr)
		    : FAIL(reterr, ERR_NOMEM, "out of memory");
}

/* "KEY=VALUE": both must be there. */
static struct result split(const char *text, const char *shape,
			   size_t *ret_key_len, const char **ret_value,
			   struct err *reterr)
{
	const char *eq = strchr(text, '=');

	if (!eq || eq == text || !eq[1])
		return FAIL(reterr, ERR_PARSE, "write %s", shape);
	*ret_key_len = (size_t)(eq - text);
	*ret_value = eq + 1;
	return RESULT_OK;
}

static struct result take_issue(struct options *o, const char *value,
				struct err *reterr)
{
	void *item;
	size_t len;
	const char *dir;
	struct result r = split(value, "ID=DIR", &len, &dir, reterr);

	if (failed(r))
		return r;
	o->issues = grow(o->issues, &o->n_issues, sizeof *o->issues, &item);
	if (!item)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	((struct issue *)item)->dir = dir;
	return spiffe_id_parse(value, len, &((struct issue *)item)->id, reterr);
}

static struct result take_federate(struct options *o, const char *value,
				   struct err *reterr)
{
	void *item;
	size_t len;
	const char *path;
	struct result r = split(value, "TRUST-DOMAIN=FILE", &len, &path, reterr);

	if (failed(r))
		return r;
	o->federations = grow(o->federations, &o->n_federations,
			      sizeof *o->federations, &item);
	if (!item)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	((struct federate *)item)->path = path;
	return trust_domain_parse(value, len,
				  ((struct federate *)item)->trust_domain,
				  reterr);
}

static struct result take_fault(struct options *o, const char *value,
				struct err *reterr)
{
	return fault_parse(&o->faults, value, reterr);
}

static struct result take_bundle_out(struct options *o, const char *value,
				     struct err *reterr)
{
	o->bundle_out = value;
	return RESULT_OK;
}

static struct result take_ca_dir(struct options *o, const char *value,
				 struct err *reterr)
{
	o->ca_dir = value;
	return RESULT_OK;
}

static struct result take_ready_fd(struct options *o, const char *value,
				   struct err *reterr)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || n > 65535 ||
	    fcntl((int)n, F_GETFD) < 0)
		return FAIL(reterr, ERR_PARSE,
			    "\"%.32s\" is no open descriptor; redirect one, such as 3>FIFO",
			    value);
	o->ready_fd = (int)n;
	return RESULT_OK;
}

static struct result take_help(struct options *o, const char *value,
			       struct err *reterr)
{
	o->help = true;
	return RESULT_OK;
}

static struct result take_version(struct options *o, const char *value,
				  struct err *reterr)
{
	o->version = true;
	return RESULT_OK;
}

static const struct option_def *find(const char *arg, size_t len)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (strlen(table[i].name) == len &&
		    memcmp(table[i].name, arg, len) == 0)
			return &table[i];
	return NULL;
}

/* One option at argv[*i], "--name value" or "--name=value". */
static struct result take_one(char **argv, int *i, uint32_t *seen,
			      struct options *o, struct err *reterr)
{
	const char *arg = argv[*i];
	size_t len = strncmp(arg, "--", 2) ? strlen(arg) : strcspn(arg, "=");
	const char *value = arg[len] == '=' ? arg + len + 1 : NULL;
	const struct option_def *def = find(arg, len);
	struct err why = { 0 };
	struct result r;

	if (!def)
		return FAIL(reterr, ERR_PARSE,
			    "there is no option \"%.64s\"; see --help", arg);
	if ((*seen & UINT32_C(1) << (def - table)) && !def->repeats)
		return FAIL(reterr, ERR_PARSE, "%s is given twice; once will do",
			    def->name);
	*seen |= UINT32_C(1) << (def - table);
	if (!def->metavar && value)
		return FAIL(reterr, ERR_PARSE, "%s takes no value", def->name);
	if (def->metavar && !value && argv[*i + 1])
		value = argv[++*i];
	if (def->metavar && !value)
		return FAIL(reterr, ERR_PARSE, "%s needs a value: %s %s",
			    def->name, def->name, def->metavar);
	r = def->take(o, value, &why);
	if (failed(r))
		return FAIL(reterr, r.cls, "%s %.160s: %s", def->name,
			    value ? value : "", why.text);
	return r;
}

struct result options_parse(int argc, char **argv, struct options *ret,
			    struct err *reterr)
{
	uint32_t seen = 0;

	*ret = (struct options){ .ttl_ms = 3600 * 1000, .ready_fd = -1 };
	for (int i = 1; i < argc; i++) {
		struct result r = take_one(argv, &i, &seen, ret, reterr);

		if (failed(r) || ret->help || ret->version)
			return r;
	}
	return options_check(ret, reterr);
}

void options_clear(struct options *o)
{
	for (size_t i = 0; i < o->n_entries; i++)
		entry_clear(&o->entries[i]);
	free(o->entries);
	free(o->issues);
	free(o->federations);
	fault_list_clear(&o->faults);
	*o = (struct options){ .ready_fd = -1 };
}

void options_help(FILE *out)
{
	fprintf(out,
		"usage: svidwrap-labagent --listen unix:///PATH --trust-domain NAME --entry ID=SELECTOR...\n"
		"A small SPIFFE Workload API agent for laptops and tests. NOT FOR PRODUCTION: use SPIRE there.\n\n"
		"options:\n");
	for (size_t i = 0; i < OPTIONS; i++)
		fprintf(out, "  %s%s%s\n        %s\n", table[i].name,
			table[i].metavar ? " " : "",
			table[i].metavar ? table[i].metavar : "",
			table[i].help);
	fprintf(out, "\nselectors:\n");
	selector_help(out);
	fprintf(out, "\nfaults, for all or for one ID:\n");
	fault_help(out);
	fprintf(out, "\nsignals: SIGUSR1 issues new SVIDs now; SIGTERM and SIGINT end it.\n"
		     "example:\n"
		     "  svidwrap-labagent --listen unix:///tmp/agent.sock --trust-domain corp.local --ttl 5m \\\n"
		     "      --entry spiffe://corp.local/backend=unix:path:/usr/bin/redis-cli\n");
}
