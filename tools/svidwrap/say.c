/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "cli.h"

void print_clean(FILE *out, const char *text, size_t len, bool lines)
{
	for (size_t i = 0; i < len;) {
		mbstate_t st = { 0 };
		wchar_t wc;
		size_t n = mbrtowc(&wc, text + i, len - i, &st);

		if (lines && text[i] == '\n') {
			fputc('\n', out);
			i++;
		} else if (n == 0 || n > len - i) { /* NUL, or not UTF-8 */
			fputc('?', out);
			i++;
		} else {
			if (iswprint((wint_t)wc))
				fwrite(text + i, 1, n, out);
			else
				fputc('?', out);
			i += n;
		}
	}
}

void say(const struct command *self, const char *fmt, ...)
{
	char text[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fprintf(stderr, "svidwrap: %s%s", self ? self->name : "",
		self ? ": " : "");
	print_clean(stderr, text, strlen(text), false);
	fputc('\n', stderr);
}
