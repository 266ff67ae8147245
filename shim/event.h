/* SPDX-License-Identifier: Apache-2.0 */
/* The shim's audit events: one function for each thing that happens. */
#ifndef SVIDWRAP_SHIM_EVENT_H
#define SVIDWRAP_SHIM_EVENT_H

#include <sys/socket.h>

#include "base/err.h"
#include "spiffe/svid_snapshot.h"
#include "tls/handshake.h"

struct conn;
struct rule;

/* Opens the log that SVIDWRAP_LOG names, or the system log. */
void event_init(void);

/* Also remembers in c who met; later events of the connection name both. */
void event_handshake_ok(struct conn *c, const struct svid_snapshot *own,
			const struct handshake_peer *peer, const char *suite);
/* For another image of this process: who met, and the same again. The strings are
 * p's. */
struct parties;
void event_parties(const struct parties *p, const char **ret_own_id, const char **ret_own_serial,
		   const char **ret_peer_id, const char **ret_peer_serial);
struct parties *event_parties_again(const char *own_id, const char *own_serial,
				    const char *peer_id, const char *peer_serial);
/* own and peer may be NULL. The phase follows from err's class. */
void event_handshake_refused(const struct conn *c, const struct svid_snapshot *own,
			     const struct handshake_peer *peer, const struct err *err);
/* A connect that never began: nobody to speak as. */
void event_no_identity(const struct rule *rule, const struct sockaddr *remote,
		       const struct err *err);
/* A connection that cannot be carried: no slot, no descriptor. local and remote
 * may be NULL. */
void event_no_room(bool server, const struct rule *rule, const struct sockaddr *local,
		   const struct sockaddr *remote);
void event_broken(const struct conn *c, const struct err *err);
void event_denied(bool server, const struct rule *rule, const struct sockaddr *local,
		  const struct sockaddr *remote, const char *reason);
void event_call_refused(const char *call, const struct conn *c, const char *reason);
/* type: AUDIT_SVID_*; info or why may be NULL. */
void event_svid(int type, const struct svid_info *info, const struct err *why);
/* type: AUDIT_POLICY_* */
void event_policy(int type, const char *file, const char *reason);

#endif
