/* SPDX-License-Identifier: Apache-2.0 */
/* The planted bug: an invariant that a ticket cut over records breaks. */
#define PLANTED_CLAIM(state) ((state).skip == 0)
#include "post_handshake_fuzz.c"
