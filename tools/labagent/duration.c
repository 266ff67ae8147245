/* SPDX-License-Identifier: Apache-2.0 */
#include "duration.h"

static int64_t unit_s(char c)
{
	switch (c) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	default:
		return 0;
	}
}

struct result duration_parse(const char *text, size_t len, int64_t *ret_ms,
			     struct err *reterr)
{
	int64_t n = 0;
	int64_t unit = len >= 2 ? unit_s(text[len - 1]) : 0;

	for (size_t i = 0; unit && i + 1 < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			unit = 0;
		else if (n <= DURATION_MAX_S)
			n = n * 10 + (text[i] - '0');
	}
	if (!unit)
		return FAIL(reterr, ERR_PARSE,
			    "\"%.*s\" is no time; write a whole number and s, m or h, such as 5m",
			    (int)(len < 64 ? len : 64), text);
	if (n < 1 || n > DURATION_MAX_S / unit)
		return FAIL(reterr, ERR_PARSE,
			    "\"%.*s\" is out of range; write a time from 1s to 168h",
			    (int)(len < 64 ? len : 64), text);
	*ret_ms = n * unit * 1000;
	return RESULT_OK;
}
