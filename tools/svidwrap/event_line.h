/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the audit log for people. */
#ifndef SVIDWRAP_TOOLS_EVENT_LINE_H
#define SVIDWRAP_TOOLS_EVENT_LINE_H

#include <stdio.h>

/* line: len bytes without '\n', from anywhere. Lines that are no event are
 * shown as they are, less control characters. */
void event_line_print(FILE *out, const char *line, size_t len);

#endif
