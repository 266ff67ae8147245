/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/openssl_init.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

struct result openssl_init(struct err *reterr)
{
	const uint64_t opts = OPENSSL_INIT_NO_LOAD_CONFIG |
			      OPENSSL_INIT_NO_ATEXIT;

	/* libcrypto first: OPENSSL_init_ssl would do it with its own flags. */
	if (OPENSSL_init_crypto(opts, NULL) == 1 &&
	    OPENSSL_init_ssl(opts, NULL) == 1)
		return RESULT_OK;
	ERR_clear_error();
	return FAIL(reterr, ERR_TLS, "OpenSSL does not initialise");
}
