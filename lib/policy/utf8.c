/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/utf8.h"

size_t utf8_next(const char *s, size_t len, uint32_t *ret_char)
{
	/* RFC 3629 4: lead bytes, continuation bytes, least value (no overlong form) */
	static const struct {
		uint8_t mask, lead, more;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0, 0 },
		{ 0xe0, 0xc0, 1, 0x80 },
		{ 0xf0, 0xe0, 2, 0x800 },
		{ 0xf8, 0xf0, 3, 0x10000 },
	};
	const unsigned char *p = (const unsigned char *)s;

	for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
		uint32_t c = p[0] & (uint8_t)~forms[f].mask;

		if ((p[0] & forms[f].mask) != forms[f].lead)
			continue;
		if (len <= forms[f].more)
			return 0;
		for (size_t i = 1; i <= forms[f].more; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < forms[f].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*ret_char = c;
		return forms[f].more + 1u;
	}
	return 0;
}

bool utf8_is_control(uint32_t c)
{
	return (c < 0x20 && c != '\t') || (c >= 0x7f && c <= 0x9f) || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}
