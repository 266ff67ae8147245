/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict.h"

#include <time.h>

int64_t wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t withdrawn_at(const struct options *o, const struct spiffe_id *id,
			    int64_t first_sent_ms)
{
	int64_t after = fault_revoke_after(&o->faults, id);

	return after >= 0 && first_sent_ms ? first_sent_ms + after
					   : VERDICT_NEVER;
}

struct verdict verdict_judge(const struct options *o,
			     const int64_t *first_sent_ms,
			     const struct caller *c)
{
	struct verdict v = { .faults = fault_mask(&o->faults, NULL),
			     .withdrawn_at_ms = VERDICT_NEVER };

	for (size_t i = 0; i < o->n_entries; i++) {
		const struct spiffe_id *id = &o->entries[i].id;
		int64_t when = withdrawn_at(o, id, first_sent_ms[i]);

		if (!entry_matches(&o->entries[i], c))
			continue;
		v.matches++;
		v.faults |= fault_mask(&o->faults, id);
		if (when < v.withdrawn_at_ms)
			v.withdrawn_at_ms = when;
	}
	return v;
}
