/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_text.h"

#include <string.h>

#include "policy/policy_yaml.h"
#include "policy/utf8.h"

static struct result refuse(const struct source *src, size_t at, const char *what,
			    const char *expected, struct policy_diag *diag, struct err *reterr)
{
	source_diag(src, at, what, expected, diag);
	return FAIL(reterr, ERR_PARSE, "%s", diag->text);
}

struct flaw {
	const char *what, *expected;
};

/* What is wrong with the character at i: what is NULL if nothing. *ret_n: its length. */
static struct flaw flaw_at(const struct source *src, size_t i, size_t *ret_n)
{
	const char *s = src->text + i;
	uint32_t c;

	*ret_n = utf8_next(s, src->len - i, &c);
	if (*ret_n == 0)
		return (struct flaw){ "not UTF-8", "text in UTF-8" };
	if (c == '\n' || (c == '\r' && i + 1 < src->len && s[1] == '\n'))
		return (struct flaw){ 0 };
	if (c == 0)
		return (struct flaw){ "a NUL byte", "text" };
	if (utf8_is_control(c))
		return (struct flaw){ "a control character", "text" };
	/* A directive can redefine what the rest means. */
	if (c == '%' && (i == 0 || s[-1] == '\n'))
		return (struct flaw){ "a YAML directive, and a policy has none", NULL };
	return (struct flaw){ 0 };
}

struct result text_check(const struct source *src, struct policy_diag *diag, struct err *reterr)
{
	if (src->len > POLICY_SIZE_MAX)
		return refuse(src, 0, "the policy is larger than 1 MiB", "at most 1048576 bytes",
			      diag, reterr);
	for (size_t i = 0, n; i < src->len; i += n) {
		struct flaw f = flaw_at(src, i, &n);

		if (f.what)
			return refuse(src, i, f.what, f.expected, diag, reterr);
	}
	if (src->len == 0)
		return refuse(src, 0, "the policy is empty", "version: 1", diag, reterr);
	return RESULT_OK;
}

size_t source_offset(const struct source *src, size_t line, size_t column)
{
	size_t at = 0, n;
	uint32_t c;

	for (; line > 1 && at < src->len; line--) {
		const char *nl = memchr(src->text + at, '\n', src->len - at);

		at = nl ? (size_t)(nl - src->text) + 1 : src->len;
	}
	for (; column > 1 && at < src->len && src->text[at] != '\n'; column--) {
		n = utf8_next(src->text + at, src->len - at, &c);
		at += n ? n : 1;
	}
	return at;
}
