/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers: gRPC over HTTP/2 (PROTOCOL-HTTP2.md of gRPC). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grpc_internal.h"

#define CALLS_MAX 100 /* at once on one connection */
#define PREFIX_LEN 5  /* compressed flag, length in four bytes */

static nghttp2_nv nv_make(const char *name, const char *value)
{
	return (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name),
			     strlen(value), NGHTTP2_NV_FLAG_NONE };
}

static void call_free(struct grpc_call *call)
{
	const struct grpc_service *s = call->conn->srv->service;

	if (call->reached_service)
		s->on_call_end(s->ctx, call);
	free(call->current);
	free(call->waiting);
	free(call);
}

void conn_end_calls(struct conn *c)
{
	while (c->calls) {
		struct grpc_call *call = c->calls;

		c->calls = call->next;
		call_free(call);
	}
}

bool conn_drained(const struct conn *c)
{
	for (const struct grpc_call *call = c->calls; call; call = call->next)
		if (call->current || call->waiting)
			return false;
	return true;
}

/* ---- the answer ---- */

/* Alone (trailers_only) or after a body. nghttp2 copies what it is given. */
static void submit_status(struct grpc_call *call, bool trailers_only)
{
	char number[12];

	snprintf(number, sizeof number, "%d", (int)call->status);
	const nghttp2_nv nv[] = {
		nv_make(":status", "200"),
		nv_make("content-type", "application/grpc"),
		nv_make("grpc-status", number),
		nv_make("grpc-message", call->text),
	};
	call->ended = true;
	if (trailers_only)
		nghttp2_submit_response(call->conn->session, call->stream_id,
					nv, 4, NULL);
	else
		nghttp2_submit_trailer(call->conn->session, call->stream_id,
				       nv + 2, 2);
}

/* nghttp2 asks for the body's next bytes. */
static ssize_t read_body(nghttp2_session *session, int32_t stream_id,
			 uint8_t *buf, size_t cap, uint32_t *flags,
			 nghttp2_data_source *source, void *user_data)
{
	struct grpc_call *call = source->ptr;
	struct message *m;
	size_t n = 0;

	if (!call->current)
		call->current = STEAL(call->waiting);
	m = call->current;
	if (m) {
		n = m->len - m->sent < cap ? m->len - m->sent : cap;
		memcpy(buf, m->data + m->sent, n);
		m->sent += n;
		if (m->sent == m->len)
			free(STEAL(call->current));
	}
	if (call->finished && !call->current && !call->waiting) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		if (!call->ended)
			submit_status(call, false);
	} else if (n == 0) {
		return NGHTTP2_ERR_DEFERRED;
	}
	return (ssize_t)n;
}

static void start_answer(struct grpc_call *call)
{
	const nghttp2_nv nv[] = {
		nv_make(":status", "200"),
		nv_make("content-type", "application/grpc"),
	};
	const nghttp2_data_provider body = { .source.ptr = call,
					     .read_callback = read_body };

	if (call->started)
		nghttp2_session_resume_data(call->conn->session,
					    call->stream_id);
	else
		nghttp2_submit_response(call->conn->session, call->stream_id,
					nv, 2, &body);
	call->started = true;
}

struct result grpc_call_send(struct grpc_call *call, const uint8_t *msg,
			     size_t len, struct err *reterr)
{
	struct message *m = len <= UINT32_MAX
				    ? malloc(sizeof *m + PREFIX_LEN + len)
				    : NULL;

	if (!m)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	m->len = PREFIX_LEN + len;
	m->sent = 0;
	m->data[0] = 0;
	for (int i = 0; i < 4; i++)
		m->data[1 + i] = (uint8_t)(len >> (24 - 8 * i));
	memcpy(m->data + PREFIX_LEN, msg, len);
	free(call->waiting);
	call->waiting = m;
	start_answer(call);
	return RESULT_OK;
}

