/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes one flat JSON object into a caller's buffer: no allocation, no floats.
 * ctx: signal. Always leaves well-formed JSON: a member that does not fit is
 * left out whole and `truncated` is set.
 */
#ifndef SVIDWRAP_BASE_JSON_H
#define SVIDWRAP_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
	char *buf;
	size_t cap; /* at least 8 */
	size_t len;
	unsigned depth;  /* of arrays and objects that are open */
	unsigned skipped; /* opened inside one that did not fit */
	uint32_t arrays; /* bit d: what is open at depth d is an array */
	bool need_comma;
	bool truncated;
};

/* Starts "{". */
void json_begin(struct json *j, char *buf, size_t cap);
/* Members of the innermost open object. A NULL string writes null. Bytes that
 * are not valid UTF-8 become U+FFFD; control characters are escaped (RFC 8259 7). */
void json_str(struct json *j, const char *key, const char *val);
void json_strn(struct json *j, const char *key, const char *val, size_t len);
void json_int(struct json *j, const char *key, int64_t val);
void json_bool(struct json *j, const char *key, bool val);
/* Opens or closes a nested array/object; key is NULL inside an array. */
void json_open_array(struct json *j, const char *key);
void json_open_object(struct json *j, const char *key);
void json_close(struct json *j, char bracket); /* ']' or '}' */
/* Closes the object and appends '\n' and NUL. Returns the length without the
 * NUL. */
size_t json_end(struct json *j);

#endif
