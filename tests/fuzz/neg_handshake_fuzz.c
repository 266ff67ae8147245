/* SPDX-License-Identifier: Apache-2.0 */
/* The planted bug: a claim that a good ClientHello (more than an alert comes
 * back) breaks. */
#define PLANTED_CLAIM(sent) (!cfg.server || (sent) < 100)
#include "handshake_fuzz.c"
