/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <stdlib.h>
#include <string.h>

#include "duration.h"

static const struct {
	const char *name;
	const char *text;
} table[FAULT_TAGS] = {
#define X(tag, fault_name, fault_text) \
	[FAULT_TAG_##tag] = { fault_name, fault_text },
	FAULTS(X)
#undef X
};

static int find(const char *name, size_t len)
{
	for (int i = 0; i < FAULT_TAGS; i++)
		if (strlen(table[i].name) == len &&
		    memcmp(table[i].name, name, len) == 0)
			return i;
	return -1;
}

/* value: what stands between '=' and '@'; NULL if there is no '='. */
static struct result parse_value(struct fault *f, const char *value,
				 size_t len, struct err *reterr)
{
	bool wants = f->bit == FAULT_REVOKE_AFTER;

	if (wants && !value)
		return FAIL(reterr, ERR_PARSE,
			    "revoke-after needs a time: revoke-after=5s");
	if (!wants && value)
		return FAIL(reterr, ERR_PARSE,
			    "only revoke-after takes '='; write NAME or NAME@ID");
	return wants ? duration_parse(value, len, &f->after_ms, reterr)
		     : RESULT_OK;
}

static struct result append(struct fault_list *list, const struct fault *f,
			    struct err *reterr)
{
	struct fault *grown = reallocarray(list->items, list->n + 1, sizeof *f);

	if (!grown)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	list->items = grown;
	list->items[list->n++] = *f;
	return RESULT_OK;
}

struct result fault_parse(struct fault_list *list, const char *text,
			  struct err *reterr)
{
	struct fault f = { 0 };
	const char *at = strchr(text, '@');
	size_t len = at ? (size_t)(at - text) : strlen(text);
	const char *eq = memchr(text, '=', len);
	size_t name_len = eq ? (size_t)(eq - text) : len;
	int tag = find(text, name_len);
	struct result r;

	if (tag < 0)
		return FAIL(reterr, ERR_PARSE,
			    "there is no fault \"%.*s\"; --help lists them",
			    (int)name_len, text);
	f.bit = UINT32_C(1) << tag;
	r = parse_value(&f, eq ? eq + 1 : NULL, len - name_len - (eq ? 1 : 0),
			reterr);
	if (failed(r))
		return r;
	f.for_all = !at;
	if (at) {
		r = spiffe_id_parse(at + 1, strlen(at + 1), &f.id, reterr);
		if (failed(r))
			return r;
	}
	return append(list, &f, reterr);
}

void fault_list_clear(struct fault_list *list)
{
	free(list->items);
	*list = (struct fault_list){ 0 };
}

static bool holds(const struct fault *f, const struct spiffe_id *id)
{
	return f->for_all || (id && spiffe_id_equal(&f->id, id));
}

uint32_t fault_mask(const struct fault_list *list, const struct spiffe_id *id)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < list->n; i++)
		if (holds(&list->items[i], id))
			mask |= list->items[i].bit;
	return mask;
}

int64_t fault_revoke_after(const struct fault_list *list,
			   const struct spiffe_id *id)
{
	int64_t least = -1;

	for (size_t i = 0; i < list->n; i++) {
		const struct fault *f = &list->items[i];

		if (f->bit == FAULT_REVOKE_AFTER && holds(f, id) &&
		    (least < 0 || f->after_ms < least))
			least = f->after_ms;
	}
	return least;
}

void fault_help(FILE *out)
{
	for (int i = 0; i < FAULT_TAGS; i++)
		fprintf(out, "  %-22s %s\n", table[i].name, table[i].text);
}
