/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>
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

/* As a service of inetd's: what is said there goes to whoever connected. */
static bool errors_go_to_a_peer(void)
{
	int domain;
	socklen_t len = sizeof domain;

	return getsockopt(STDERR_FILENO, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       (domain == AF_INET || domain == AF_INET6);
}

void say(const struct command *self, const char *fmt, ...)
{
	char text[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (errors_go_to_a_peer()) {
		openlog("svidwrap", LOG_PID, LOG_DAEMON);
		syslog(LOG_ERR, "%s%s%s", self ? self->name : "", self ? ": " : "", text);
		return;
	}
	fprintf(stderr, "svidwrap: %s%s", self ? self->name : "",
		self ? ": " : "");
	print_clean(stderr, text, strlen(text), false);
	fputc('\n', stderr);
}
