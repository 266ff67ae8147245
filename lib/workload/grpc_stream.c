/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/grpc_stream.h"

#include <string.h>

#include <nghttp2/nghttp2.h>

#include "workload/grpc_message.h"
#include "workload/grpc_response.h"

#define METHOD_PATH "/SpiffeWorkloadAPI/FetchX509SVID"
#define USER_AGENT "svidwrap"
/* A whole message never waits for a WINDOW_UPDATE. */
#define WINDOW ((int32_t)(GRPC_MESSAGE_LEN_MAX + 65536))
#define HEADER_LIST_MAX 16384
/* A chunk of the smallest frames, each answered with one as long, is 16 KiB;
 * the greatest answer is our own request. */
#define OUT_MAX 65536

struct grpc_stream {
	nghttp2_session *h2;
	int32_t id;
	void (*on_message)(void *ctx, const uint8_t *msg, size_t len);
	void *ctx;

	size_t request_sent; /* of the request's message */
	struct grpc_response response;
	bool ended;
	struct grpc_status status; /* valid once ended */

	struct grpc_reader reader;
	uint64_t progress;
	struct result fault; /* of a callback, which can only say "failed" */
	struct err fault_err;

	uint8_t *out;
	size_t out_at, out_len;
};

/* ---- the response ---- */

static bool is_ours(const struct grpc_stream *s, const nghttp2_frame *frame)
{
	return frame->hd.stream_id == s->id && frame->hd.type == NGHTTP2_HEADERS;
}

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame,
			    void *ctx)
{
	struct grpc_stream *s = ctx;

	if (is_ours(s, frame))
		grpc_response_begin(&s->response);
	return 0;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame,
		     const uint8_t *name, size_t name_len, const uint8_t *value,
		     size_t value_len, uint8_t flags, void *ctx)
{
	struct grpc_stream *s = ctx;

	if (is_ours(s, frame))
		grpc_response_field(&s->response, name, name_len, value, value_len);
	return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t stream_id,
		   const uint8_t *data, size_t len, void *ctx)
{
	struct grpc_stream *s = ctx;

	if (stream_id != s->id || !grpc_response_has_messages(&s->response))
		return 0;
	s->progress += len;
	s->fault = grpc_reader_feed(&s->reader, data, len, s->on_message, s->ctx,
				    &s->fault_err);
	return failed(s->fault) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
	struct grpc_stream *s = ctx;

	if (is_ours(s, frame) && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		grpc_response_trailers(&s->response);
	return 0;
}

static int on_close(nghttp2_session *h2, int32_t stream_id, uint32_t error_code,
		    void *ctx)
{
	struct grpc_stream *s = ctx;

	if (stream_id == s->id && !s->ended) {
		s->ended = true;
		s->status = grpc_response_end(&s->response, error_code);
	}
	return 0;
}

/* One stream is all there is: what is wrong with it is wrong with the lot. */
static int on_invalid_frame(nghttp2_session *h2, const nghttp2_frame *frame,
			    int error, void *ctx)
{
	struct grpc_stream *s = ctx;

	s->fault = FAIL(&s->fault_err, ERR_AGENT_UNAVAILABLE,
			"the agent broke HTTP/2: %s", nghttp2_strerror(error));
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* ---- the request ---- */

/* The empty X509SVIDRequest: five zero bytes and the end of the stream. */
static ssize_t read_request(nghttp2_session *h2, int32_t stream_id, uint8_t *buf,
			    size_t len, uint32_t *flags,
			    nghttp2_data_source *source, void *ctx)
{
	struct grpc_stream *s = ctx;
	size_t n = GRPC_PREFIX_LEN - s->request_sent;

	if (n > len)
		n = len;
	memset(buf, 0, n);
	s->request_sent += n;
	if (s->request_sent == GRPC_PREFIX_LEN)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static nghttp2_nv header(const char *name, const char *value)
{
	return (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name),
			     strlen(value), NGHTTP2_NV_FLAG_NONE };
}

static int submit_request(struct grpc_stream *s, const char *authority)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST_MAX },
	};
	const nghttp2_nv nv[] = {
		header(":method", "POST"),
		header(":scheme", "http"),
		header(":path", METHOD_PATH),
		header(":authority", authority),
		header("te", "trailers"),
		header("content-type", "application/grpc"),
		header("user-agent", USER_AGENT),
		/* SPIFFE_Workload_Endpoint.md 3: mandatory, case-sensitive. */
		header("workload.spiffe.io", "true"),
	};
	nghttp2_data_provider request = { .read_callback = read_request };
	int rc = nghttp2_submit_settings(s->h2, NGHTTP2_FLAG_NONE, settings,
					 sizeof settings / sizeof *settings);

	if (rc == 0)
		rc = nghttp2_session_set_local_window_size(s->h2, NGHTTP2_FLAG_NONE,
							   0, WINDOW);
	if (rc == 0)
		rc = s->id = nghttp2_submit_request(s->h2, NULL, nv,
						    sizeof nv / sizeof *nv,
						    &request, NULL);
	return rc < 0 ? rc : 0;
}

