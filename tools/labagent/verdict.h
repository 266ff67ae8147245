/* SPDX-License-Identifier: Apache-2.0 */
/* What the entries and faults make of a caller. */
#ifndef SVIDWRAP_LABAGENT_VERDICT_H
#define SVIDWRAP_LABAGENT_VERDICT_H

#include "attest.h"
#include "options.h"

#define VERDICT_NEVER INT64_MAX

struct verdict {
	size_t matches; /* entries */
	uint32_t faults;
	int64_t withdrawn_at_ms; /* of revoke-after, wall_ms(); or VERDICT_NEVER */
};

/* first_sent_ms: one an entry, when it first went to anybody; 0: not yet. */
struct verdict verdict_judge(const struct options *o,
			     const int64_t *first_sent_ms,
			     const struct caller *c);

/* Milliseconds since 1970. */
int64_t wall_ms(void);

#endif
