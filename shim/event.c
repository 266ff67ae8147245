/* SPDX-License-Identifier: Apache-2.0 */
#include "event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/event.h"
#include "audit/log_sink.h"
#include "conn.h"
#include "kernel.h"
#include "ownfd.h"
#include "shim.h"
#include "shim_sys.h"
#include "tls/alert.h"

static struct log_sink sink = { .fd = -1 };

void event_init(void)
{
	struct err err;

	if (failed(log_sink_open(&shim_sys, getenv("SVIDWRAP_LOG"), &sink, &err)))
		sink.fd = -1;
	if (sink.fd >= 0)
		sink.fd = ownfd_adopt(sink.fd);
}

/* Under the program's own seccomp filter, may a line be written? */
static bool may_write(void)
{
	for (const short *call = log_sink_calls(&sink); *call >= 0; call++)
		if (sandbox_denies(*call))
			return false;
	return true;
}

static void emit(const struct audit_event *ev)
{
	char line[AUDIT_LINE_MAX];
	size_t len, max = log_sink_line_max(&sink);
	struct timespec now;
	int saved = errno;
	pid_t pid = k_getpid();

	clock_gettime(CLOCK_REALTIME, &now);
	len = audit_format(ev, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
			   pid < 0 ? shim_pid : pid, program_invocation_short_name, line,
			   max < sizeof line ? max + 1 : sizeof line);
	if (may_write())
		log_sink_write(&sink, audit_severity(ev->type), line, len);
	errno = saved;
}

/* Strings of their own: a snapshot would keep its private key in memory. */
struct parties {
	char own_serial[SERIAL_HEX_MAX];
	char peer_serial[SERIAL_HEX_MAX];
	size_t own_at; /* where in ids the own one begins, after the peer's */
	char ids[];
};

struct parties *event_parties_again(const char *own_id, const char *own_serial,
				    const char *peer_id, const char *peer_serial)
{
	size_t own_at = strlen(peer_id) + 1;
	struct parties *p = malloc(sizeof *p + own_at + strlen(own_id) + 1);

	if (!p)
		return NULL;
	snprintf(p->own_serial, sizeof p->own_serial, "%s", own_serial);
	snprintf(p->peer_serial, sizeof p->peer_serial, "%s", peer_serial);
	p->own_at = own_at;
	strcpy(p->ids, peer_id);
	strcpy(p->ids + own_at, own_id);
	return p;
}

void event_parties(const struct parties *p, const char **ret_own_id, const char **ret_own_serial,
		   const char **ret_peer_id, const char **ret_peer_serial)
{
	*ret_own_id = p->ids + p->own_at;
	*ret_own_serial = p->own_serial;
	*ret_peer_id = p->ids;
	*ret_peer_serial = p->peer_serial;
}

static void add_parties(struct audit_event *ev, const struct parties *p)
{
	if (p)
		event_parties(p, &ev->own_id, &ev->own_serial, &ev->peer_id, &ev->peer_serial);
}

static struct audit_event of_conn(enum audit_type type, const struct conn *c)
{
	return (struct audit_event){
		.type = type,
		.role = c->server ? "server" : "client",
		.rule = c->rule ? rule_name(c->rule) : "default",
		.local = c->local.sa.sa_family ? &c->local.sa : NULL,
		.remote = c->remote.sa.sa_family ? &c->remote.sa : NULL,
	};
}

static void add_own(struct audit_event *ev, const struct svid_snapshot *own)
{
	const struct svid_info *info = own ? svid_snapshot_info(own, 0) : NULL;

	if (info) {
		ev->own_id = info->id.uri;
		ev->own_serial = info->serial;
	}
}

static void add_peer(struct audit_event *ev, const struct handshake_peer *peer)
{
	if (peer && peer->id.len) {
		ev->peer_id = peer->id.uri;
		ev->expiry = peer->not_after;
	}
	if (peer && peer->serial[0])
		ev->peer_serial = peer->serial;
}

static void add_err(struct audit_event *ev, const struct err *err)
{
	ev->cls = err->cls;
	ev->reason = err->text;
	ev->alert = err->tls_alert > 0 ? err->tls_alert : 0;
}

