/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts (RFC 8446 6): numbers and names from one list. ctx: signal. */
#ifndef SVIDWRAP_TLS_ALERT_H
#define SVIDWRAP_TLS_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALERT_LEN 2 /* RFC 8446 6: level and description */
#define ALERT_LEVEL_WARNING 1
#define ALERT_LEVEL_FATAL 2

/* RFC 8446 B.2: those TLS 1.3 knows. */
#define TLS_ALERTS(X) \
	X(close_notify, 0) \
	X(unexpected_message, 10) \
	X(bad_record_mac, 20) \
	X(record_overflow, 22) \
	X(handshake_failure, 40) \
	X(bad_certificate, 42) \
	X(unsupported_certificate, 43) \
	X(certificate_revoked, 44) \
	X(certificate_expired, 45) \
	X(certificate_unknown, 46) \
	X(illegal_parameter, 47) \
	X(unknown_ca, 48) \
	X(access_denied, 49) \
	X(decode_error, 50) \
	X(decrypt_error, 51) \
	X(protocol_version, 70) \
	X(insufficient_security, 71) \
	X(internal_error, 80) \
	X(inappropriate_fallback, 86) \
	X(user_canceled, 90) \
	X(missing_extension, 109) \
	X(unsupported_extension, 110) \
	X(unrecognized_name, 112) \
	X(bad_certificate_status_response, 113) \
	X(unknown_psk_identity, 115) \
	X(certificate_required, 116) \
	X(no_application_protocol, 120)

enum tls_alert {
#define X(name, number) ALERT_##name = number,
	TLS_ALERTS(X)
#undef X
};

/* "access_denied"; "unknown alert" for a number TLS 1.3 does not know. */
const char *tls_alert_name(int number);

enum alert_kind {
	ALERT_KIND_FATAL,   /* the connection is over (RFC 8446 6.2) */
	ALERT_KIND_CLOSE,   /* close_notify: no more data follows (6.1) */
	ALERT_KIND_IGNORED, /* user_canceled: a close_notify should follow (6.1) */
};

struct alert_received {
	enum alert_kind kind;
	uint8_t number;
};

/* The content of an alert record (RFC 8446 6). False, and nothing written, if it
 * is not exactly one alert: the answer is decode_error. */
bool tls_alert_parse(const uint8_t *content, size_t len,
		     struct alert_received *ret);

/* The content of an alert record to seal as CT_ALERT, with the level that RFC
 * 8446 6 asks for. */
void tls_alert_build(int number, uint8_t ret[ALERT_LEN]);

#endif
