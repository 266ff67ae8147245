/* SPDX-License-Identifier: Apache-2.0 */
/* "10s", "5m", "1h": a number and a unit. */
#ifndef SVIDWRAP_LABAGENT_DURATION_H
#define SVIDWRAP_LABAGENT_DURATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DURATION_MAX_S (168 * 3600)

/* text: len bytes. *ret_ms: milliseconds, from 1000 to 1000 * DURATION_MAX_S.
 * errors: ERR_PARSE. */
struct result duration_parse(const char *text, size_t len, int64_t *ret_ms,
			     struct err *reterr);

#endif
