/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent tells its user: lines on standard error. */
#ifndef SVIDWRAP_LABAGENT_LOG_H
#define SVIDWRAP_LABAGENT_LOG_H

/* One line, one write. Control characters (a caller chooses its executable's
 * path) become '?'. printf-like, without a newline. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
