/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_h2.h"

#include <stdio.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

struct buf {
	uint8_t *data;
	size_t len, cap;
};

struct fake_h2 {
	nghttp2_session *h2;
	int32_t id;
	struct buf request, body, queue, out;
	bool request_ended, responded, eof, trailers_follow;
	const char *status, *message;
	unsigned pings;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fake_h2: %s\n", what);
	abort();
}

static void append(struct buf *b, const void *data, size_t len)
{
	if (b->cap - b->len < len) {
		b->cap = (b->len + len) * 2;
		b->data = realloc(b->data, b->cap);
		must(b->data, "out of memory");
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame,
		     const uint8_t *name, size_t name_len, const uint8_t *value,
		     size_t value_len, uint8_t flags, void *ctx)
{
	struct fake_h2 *h = ctx;

	append(&h->request, name, name_len);
	append(&h->request, ": ", 2);
	append(&h->request, value, value_len);
	append(&h->request, "\n", 1);
	return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t id,
		   const uint8_t *data, size_t len, void *ctx)
{
	struct fake_h2 *h = ctx;

	append(&h->body, data, len);
	return 0;
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *ctx)
{
	struct fake_h2 *h = ctx;

	if (frame->hd.type == NGHTTP2_PING && frame->hd.flags & NGHTTP2_FLAG_ACK)
		h->pings++;
	if (frame->hd.type == NGHTTP2_HEADERS)
		h->id = frame->hd.stream_id;
	if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
	    frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
		append(&h->request, "", 1);
		h->request_ended = true;
	}
	return 0;
}

static void collect(struct fake_h2 *h)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(h->h2, &data)) > 0)
		append(&h->out, data, (size_t)n);
	must(n == 0, "mem_send failed");
}

struct fake_h2 *fake_h2_new(void)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100 },
	};
	struct fake_h2 *h = calloc(1, sizeof *h);
	nghttp2_session_callbacks *cb = NULL;

	must(h && nghttp2_session_callbacks_new(&cb) == 0, "out of memory");
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	must(nghttp2_session_server_new(&h->h2, cb, h) == 0, "out of memory");
	nghttp2_session_callbacks_del(cb);
	must(nghttp2_submit_settings(h->h2, 0, settings, 1) == 0, "settings");
	collect(h);
	return h;
}

void fake_h2_free(struct fake_h2 *h)
{
	if (!h)
		return;
	nghttp2_session_del(h->h2);
	free(h->request.data);
	free(h->body.data);
	free(h->queue.data);
	free(h->out.data);
	free(h);
}

bool fake_h2_feed(struct fake_h2 *h, const uint8_t *data, size_t len)
{
	ssize_t n = nghttp2_session_mem_recv(h->h2, data, len);

	collect(h);
	return n >= 0 && (size_t)n == len && nghttp2_session_want_read(h->h2);
}

const uint8_t *fake_h2_take(struct fake_h2 *h, size_t *ret_len)
{
	*ret_len = h->out.len;
	h->out.len = 0;
	return h->out.data;
}

const char *fake_h2_request(const struct fake_h2 *h)
{
	return h->request_ended ? (const char *)h->request.data : NULL;
}

const uint8_t *fake_h2_request_body(const struct fake_h2 *h, size_t *ret_len)
{
	*ret_len = h->body.len;
	return h->body.data;
}

uint32_t fake_h2_client_window(const struct fake_h2 *h)
{
	return (uint32_t)nghttp2_session_get_remote_window_size(h->h2);
}

unsigned fake_h2_ping_answers(const struct fake_h2 *h)
{
	return h->pings;
}

static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name),
			     strlen(value), NGHTTP2_NV_FLAG_NONE };
}

static size_t trailer_fields(struct fake_h2 *h, nghttp2_nv nv[2])
{
	size_t n = 0;

	if (h->status)
		nv[n++] = field("grpc-status", h->status);
	if (h->message)
		nv[n++] = field("grpc-message", h->message);
	return n;
}

static ssize_t read_queue(nghttp2_session *h2, int32_t id, uint8_t *buf,
			  size_t cap, uint32_t *flags,
			  nghttp2_data_source *source, void *ctx)
{
	struct fake_h2 *h = ctx;
	size_t n = h->queue.len < cap ? h->queue.len : cap;

	if (n == 0 && !h->eof)
		return NGHTTP2_ERR_DEFERRED;
	if (n > 0) {
		memcpy(buf, h->queue.data, n);
		memmove(h->queue.data, h->queue.data + n, h->queue.len - n);
		h->queue.len -= n;
	}
	if (h->queue.len == 0 && h->eof) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (h->trailers_follow) {
			nghttp2_nv nv[2];
			size_t n_fields = trailer_fields(h, nv);

			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
			must(nghttp2_submit_trailer(h2, id, nv, n_fields) == 0, "trailer");
		}
	}
	return (ssize_t)n;
}

void fake_h2_headers(struct fake_h2 *h, const char *http_status,
		     const char *content_type)
{
	nghttp2_nv nv[] = { field(":status", http_status),
			    field("content-type", content_type) };
	nghttp2_data_provider data = { .read_callback = read_queue };

	must(nghttp2_submit_response(h->h2, h->id, nv, 2, &data) == 0, "response");
	h->responded = true;
	collect(h);
}

void fake_h2_data(struct fake_h2 *h, const void *data, size_t len)
{
	append(&h->queue, data, len);
	(void)nghttp2_session_resume_data(h->h2, h->id);
	collect(h);
}

void fake_h2_message(struct fake_h2 *h, const void *msg, size_t len)
{
	uint8_t prefix[5] = { 0, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
			      (uint8_t)(len >> 8), (uint8_t)len };

	append(&h->queue, prefix, sizeof prefix);
	fake_h2_data(h, msg, len);
}

void fake_h2_trailers(struct fake_h2 *h, const char *status, const char *message)
{
	nghttp2_nv nv[4] = { field(":status", "200"),
			     field("content-type", "application/grpc") };

	h->status = status;
	h->message = message;
	if (h->responded) {
		h->eof = h->trailers_follow = true;
		fake_h2_data(h, NULL, 0);
		return;
	}
	must(nghttp2_submit_response(h->h2, h->id, nv, 2 + trailer_fields(h, nv + 2),
				     NULL) == 0, "trailers-only");
	collect(h);
}

void fake_h2_end_data(struct fake_h2 *h)
{
	h->eof = true;
	fake_h2_data(h, NULL, 0);
}

void fake_h2_reset(struct fake_h2 *h, uint32_t error)
{
	must(nghttp2_submit_rst_stream(h->h2, 0, h->id, error) == 0, "rst_stream");
	collect(h);
}

void fake_h2_goaway(struct fake_h2 *h, int32_t last_stream, uint32_t error)
{
	must(nghttp2_submit_goaway(h->h2, 0, last_stream, error, NULL, 0) == 0, "goaway");
	collect(h);
}

void fake_h2_ping(struct fake_h2 *h)
{
	must(nghttp2_submit_ping(h->h2, 0, NULL) == 0, "ping");
	collect(h);
}
