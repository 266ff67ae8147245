/* SPDX-License-Identifier: Apache-2.0 */
#include "program/script_line.h"

#include <stdbool.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of [*at, end); false if there is none. */
static bool word(const char **at, const char *end, const char **ret, size_t *len)
{
	const char *p = *at;

	while (p < end && blank(*p))
		p++;
	*ret = p;
	while (p < end && !blank(*p))
		p++;
	*len = (size_t)(p - *ret);
	*at = p;
	return *len > 0;
}

static void copy(char to[SCRIPT_LINE_MAX], const char *from, size_t len)
{
	memcpy(to, from, len);
	to[len] = '\0';
}

static bool is_env(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "env") == 0;
}

/* The kernel hands on what follows the interpreter as one argument; env splits
 * it only after -S. */
static void env_command(const char *at, const char *end,
			char ret[SCRIPT_LINE_MAX])
{
	const char *w;
	size_t len;

	while (at < end && blank(*at))
		at++;
	if (end - at >= 2 && at[0] == '-' && at[1] == 'S') {
		at += 2;
	} else if (end - at >= 3 && at[0] == '-' && at[1] == 'v' &&
		   at[2] == 'S') {
		at += 3;
	} else {
		if (at < end && *at != '-')
			copy(ret, at, (size_t)(end - at));
		return;
	}
	while (word(&at, end, &w, &len)) {
		if (len == 2 && (!memcmp(w, "-u", 2) || !memcmp(w, "-C", 2))) {
			word(&at, end, &w, &len); /* its argument */
			continue;
		}
		if (w[0] == '-' || memchr(w, '=', len))
			continue; /* an option, an assignment */
		copy(ret, w, len);
		return;
	}
}

struct result script_line_parse(const char *head, size_t len,
				struct script_line *ret, struct err *reterr)
{
	struct script_line l = { 0 };
	const char *at = head + 2, *end, *w;
	size_t n;

	if (len < 2 || len > SCRIPT_LINE_MAX || head[0] != '#' ||
	    head[1] != '!')
		return FAIL(reterr, ERR_PARSE, "no #! line");
	end = memchr(head, '\n', len);
	if (!end && len == SCRIPT_LINE_MAX)
		end = head + len - 1; /* the kernel keeps room for a NUL */
	else if (!end)
		end = head + len;
	if (memchr(at, '\0', (size_t)(end - at)))
		end = memchr(at, '\0', (size_t)(end - at));
	while (end > at && blank(end[-1]))
		end--;
	if (!word(&at, end, &w, &n))
		return FAIL(reterr, ERR_PARSE, "the #! line is empty");
	if (at == end && end == head + SCRIPT_LINE_MAX - 1)
		return FAIL(reterr, ERR_PARSE, "the #! line is cut");
	copy(l.interp, w, n);
	if (is_env(l.interp))
		env_command(at, end, l.command);
	*ret = l;
	return RESULT_OK;
}
