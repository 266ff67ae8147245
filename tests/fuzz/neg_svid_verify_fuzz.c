/* SPDX-License-Identifier: Apache-2.0 */
/* The target believes that nobody is ever accepted: the fuzzer has to come all
 * the way through a built snapshot and a verified chain to know better. */
#define MAY_BE_ACCEPTED(leaf) ((leaf) == NULL)
#include "svid_verify_fuzz.c"
