/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of policies that are refused, with the exact message. */
#ifndef SVIDWRAP_TESTS_POLICY_REJECT_H
#define SVIDWRAP_TESTS_POLICY_REJECT_H

#include <stddef.h>

#define HEAD "version: 1\ndefault: deny\nrules:\n"
#define A_RULE HEAD "  - name: a\n"
#define A_ADDR A_RULE "    accept: 10.0.0.1:80\n"
#define X_PEERS "\n    peers: [spiffe://corp.local/x]\n"

struct policy_reject {
	const char *claim; /* the test's name */
	const char *text;  /* of the policy, which messages call p.yaml */
	const char *diag;  /* exact, but ~ stands for the rest of a line that others word */
};

/* Runs each row as a test of its own; cmocka's result. */
int policy_reject_run(const struct policy_reject *rows, size_t n);

#endif
