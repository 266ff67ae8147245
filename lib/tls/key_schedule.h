/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TLS 1.3 derives from an application traffic secret (RFC 8446 7.1 to
 * 7.3), and the three suites it is derived for. Used by lib/tls and its tests.
 */
#ifndef SVIDWRAP_TLS_KEY_SCHEDULE_H
#define SVIDWRAP_TLS_KEY_SCHEDULE_H

#include <openssl/evp.h>

#include "tls/record.h"

#define TRAFFIC_KEY_MAX 32
#define TRAFFIC_IV 12

struct suite_info {
	enum tls_suite suite;
	const char *name;
	const char *digest;    /* OpenSSL's name of the suite's hash */
	uint8_t secret_len;    /* the hash's length */
	uint8_t key_len;
	const EVP_CIPHER *(*cipher)(void);
};

/* NULL if it is not one of ours. Static. ctx: signal */
const struct suite_info *suite_info_get(unsigned suite);

/*
 * HKDF-Expand-Label(secret, label, "", out_len) of RFC 8446 7.1.
 * secret  suite->secret_len bytes
 * label   without the "tls13 " prefix; at most 249 bytes
 * errors  ERR_TLS (also for a length or label out of range), ERR_NOMEM; out is
 *         written on success only
 */
struct result hkdf_expand_label(const struct suite_info *suite,
				const uint8_t *secret, const char *label,
				uint8_t *out, size_t out_len,
				struct err *reterr);

#endif
