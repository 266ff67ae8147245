/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/event.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/json.h"
#include "tls/alert.h"

#define TIME_MAX 32
#define ADDRESS_MAX (INET6_ADDRSTRLEN + sizeof "[]:65535")

static const struct {
	const char *name;
	int severity;
} types[] = {
#define X(type, type_name, sev, text) [type] = { type_name, sev },
	AUDIT_EVENTS(X)
#undef X
};

#define TYPES (sizeof types / sizeof *types)

const char *audit_type_name(enum audit_type type)
{
	return (unsigned)type < TYPES ? types[type].name : "unknown";
}

int audit_severity(enum audit_type type)
{
	return (unsigned)type < TYPES ? types[type].severity : 4;
}

/* Decimal in exactly `width` digits, leading zeros included. */
static char *digits(char *at, int64_t val, int width)
{
	for (int i = width - 1; i >= 0; i--, val /= 10)
		at[i] = (char)('0' + val % 10);
	return at + width;
}

/* Days since 1970-01-01 to year, month and day (proleptic Gregorian): gmtime_r
 * takes a lock inside libc. The year starts in March here, so that the leap day
 * is its last. */
static void civil(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
	int64_t era, doe, yoe, doy, mp;

	days += 719468; /* from 0000-03-01 */
	era = days / 146097;
	doe = days % 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

/* RFC 3339 5.6 in UTC; ms < 0: without a fraction. Years 1970 to 9999, what is
 * outside is shown as the nearest end. */
static void rfc3339(int64_t t, int ms, char buf[TIME_MAX])
{
	int64_t y, m, d, s;
	char *p = buf;

	if (t < 0)
		t = 0;
	if (t > INT64_C(253402300799))
		t = INT64_C(253402300799);
	civil(t / 86400, &y, &m, &d);
	s = t % 86400;
	p = digits(p, y, 4);
	*p++ = '-';
	p = digits(p, m, 2);
	*p++ = '-';
	p = digits(p, d, 2);
	*p++ = 'T';
	p = digits(p, s / 3600, 2);
	*p++ = ':';
	p = digits(p, s / 60 % 60, 2);
	*p++ = ':';
	p = digits(p, s % 60, 2);
	if (ms >= 0) {
		*p++ = '.';
		p = digits(p, ms, 3);
	}
	*p++ = 'Z';
	*p = '\0';
}

static void put_port(char *text, unsigned port)
{
	char *p = text + strlen(text);
	int width = 1;

	for (unsigned v = port; v >= 10; v /= 10)
		width++;
	*p++ = ':';
	*digits(p, port, width) = '\0';
}

/* false: not an Internet address. */
static bool address_text(const struct sockaddr *sa, char text[ADDRESS_MAX])
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	if (sa && sa->sa_family == AF_INET) {
		if (!inet_ntop(AF_INET, &in->sin_addr, text, INET_ADDRSTRLEN))
			return false;
		put_port(text, ntohs(in->sin_port));
		return true;
	}
	if (!sa || sa->sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		if (!inet_ntop(AF_INET, in6->sin6_addr.s6_addr + 12, text,
			       INET_ADDRSTRLEN))
			return false;
	} else {
		text[0] = '[';
		if (!inet_ntop(AF_INET6, &in6->sin6_addr, text + 1,
			       INET6_ADDRSTRLEN))
			return false;
		strcat(text, "]");
	}
	put_port(text, ntohs(in6->sin6_port));
	return true;
}

void audit_address(const struct sockaddr *sa, char *buf, size_t cap)
{
	char text[ADDRESS_MAX];
	size_t n;

	if (!cap)
		return;
	if (!address_text(sa, text))
		strcpy(text, "-");
	n = strlen(text);
	if (n >= cap)
		n = cap - 1;
	memcpy(buf, text, n);
	buf[n] = '\0';
}

static void put_opt(struct json *j, const char *key, const char *val)
{
	if (val && *val)
		json_str(j, key, val);
}

static void put_address(struct json *j, const char *key,
			const struct sockaddr *sa)
{
	char text[ADDRESS_MAX];

	if (address_text(sa, text))
		json_str(j, key, text);
}

static void put_parties(struct json *j, const struct audit_event *ev)
{
	char expiry[TIME_MAX];

	put_opt(j, "role", ev->role);
	put_opt(j, "rule", ev->rule);
	put_opt(j, "own_id", ev->own_id);
	put_opt(j, "own_serial", ev->own_serial);
	put_opt(j, "peer_id", ev->peer_id);
	put_opt(j, "peer_serial", ev->peer_serial);
	if (ev->expiry) {
		rfc3339(ev->expiry, -1, expiry);
		json_str(j, "expiry", expiry);
	}
	put_address(j, "local", ev->local);
	put_address(j, "remote", ev->remote);
}

size_t audit_format(const struct audit_event *ev, int64_t now_ms, int pid,
		    const char *program, char *buf, size_t cap)
{
	char now[TIME_MAX];
	struct json j;

	if (now_ms < 0)
		now_ms = 0;
	rfc3339(now_ms / 1000, (int)(now_ms % 1000), now);
	json_begin(&j, buf, cap);
	json_str(&j, "time", now);
	json_str(&j, "event", audit_type_name(ev->type));
	json_int(&j, "pid", pid);
	put_opt(&j, "program", program);
	put_parties(&j, ev);
	put_opt(&j, "suite", ev->suite);
	put_opt(&j, "phase", ev->phase);
	if (ev->cls != ERR_NONE)
		json_str(&j, "error", err_class_name(ev->cls));
	if (ev->alert > 0) /* struct err says "none" with -1 */
		json_str(&j, "alert", tls_alert_name(ev->alert));
	put_opt(&j, "reason", ev->reason);
	put_opt(&j, "call", ev->call);
	put_opt(&j, "file", ev->file);
	return json_end(&j);
}
