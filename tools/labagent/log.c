/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "svidwrap-labagent: "

void log_line(const char *fmt, ...)
{
	char line[8192] = PREFIX;
	size_t cap = sizeof line - 1; /* keeps room for the newline */
	size_t len = strlen(PREFIX);
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line + len, cap - len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	len += (size_t)n < cap - len ? (size_t)n : cap - len - 1;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nobody to tell */
}
