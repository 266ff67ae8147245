/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL as a guest: no openssl.cnf, no atexit handler. Whoever loads OpenSSL
 * calls this before anything else touches it (a certificate parsed earlier would
 * already have read openssl.cnf); tls_context_new does it again, which costs
 * nothing. errors: ERR_TLS. ctx: any.
 */
#ifndef SVIDWRAP_TLS_OPENSSL_INIT_H
#define SVIDWRAP_TLS_OPENSSL_INIT_H

#include "base/err.h"

struct result openssl_init(struct err *reterr);

#endif
