/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/grpc_status.h"

#include <nghttp2/nghttp2.h>

#include "workload/percent.h"

static const char *const names[] = {
#define X(n, code, name) [n] = name,
	GRPC_CODES(X)
#undef X
};
#define N_CODES (sizeof names / sizeof *names)

/* gRPC http-grpc-status-mapping. */
static const struct {
	int http;
	enum grpc_code code;
} of_http[] = {
	{ 400, GRPC_INTERNAL },	   { 401, GRPC_UNAUTHENTICATED },
	{ 403, GRPC_PERMISSION_DENIED }, { 404, GRPC_UNIMPLEMENTED },
	{ 429, GRPC_UNAVAILABLE }, { 431, GRPC_INTERNAL },
	{ 502, GRPC_UNAVAILABLE }, { 503, GRPC_UNAVAILABLE },
	{ 504, GRPC_UNAVAILABLE },
};

/* gRPC PROTOCOL-HTTP2, "Errors". What is not here is GRPC_INTERNAL. */
static const struct {
	uint32_t h2;
	enum grpc_code code;
} of_h2[] = {
	{ NGHTTP2_REFUSED_STREAM, GRPC_UNAVAILABLE },
	{ NGHTTP2_CANCEL, GRPC_CANCELLED },
	{ NGHTTP2_ENHANCE_YOUR_CALM, GRPC_RESOURCE_EXHAUSTED },
	{ NGHTTP2_INADEQUATE_SECURITY, GRPC_PERMISSION_DENIED },
};

const char *grpc_code_name(enum grpc_code code)
{
	return (unsigned)code < N_CODES ? names[code] : "?";
}

enum grpc_code grpc_code_parse(const uint8_t *s, size_t len)
{
	unsigned n = 0;

	if (len == 0 || len > 2)
		return GRPC_UNKNOWN;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return GRPC_UNKNOWN;
		n = n * 10 + (s[i] - '0');
	}
	return n < N_CODES ? (enum grpc_code)n : GRPC_UNKNOWN;
}

enum grpc_code grpc_code_from_http(int http_status)
{
	for (size_t i = 0; i < sizeof of_http / sizeof *of_http; i++)
		if (of_http[i].http == http_status)
			return of_http[i].code;
	return GRPC_UNKNOWN;
}

enum grpc_code grpc_code_from_h2_error(uint32_t error_code)
{
	for (size_t i = 0; i < sizeof of_h2 / sizeof *of_h2; i++)
		if (of_h2[i].h2 == error_code)
			return of_h2[i].code;
	return GRPC_INTERNAL;
}

void grpc_message_decode(const uint8_t *s, size_t len,
			 char ret[GRPC_MESSAGE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < GRPC_MESSAGE_MAX; i++) {
		uint8_t c = s[i];

		int escaped = c == '%' && len - i > 2 ?
			percent_byte((char)s[i + 1], (char)s[i + 2]) : -1;

		if (escaped >= 0) {
			c = (uint8_t)escaped;
			i += 2;
		}
		ret[n++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	ret[n] = '\0';
}