/* ---- the session ---- */

static int open_session(struct grpc_stream *s)
{
	nghttp2_session_callbacks *cb = NULL;
	nghttp2_option *opt = NULL;
	int rc = nghttp2_session_callbacks_new(&cb);

	if (rc == 0)
		rc = nghttp2_option_new(&opt);
	if (rc == 0) {
		nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
		nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
		nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
		nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
		nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
		nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(cb, on_invalid_frame);
		nghttp2_option_set_no_closed_streams(opt, 1);
		nghttp2_option_set_max_reserved_remote_streams(opt, 0);
		rc = nghttp2_session_client_new2(&s->h2, cb, s, opt);
	}
	nghttp2_option_del(opt);
	nghttp2_session_callbacks_del(cb);
	return rc;
}

/* Moves what nghttp2 wants to send to s->out. */
static struct result collect_output(struct grpc_stream *s, struct err *reterr)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(s->h2, &data)) > 0) {
		if ((size_t)n > OUT_MAX - s->out_len)
			return FAIL(reterr, ERR_AGENT_UNAVAILABLE,
				    "the agent asks for too many answers");
		memcpy(s->out + s->out_len, data, (size_t)n);
		s->out_len += (size_t)n;
	}
	if (n == NGHTTP2_ERR_NOMEM)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	if (n < 0)
		return FAIL(reterr, ERR_AGENT_UNAVAILABLE, "HTTP/2: %s",
			    nghttp2_strerror((int)n));
	return RESULT_OK;
}

struct result grpc_stream_new(const char *authority,
			      void (*on_message)(void *ctx, const uint8_t *msg,
						 size_t len),
			      void *ctx, struct grpc_stream **ret,
			      struct err *reterr)
{
	AUTO_FREE(grpc_stream) s = calloc(1, sizeof *s);
	struct result r;

	if (!s || !(s->out = malloc(OUT_MAX)))
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	s->on_message = on_message;
	s->ctx = ctx;
	if (open_session(s) != 0 || submit_request(s, authority) != 0)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	r = collect_output(s, reterr);
	if (!failed(r))
		*ret = STEAL(s);
	return r;
}

void grpc_stream_free(struct grpc_stream *s)
{
	if (!s)
		return;
	nghttp2_session_del(s->h2);
	grpc_reader_clear(&s->reader);
	free(s->out);
	free(s);
}

const uint8_t *grpc_stream_pending(const struct grpc_stream *s, size_t *ret_len)
{
	*ret_len = s->out_len - s->out_at;
	return s->out + s->out_at;
}

void grpc_stream_sent(struct grpc_stream *s, size_t n)
{
	s->out_at += n;
	if (s->out_at >= s->out_len)
		s->out_at = s->out_len = 0;
}

struct result grpc_stream_receive(struct grpc_stream *s, const uint8_t *data,
				  size_t len, struct err *reterr)
{
	struct result r;
	ssize_t n;

	if (len > GRPC_STREAM_CHUNK_MAX || s->out_len > 0)
		return FAIL(reterr, ERR_AGENT_UNAVAILABLE,
			    "received too much, or before the answers were sent");
	n = nghttp2_session_mem_recv(s->h2, data, len);
	if (failed(s->fault)) {
		if (reterr)
			*reterr = s->fault_err;
		return s->fault;
	}
	if (n == NGHTTP2_ERR_NOMEM)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	if (n < 0)
		return FAIL(reterr, ERR_AGENT_UNAVAILABLE,
			    "the agent does not speak HTTP/2: %s",
			    nghttp2_strerror((int)n));
	r = collect_output(s, reterr);
	if (!failed(r) && !s->ended && !nghttp2_session_want_read(s->h2))
		return FAIL(reterr, ERR_AGENT_UNAVAILABLE, "the agent broke HTTP/2");
	return r;
}

bool grpc_stream_ended(const struct grpc_stream *s, struct grpc_status *ret)
{
	if (s->ended)
		*ret = s->status;
	return s->ended;
}

uint64_t grpc_stream_progress(const struct grpc_stream *s)
{
	return s->progress;
}
