/* SPDX-License-Identifier: Apache-2.0 */
/* The same target with a planted bug: a fuzzer that does not find it is blind. */
#define PLANTED_BUG
#include "workload_response_fuzz.c"
