/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Audit events: one JSON object a line. Formatting needs no allocation, so an
 * event can be written from anywhere but a signal handler.
 */
#ifndef SVIDWRAP_AUDIT_EVENT_H
#define SVIDWRAP_AUDIT_EVENT_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/sys.h"

/* type, name in the log, severity (syslog's), what it says to a person */
#define AUDIT_EVENTS(X) \
	X(AUDIT_HANDSHAKE_OK, "handshake_ok", 6, "mutual TLS is up") \
	X(AUDIT_HANDSHAKE_REFUSED, "handshake_refused", 4, "handshake refused") \
	X(AUDIT_CONNECTION_DENIED, "connection_denied", 4, "denied by policy") \
	X(AUDIT_CONNECTION_BROKEN, "connection_broken", 4, "connection broken") \
	X(AUDIT_CALL_REFUSED, "call_refused", 4, "call not carried on a managed socket") \
	X(AUDIT_SVID_RECEIVED, "svid_received", 6, "SVID received") \
	X(AUDIT_SVID_ROTATED, "svid_rotated", 6, "SVID rotated") \
	X(AUDIT_SVID_LOST, "svid_lost", 4, "SVID lost") \
	X(AUDIT_SVID_DISCARDED, "svid_discarded", 4, "the agent's message was discarded") \
	X(AUDIT_POLICY_LOADED, "policy_loaded", 6, "policy loaded") \
	X(AUDIT_POLICY_REJECTED, "policy_rejected", 3, "policy rejected")

enum audit_type {
#define X(type, name, severity, text) type,
	AUDIT_EVENTS(X)
#undef X
};

/* NULL, 0 and zeroed members are left out of the line. All borrowed. */
struct audit_event {
	enum audit_type type;
	const char *role;	/* "server" or "client" */
	const char *rule;	/* rule name, or "default" */
	const char *own_id;
	const char *own_serial;
	const char *peer_id;
	const char *peer_serial;
	int64_t expiry;		/* of the peer's SVID, or of the own one in an
				 * SVID event; seconds since 1970 */
	const struct sockaddr *local;
	const struct sockaddr *remote;
	const char *suite;
	const char *phase;	/* "authentication", "authorization", "protocol",
				 * "identity", "policy" */
	enum err_class cls;
	int alert;		/* TLS alert; 0 is "none" (close_notify is no
				 * failure) */
	const char *reason;	/* a person's sentence */
	const char *call;	/* for AUDIT_CALL_REFUSED: the function */
	const char *file;	/* policy events */
};

/*
 * Writes the line, '\n' included, NUL-terminated. Members, in this order:
 * time (RFC 3339, UTC, milliseconds), event, pid, program, role, rule, own_id,
 * own_serial, peer_id, peer_serial, expiry (RFC 3339), local, remote, suite,
 * phase, error (err_class name), alert (its name), reason, call, file.
 * now_ms: milliseconds since 1970. Returns its length. ctx: signal.
 */
#define AUDIT_LINE_MAX 8192
size_t audit_format(const struct audit_event *ev, int64_t now_ms, int pid,
		    const char *program, char *buf, size_t cap);

const char *audit_type_name(enum audit_type type);
int audit_severity(enum audit_type type);

/* "192.0.2.1:8443", "[2001:db8::1]:8443"; IPv4-mapped as IPv4; "-" if unknown. */
void audit_address(const struct sockaddr *sa, char *buf, size_t cap);

#endif
