/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and addresses for tests, in one line each. All fail the test rather
 * than return what is wrong. */
#ifndef SVIDWRAP_TESTS_POLICY_FIXTURE_H
#define SVIDWRAP_TESTS_POLICY_FIXTURE_H

#include "policy/policy.h"

/* A policy from its text. The caller unrefs it. */
struct policy *policy_of(const char *text);

/* "10.0.0.1", "fd00::1" or "::ffff:10.0.0.1", and a port. Static, overwritten by
 * the fourth call from now on. */
const struct sockaddr *address_of(const char *ip, unsigned port);

/* The name of the rule that speaks, "default", or "claimed by NAME"; then a space
 * and the mode. Static. */
const char *accept_verdict(const struct policy *p, const char *ip, unsigned port);
const char *connect_verdict(const struct policy *p, const char *ip, unsigned port,
			    const struct name_table *names);

#endif
