/* SPDX-License-Identifier: Apache-2.0 */
/* The planted bug: a caller's buffer one byte too small. Must be found. */
#define PLANTED_SHORTAGE 1
#include "record_fuzz.c"
