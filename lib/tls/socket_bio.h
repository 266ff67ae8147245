/* SPDX-License-Identifier: Apache-2.0 */
/* A socket as OpenSSL sees it: send and recv of a struct sys that never block
 * and never raise SIGPIPE. Private to lib/tls. */
#ifndef SVIDWRAP_TLS_SOCKET_BIO_H
#define SVIDWRAP_TLS_SOCKET_BIO_H

#include <stdbool.h>

#include <openssl/bio.h>

#include "base/sys.h"

struct socket_io {
	const struct sys *sys;
	int fd;
	int sys_errno; /* of the call that failed for good; 0 if none */
	bool eof;      /* the peer's FIN was read */
	bool muted;    /* drop what is written instead of sending it */
};

/* One for each tls_context. Freed with BIO_meth_free. NULL: no memory. */
BIO_METHOD *socket_bio_method(void);
/* io is borrowed and outlives the BIO. NULL: no memory. */
BIO *socket_bio_new(const BIO_METHOD *method, struct socket_io *io);

#endif
