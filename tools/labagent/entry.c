/* SPDX-License-Identifier: Apache-2.0 */
#include "entry.h"

#include <errno.h>
#include <grp.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

struct selector_kind {
	const char *name; /* after "unix:", with the colon */
	const char *help;
	struct result (*parse)(const char *value, struct selector *ret,
			       struct err *reterr);
	bool (*match)(const struct selector *s, const struct caller *c);
};

static struct result parse_number(const char *value, struct selector *ret,
				  struct err *reterr)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 10);
	/* (uid_t)-1 means "nobody in particular" to the kernel. */
	if (*value < '0' || *value > '9' || *end || errno || n >= UINT32_MAX)
		return FAIL(reterr, ERR_PARSE,
			    "\"%.64s\" is no number; write unix:user: or unix:group: for names",
			    value);
	ret->number = (unsigned)n;
	return RESULT_OK;
}

static struct result parse_user(const char *value, struct selector *ret,
				struct err *reterr)
{
	const struct passwd *pw = getpwnam(value);

	if (!pw)
		return FAIL(reterr, ERR_PARSE,
			    "there is no user \"%.64s\" here; create it or write unix:uid:N",
			    value);
	ret->number = pw->pw_uid;
	return RESULT_OK;
}

static struct result parse_group(const char *value, struct selector *ret,
				 struct err *reterr)
{
	const struct group *gr = getgrnam(value);

	if (!gr)
		return FAIL(reterr, ERR_PARSE,
			    "there is no group \"%.64s\" here; create it or write unix:gid:N",
			    value);
	ret->number = gr->gr_gid;
	return RESULT_OK;
}

static struct result parse_path(const char *value, struct selector *ret,
				struct err *reterr)
{
	if (*value != '/')
		return FAIL(reterr, ERR_PARSE,
			    "path \"%.128s\" must be absolute", value);
	ret->path = strdup(value);
	return ret->path ? RESULT_OK
			 : FAIL(reterr, ERR_NOMEM, "out of memory");
}

static struct result parse_sha256(const char *value, struct selector *ret,
				  struct err *reterr)
{
	size_t n = 0;

	if (strlen(value) != 2 * SHA256_LEN || strchr(value, ':') ||
	    !OPENSSL_hexstr2buf_ex(ret->sha256, SHA256_LEN, &n, value, 0) ||
	    n != SHA256_LEN)
		return FAIL(reterr, ERR_PARSE,
			    "sha256 takes 64 hexadecimal digits, as sha256sum prints them");
	return RESULT_OK;
}

static bool match_uid(const struct selector *s, const struct caller *c)
{
	return c->uid == s->number;
}

static bool match_gid(const struct selector *s, const struct caller *c)
{
	return c->gid == s->number;
}

static bool match_path(const struct selector *s, const struct caller *c)
{
	return strcmp(c->exe, s->path) == 0; /* never "" */
}

static bool match_sha256(const struct selector *s, const struct caller *c)
{
	return c->has_sha256 && memcmp(c->sha256, s->sha256, SHA256_LEN) == 0;
}

static const struct selector_kind kinds[] = {
	{ "uid:", "unix:uid:N          the caller's user id", parse_number,
	  match_uid },
	{ "gid:", "unix:gid:N          its primary group id", parse_number,
	  match_gid },
	{ "user:", "unix:user:NAME      its user", parse_user, match_uid },
	{ "group:", "unix:group:NAME     its primary group", parse_group,
	  match_gid },
	{ "path:", "unix:path:PATH      its executable, as /proc/PID/exe has it",
	  parse_path, match_path },
	{ "sha256:", "unix:sha256:HEX     the SHA-256 of its executable",
	  parse_sha256, match_sha256 },
};

#define KINDS (sizeof kinds / sizeof *kinds)

static struct result parse_selector(const char *text, struct selector *ret,
				    struct err *reterr)
{
	if (strncmp(text, "unix:", 5) == 0) {
		for (size_t i = 0; i < KINDS; i++) {
			size_t len = strlen(kinds[i].name);

			if (strncmp(text + 5, kinds[i].name, len))
				continue;
			ret->kind = &kinds[i];
			return kinds[i].parse(text + 5 + len, ret, reterr);
		}
	}
	return FAIL(reterr, ERR_PARSE,
		    "\"%.128s\" is no selector; --help lists them", text);
}

static struct result parse_selectors(char *list, struct entry *e,
				     struct err *reterr)
{
	char *next = list;

	while (next) {
		const char *one = strsep(&next, ",");
		struct result r;

		if (e->n_selectors == SELECTORS_MAX)
			return FAIL(reterr, ERR_PARSE,
				    "more than %d selectors", SELECTORS_MAX);
		r = parse_selector(one, &e->selectors[e->n_selectors], reterr);
		if (failed(r))
			return r;
		e->n_selectors++;
	}
	return RESULT_OK;
}

struct result entry_parse(const char *text, struct entry *ret,
			  struct err *reterr)
{
	const char *eq = strchr(text, '=');
	struct entry e = { 0 };
	struct result r;
	char *list;

	if (!eq)
		return FAIL(reterr, ERR_PARSE,
			    "write ID=SELECTOR[,SELECTOR...], such as spiffe://corp.local/a=unix:uid:1000");
	r = spiffe_id_parse(text, (size_t)(eq - text), &e.id, reterr);
	if (failed(r))
		return r;
	list = strdup(eq + 1);
	if (!list)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	r = parse_selectors(list, &e, reterr);
	free(list);
	if (failed(r))
		entry_clear(&e);
	else
		*ret = e;
	return r;
}

void entry_clear(struct entry *e)
{
	for (size_t i = 0; i < SELECTORS_MAX; i++)
		free(e->selectors[i].path);
	*e = (struct entry){ 0 };
}

bool entry_matches(const struct entry *e, const struct caller *c)
{
	for (size_t i = 0; i < e->n_selectors; i++)
		if (!e->selectors[i].kind->match(&e->selectors[i], c))
			return false;
	return true;
}

bool entry_wants_sha256(const struct entry *e)
{
	for (size_t i = 0; i < e->n_selectors; i++)
		if (e->selectors[i].kind->match == match_sha256)
			return true;
	return false;
}

void entry_warn(const struct entry *e)
{
	for (size_t i = 0; i < e->n_selectors; i++) {
		const char *path = e->selectors[i].path;
		char *real = path ? realpath(path, NULL) : NULL;

		if (real && strcmp(real, path))
			log_line("warning: unix:path:%s leads to %s, and no process will match it; write unix:path:%s",
				 path, real, real);
		free(real);
	}
}

void selector_help(FILE *out)
{
	for (size_t i = 0; i < KINDS; i++)
		fprintf(out, "  %s\n", kinds[i].help);
}