void grpc_call_finish(struct grpc_call *call, enum grpc_status status,
		      const char *text)
{
	if (call->finished)
		return;
	call->finished = true;
	call->status = status;
	call->text = text;
	if (call->started)
		nghttp2_session_resume_data(call->conn->session,
					    call->stream_id);
	else
		submit_status(call, true);
}

void grpc_call_drop(struct grpc_call *call)
{
	call->conn->drop = true;
}

void grpc_call_set_user(struct grpc_call *call, void *user)
{
	call->user = user;
}

void *grpc_call_user(const struct grpc_call *call)
{
	return call->user;
}

/* ---- the request ---- */

static bool equal(const uint8_t *a, size_t len, const char *b)
{
	return len == strlen(b) && memcmp(a, b, len) == 0;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *f,
			    void *user_data)
{
	struct conn *c = user_data;
	struct grpc_call *call;

	if (f->hd.type != NGHTTP2_HEADERS ||
	    f->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	call = calloc(1, sizeof *call);
	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	call->conn = c;
	call->stream_id = f->hd.stream_id;
	call->next = c->calls;
	c->calls = call;
	nghttp2_session_set_stream_user_data(session, f->hd.stream_id, call);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *f,
		     const uint8_t *name, size_t name_len, const uint8_t *val,
		     size_t val_len, uint8_t flags, void *user_data)
{
	const struct grpc_service *s = ((struct conn *)user_data)->srv->service;
	struct grpc_call *call =
		nghttp2_session_get_stream_user_data(session, f->hd.stream_id);

	if (!call)
		return 0;
	if (equal(name, name_len, ":path"))
		call->known_path = equal(val, val_len, s->path);
	else if (equal(name, name_len, ":method"))
		call->is_post = equal(val, val_len, "POST");
	else if (equal(name, name_len, "content-type"))
		call->is_grpc = val_len >= 16 &&
				memcmp(val, "application/grpc", 16) == 0;
	else if (equal(name, name_len, s->metadata_name))
		call->has_metadata = equal(val, val_len, s->metadata_value);
	return 0;
}

static void dispatch(struct conn *c, struct grpc_call *call)
{
	static const char unsupported[] = "415";
	const nghttp2_nv nv = nv_make(":status", unsupported);
	const struct grpc_service *s = c->srv->service;

	if (!call->is_post || !call->is_grpc) {
		nghttp2_submit_response(c->session, call->stream_id, &nv, 1,
					NULL);
	} else if (!call->known_path) {
		grpc_call_finish(call, GRPC_UNIMPLEMENTED, "unknown method");
	} else if (!call->has_metadata) {
		/* SPIFFE_Workload_Endpoint.md 3 */
		grpc_call_finish(call, GRPC_INVALID_ARGUMENT,
				 "security header missing from request");
	} else {
		call->reached_service = true;
		s->on_call(s->ctx, call, c->peer);
	}
}

/* A server-streaming request is complete when the client has half-closed. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *f,
		    void *user_data)
{
	struct conn *c = user_data;
	struct grpc_call *call;

	if ((f->hd.type != NGHTTP2_HEADERS && f->hd.type != NGHTTP2_DATA) ||
	    !(f->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	call = nghttp2_session_get_stream_user_data(session, f->hd.stream_id);
	if (call)
		dispatch(c, call);
	return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id,
			   uint32_t error_code, void *user_data)
{
	struct conn *c = user_data;

	for (struct grpc_call **at = &c->calls; *at; at = &(*at)->next) {
		struct grpc_call *call = *at;

		if (call->stream_id != stream_id)
			continue;
		*at = call->next;
		call_free(call);
		break;
	}
	return 0;
}

bool conn_start_http2(struct conn *c)
{
	const nghttp2_settings_entry settings = {
		NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, CALLS_MAX
	};
	nghttp2_session_callbacks *cb;
	int rc;

	if (nghttp2_session_callbacks_new(&cb))
		return false;
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb,
								on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb,
							       on_stream_close);
	rc = nghttp2_session_server_new(&c->session, cb, c);
	nghttp2_session_callbacks_del(cb);
	return rc == 0 && nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE,
						  &settings, 1) == 0;
}
