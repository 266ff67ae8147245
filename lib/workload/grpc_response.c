/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/grpc_response.h"

#include <stdio.h>
#include <string.h>

void grpc_response_begin(struct grpc_response *r)
{
	r->has_status = false;
	r->status = (struct grpc_status){ .code = GRPC_UNKNOWN };
}

static void take_http_status(struct grpc_response *r, const uint8_t *v, size_t len)
{
	int n = 0;

	if (len != 3)
		return;
	for (size_t i = 0; i < len; i++) {
		if (v[i] < '0' || v[i] > '9')
			return;
		n = n * 10 + (v[i] - '0');
	}
	r->http_status = n;
}

/* PROTOCOL-HTTP2, "Content-Type": alone, with a +suffix, or with parameters. */
static void take_content_type(struct grpc_response *r, const uint8_t *v, size_t len)
{
	static const char want[] = "application/grpc";
	size_t n = sizeof want - 1;

	r->is_grpc = len >= n && memcmp(v, want, n) == 0 &&
		     (len == n || v[n] == '+' || v[n] == ';' || v[n] == ' ');
}

static void take_status(struct grpc_response *r, const uint8_t *v, size_t len)
{
	r->has_status = true;
	r->status.code = grpc_code_parse(v, len);
}

static void take_message(struct grpc_response *r, const uint8_t *v, size_t len)
{
	grpc_message_decode(v, len, r->status.message);
}

static const struct {
	const char *name;
	void (*take)(struct grpc_response *r, const uint8_t *v, size_t len);
} fields[] = {
	{ ":status", take_http_status },
	{ "content-type", take_content_type },
	{ "grpc-status", take_status },
	{ "grpc-message", take_message },
};

void grpc_response_field(struct grpc_response *r, const uint8_t *name,
			 size_t name_len, const uint8_t *value, size_t value_len)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (strlen(fields[i].name) == name_len &&
		    memcmp(fields[i].name, name, name_len) == 0)
			fields[i].take(r, value, value_len);
}

void grpc_response_trailers(struct grpc_response *r)
{
	r->trailers = true;
}

bool grpc_response_has_messages(const struct grpc_response *r)
{
	return r->http_status == 200 && r->is_grpc;
}

struct grpc_status grpc_response_end(const struct grpc_response *r,
				     uint32_t h2_error)
{
	struct grpc_status st = { .code = GRPC_UNKNOWN };

	if (r->trailers && r->has_status)
		return r->status;
	if (h2_error != 0) {
		st.code = grpc_code_from_h2_error(h2_error);
		snprintf(st.message, sizeof st.message,
			 "the stream was reset with HTTP/2 error %u", h2_error);
	} else if (r->http_status != 200) {
		st.code = grpc_code_from_http(r->http_status);
		snprintf(st.message, sizeof st.message,
			 "HTTP status %d and no gRPC status", r->http_status);
	} else {
		snprintf(st.message, sizeof st.message, "%s",
			 r->is_grpc ? "the stream ended without a gRPC status" :
				      "the response is not gRPC");
	}
	return st;
}
