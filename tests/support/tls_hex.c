/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_hex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

size_t tls_hex(const char *text, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned byte;

	while (*text) {
		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		if (n == cap || !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &byte) != 1)
			abort();
		out[n++] = (uint8_t)byte;
		text += 2;
	}
	return n;
}
