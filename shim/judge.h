/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policy says of this process's sockets. Without a policy (none, or a
 * bad one) everything that it would judge is denied.
 */
#ifndef SVIDWRAP_SHIM_JUDGE_H
#define SVIDWRAP_SHIM_JUDGE_H

#include <netdb.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "policy/policy.h"

/* Loads the policy that SVIDWRAP_POLICY names, else /etc/svidwrap/policy.yaml. */
void judge_init(void);
/* The policy's workload_api, else SPIFFE_ENDPOINT_SOCKET; may be NULL. */
const char *judge_agent_address(void);
/* Is there a rule that needs an identity? */
bool judge_enforces(void);

struct verdict judge_accept(const struct sockaddr *local);
struct verdict judge_connect(const struct sockaddr *remote);
bool judge_listener(const struct sockaddr *local);
/* The enforce rule of that name and direction, or NULL. */
const struct rule *judge_rule(const char *name, bool accept);

/* Addresses that this process was given for a name. */
void judge_note_addrinfo(const char *host, const struct addrinfo *list);
void judge_note_hostent(const char *host, const struct hostent *h);

void judge_fork_lock(void);
void judge_fork_unlock(void);
void judge_fork_child(void);

#endif
