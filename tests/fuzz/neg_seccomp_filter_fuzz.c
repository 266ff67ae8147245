/* SPDX-License-Identifier: Apache-2.0 */
/* The planted bug: more is read than came. Must be found. */
#define PLANTED_BUG 1
#include "seccomp_filter_fuzz.c"
