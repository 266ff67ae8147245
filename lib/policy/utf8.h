/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SVIDWRAP_POLICY_UTF8_H
#define SVIDWRAP_POLICY_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length in bytes of the character at s (len > 0 bytes are there), 0 if it is
 * not well-formed (RFC 3629 4). ctx: signal. */
size_t utf8_next(const char *s, size_t len, uint32_t *ret_char);

/* A control character other than tab, or one that turns the writing direction:
 * neither belongs in a policy, nor on a terminal. ctx: signal. */
bool utf8_is_control(uint32_t c);

#endif
