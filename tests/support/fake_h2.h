/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of one gRPC call in memory, for tests of the client: an
 * nghttp2 server session, so that what the client sends is judged by a real
 * HTTP/2 peer. What it wants to send gathers in a buffer. Aborts when it cannot
 * do what the test asks for.
 */
#ifndef SVIDWRAP_TESTS_FAKE_H2_H
#define SVIDWRAP_TESTS_FAKE_H2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct fake_h2;

struct fake_h2 *fake_h2_new(void);
void fake_h2_free(struct fake_h2 *h); /* takes NULL */
DEFINE_CLEANUP(fake_h2, fake_h2_free)

/* Bytes from the client. false: they are not HTTP/2. */
bool fake_h2_feed(struct fake_h2 *h, const uint8_t *data, size_t len);
/* What is to be sent to the client; borrowed until the next call. Empties the
 * buffer. */
const uint8_t *fake_h2_take(struct fake_h2 *h, size_t *ret_len);

/* The request: "name: value\n" for each field, in order; NULL until it has
 * ended. */
const char *fake_h2_request(const struct fake_h2 *h);
const uint8_t *fake_h2_request_body(const struct fake_h2 *h, size_t *ret_len);
/* What the client told: its window, whether its PING answer and RST_STREAM came. */
uint32_t fake_h2_client_window(const struct fake_h2 *h);
unsigned fake_h2_ping_answers(const struct fake_h2 *h);

/* The response, piece by piece. */
void fake_h2_headers(struct fake_h2 *h, const char *http_status,
		     const char *content_type);
void fake_h2_data(struct fake_h2 *h, const void *data, size_t len);
void fake_h2_message(struct fake_h2 *h, const void *msg, size_t len);
/* status or message may be NULL. Without headers before: trailers-only. */
void fake_h2_trailers(struct fake_h2 *h, const char *status, const char *message);
/* END_STREAM on an empty DATA frame. */
void fake_h2_end_data(struct fake_h2 *h);
void fake_h2_reset(struct fake_h2 *h, uint32_t error);
void fake_h2_goaway(struct fake_h2 *h, int32_t last_stream, uint32_t error);
void fake_h2_ping(struct fake_h2 *h);

#endif
