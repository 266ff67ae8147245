/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL as a guest: no openssl.cnf, no atexit handler, and what it frees is
 * cleansed. A process calls this once before anything else touches OpenSSL: a
 * certificate parsed earlier would already have read openssl.cnf and fixed the
 * allocator. tls_context_new calls it again, which changes nothing. Blocks from
 * OpenSSL (i2d_*, ...) are freed with OPENSSL_free only. errors: ERR_TLS. ctx:
 * any.
 */
#ifndef SVIDWRAP_TLS_OPENSSL_INIT_H
#define SVIDWRAP_TLS_OPENSSL_INIT_H

#include "base/err.h"

struct result openssl_init(struct err *reterr);

#endif
