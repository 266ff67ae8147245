/* SPDX-License-Identifier: Apache-2.0 */
/* The same target, whose own idea of the order of rules is wrong: it must notice
 * that the policy disagrees. */
#define POLICY_FUZZ_LAST_WINS
#include "policy_fuzz.c"