/* Both ends' events must tell who someone is from what he may do. */
static const char *phase_of(const struct err *err)
{
	switch (err->cls) {
	case ERR_CERT_MISSING:
	case ERR_CERT_CHAIN:
	case ERR_CERT_EXPIRED:
	case ERR_CERT_NOT_YET:
	case ERR_CERT_REVOKED:
	case ERR_CERT_SVID:
	case ERR_CERT_NO_BUNDLE:
		return "authentication";
	case ERR_PEER_DENIED:
		return "authorization";
	case ERR_AGENT_UNAVAILABLE:
	case ERR_AGENT_DENIED:
	case ERR_AGENT_FINAL:
	case ERR_NO_IDENTITY:
		return "identity";
	case ERR_ALERT:
		/* What the peer thought of us (RFC 8446 6.2): 49 is its policy. */
		if (err->tls_alert == ALERT_access_denied)
			return "authorization";
		return (err->tls_alert >= ALERT_bad_certificate &&
			err->tls_alert <= ALERT_unknown_ca) ||
				       err->tls_alert == ALERT_certificate_required
			       ? "authentication"
			       : "protocol";
	default:
		return "protocol";
	}
}

void event_handshake_ok(struct conn *c, const struct svid_snapshot *own,
			const struct handshake_peer *peer, const char *suite)
{
	struct audit_event ev = of_conn(AUDIT_HANDSHAKE_OK, c);
	const struct svid_info *info = own ? svid_snapshot_info(own, 0) : NULL;

	if (info && !c->parties)
		c->parties = event_parties_again(info->id.uri, info->serial, peer->id.uri,
						 peer->serial);
	add_own(&ev, own);
	add_peer(&ev, peer);
	ev.suite = suite;
	emit(&ev);
}

void event_handshake_refused(const struct conn *c, const struct svid_snapshot *own,
			     const struct handshake_peer *peer, const struct err *err)
{
	struct audit_event ev = of_conn(AUDIT_HANDSHAKE_REFUSED, c);

	add_own(&ev, own);
	add_peer(&ev, peer);
	add_err(&ev, err);
	ev.phase = phase_of(err);
	emit(&ev);
}

void event_no_identity(const struct rule *rule, const struct sockaddr *remote,
		       const struct err *err)
{
	struct audit_event ev = {
		.type = AUDIT_HANDSHAKE_REFUSED,
		.role = "client",
		.rule = rule_name(rule),
		.remote = remote,
		.phase = "identity",
	};

	add_err(&ev, err);
	emit(&ev);
}

void event_no_room(bool server, const struct rule *rule, const struct sockaddr *local,
		   const struct sockaddr *remote)
{
	struct audit_event ev = {
		.type = AUDIT_HANDSHAKE_REFUSED,
		.role = server ? "server" : "client",
		.rule = rule_name(rule),
		.local = local,
		.remote = remote,
		.phase = "protocol",
		.cls = ERR_NOMEM,
		.reason = "no memory or descriptor for the connection; is memfd_create forbidden "
			  "(seccomp), or a limit reached (RLIMIT_FSIZE, RLIMIT_NOFILE)?",
	};

	emit(&ev);
}

void event_broken(const struct conn *c, const struct err *err)
{
	struct audit_event ev = of_conn(AUDIT_CONNECTION_BROKEN, c);

	add_parties(&ev, c->parties);
	add_err(&ev, err);
	ev.phase = phase_of(err);
	emit(&ev);
}

void event_denied(bool server, const struct rule *rule, const struct sockaddr *local,
		  const struct sockaddr *remote, const char *reason)
{
	struct audit_event ev = {
		.type = AUDIT_CONNECTION_DENIED,
		.role = server ? "server" : "client",
		.rule = rule ? rule_name(rule) : "default",
		.local = local,
		.remote = remote,
		.phase = "policy",
		.cls = ERR_RULE_DENIED,
		.reason = reason,
	};

	emit(&ev);
}

void event_call_refused(const char *call, const struct conn *c, const char *reason)
{
	struct audit_event ev = { .type = AUDIT_CALL_REFUSED };

	if (c && c->slot)
		ev = of_conn(AUDIT_CALL_REFUSED, c);
	add_parties(&ev, c ? c->parties : NULL);
	ev.call = call;
	ev.reason = reason;
	ev.cls = ERR_UNSUPPORTED;
	emit(&ev);
}

void event_svid(int type, const struct svid_info *info, const struct err *why)
{
	struct audit_event ev = { .type = (enum audit_type)type, .phase = "identity" };

	if (info) {
		ev.own_id = info->id.uri;
		ev.own_serial = info->serial;
		ev.expiry = info->not_after;
	}
	if (why)
		add_err(&ev, why);
	emit(&ev);
}

void event_policy(int type, const char *file, const char *reason)
{
	struct audit_event ev = {
		.type = (enum audit_type)type,
		.phase = "policy",
		.file = file,
		.reason = reason,
		.cls = type == AUDIT_POLICY_REJECTED ? ERR_PARSE : ERR_NONE,
	};

	emit(&ev);
}
