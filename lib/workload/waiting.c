/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/waiting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLICE_MS 250
/* Less is no wait that anybody notices; and a line a second is enough where
 * reasons alternate. */
#define NEWS_MS 1000

void waiting_begin(struct waiting *w, int64_t now_ms, int timeout_ms)
{
	*w = (struct waiting){ .began_ms = now_ms, .until_ms = now_ms + timeout_ms };
}

int waiting_slice(const struct waiting *w, int64_t now_ms)
{
	int64_t left = w->until_ms - now_ms;

	if (left <= 0)
		return 0;
	return left < SLICE_MS ? (int)left : SLICE_MS;
}

static void time_text(int64_t ms, char text[32])
{
	if (ms < 1000)
		snprintf(text, 32, "%dms", (int)(ms > 0 ? ms : 0));
	else
		snprintf(text, 32, "%llds", (long long)(ms + 999) / 1000);
}

static const char *what_is_missing(const struct err *why)
{
	switch (why->cls) {
	case ERR_AGENT_UNAVAILABLE:
		return "the agent";
	case ERR_AGENT_DENIED:
		return "a registration entry";
	default:
		return "an SVID";
	}
}

bool waiting_news(struct waiting *w, int64_t now_ms, const struct err *why,
		  char text[WAITING_TEXT_MAX])
{
	bool first = w->said_ms == 0;
	char left[32];

	if (now_ms - (first ? w->began_ms : w->said_ms) < NEWS_MS ||
	    strcmp(w->said, why->text) == 0)
		return false;
	w->said_ms = now_ms;
	memcpy(w->said, why->text, sizeof w->said);
	time_text(w->until_ms - (first ? w->began_ms : now_ms), left);
	snprintf(text, WAITING_TEXT_MAX, "waiting up to %s%s for %s: %s", left,
		 first ? "" : " more", what_is_missing(why), why->text);
	return true;
}

bool waiting_came(const struct waiting *w, int64_t now_ms, const char *id,
		  char text[WAITING_TEXT_MAX])
{
	char took[32];

	if (w->said_ms == 0)
		return false;
	time_text(now_ms - w->began_ms, took);
	snprintf(text, WAITING_TEXT_MAX, "got %s after %s", id, took);
	return true;
}

void waiting_advice(const struct err *why, char text[WAITING_ADVICE_MAX])
{
	char exe[PATH_MAX];
	ssize_t n;

	switch (why->cls) {
	case ERR_AGENT_DENIED:
		n = readlink("/proc/self/exe", exe, sizeof exe - 1);
		exe[n < 0 ? 0 : n] = '\0';
		snprintf(text, WAITING_ADVICE_MAX,
			 "there is no registration entry matching this process (uid %u, "
			 "gid %u, path %s); create one, and give the agent some seconds "
			 "to learn of it", (unsigned)getuid(), (unsigned)getgid(), exe);
		break;
	case ERR_AGENT_UNAVAILABLE:
		snprintf(text, WAITING_ADVICE_MAX,
			 "is the agent running, and may uid %u open its socket?",
			 (unsigned)getuid());
		break;
	case ERR_AGENT_FINAL:
		snprintf(text, WAITING_ADVICE_MAX,
			 "is this the address of a SPIFFE Workload API?");
		break;
	default:
		snprintf(text, WAITING_ADVICE_MAX, "%s", err_class_text(why->cls));
	}
}

void waiting_failed(const struct waiting *w, int64_t now_ms, const struct err *why,
		    char text[WAITING_TEXT_MAX])
{
	char advice[WAITING_ADVICE_MAX], bound[32];
	bool over = waiting_slice(w, now_ms) == 0;

	waiting_advice(why, advice);
	time_text(w->until_ms - w->began_ms, bound);
	snprintf(text, WAITING_TEXT_MAX, "no identity%s%s: %s; %s",
		 over ? " within " : "", over ? bound : "", why->text, advice);
}
