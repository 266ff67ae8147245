/* SPDX-License-Identifier: Apache-2.0 */
/* Test vectors as the RFCs print them. */
#ifndef SVIDWRAP_TESTS_TLS_HEX_H
#define SVIDWRAP_TESTS_TLS_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Hex digits with any space between. Aborts when they do not fit or are odd.
 * Returns the number of bytes. */
size_t tls_hex(const char *text, uint8_t *out, size_t cap);

#endif
