/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to tell a person while something waits for its identity at start. The
 * caller waits in slices and says, or does not say, what it is handed; nothing
 * is printed here. A plain value. ctx: any.
 */
#ifndef SVIDWRAP_WORKLOAD_WAITING_H
#define SVIDWRAP_WORKLOAD_WAITING_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define WAITING_ADVICE_MAX (PATH_MAX + 256)
#define WAITING_TEXT_MAX (WAITING_ADVICE_MAX + ERR_TEXT_MAX + 128)

struct waiting {
	int64_t began_ms; /* monotonic, as all below */
	int64_t until_ms;
	int64_t said_ms;  /* when the latest news was handed out; 0: never */
	char said[ERR_TEXT_MAX];
};

void waiting_begin(struct waiting *w, int64_t now_ms, int timeout_ms);

/* How long to wait until the next look; 0: the time is over. */
int waiting_slice(const struct waiting *w, int64_t now_ms);

/*
 * After a slice that brought nothing because of `why`. true: `text` (one line,
 * without an end) is news: a second has gone since the beginning or since the
 * last news, and the reason is another.
 */
bool waiting_news(struct waiting *w, int64_t now_ms, const struct err *why,
		  char text[WAITING_TEXT_MAX]);

/* The identity `id` came. true: there was news before, so text is one line more. */
bool waiting_came(const struct waiting *w, int64_t now_ms, const char *id,
		  char text[WAITING_TEXT_MAX]);

/* It did not: how long was waited, what was missing, what to do. */
void waiting_failed(const struct waiting *w, int64_t now_ms, const struct err *why,
		    char text[WAITING_TEXT_MAX]);

/* What to do about `why`, in the words of one part of a sentence; names this
 * process as a registration entry has to. */
void waiting_advice(const struct err *why, char text[WAITING_ADVICE_MAX]);

#endif
