/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent can send: bytes of an HTTP/2 connection, the gRPC messages in
 * them, the X509SVIDResponse in those. The first byte is the size of the pieces
 * in which they arrive. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "workload/grpc_stream.h"
#include "workload/svid_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static volatile uint8_t sink;

static void read_all(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		sink ^= b.data[i];
}

static void read_text(const char *s)
{
	read_all((struct bytes){ (const uint8_t *)s, strlen(s) });
}

static void walk(const struct svid_response *r)
{
	for (size_t i = 0; i < r->n_svids; i++) {
		read_text(r->svids[i].spiffe_id);
		read_all(r->svids[i].chain);
		read_all(r->svids[i].key);
		read_all(r->svids[i].bundle);
		read_text(r->svids[i].hint);
	}
	for (size_t i = 0; i < r->n_crls; i++)
		read_all(r->crls[i]);
	for (size_t i = 0; i < r->n_federated; i++) {
		read_text(r->federated[i].trust_domain);
		read_all(r->federated[i].bundle);
	}
}

static void on_message(void *ctx, const uint8_t *msg, size_t len)
{
	struct svid_message *m = NULL;
	struct err err = { 0 };

#ifdef PLANTED_BUG
	/* Takes for granted that a message has a first field and its length. */
	sink ^= msg[0] == 0x0a ? msg[msg[1] * 64] : 0;
#endif
	if (failed(svid_message_decode(msg, len, &m, &err))) {
		if (m || err.text[0] == '\0')
			abort();
		return;
	}
	walk(svid_message_response(m));
	svid_message_free(m);
}

/* Received pieces are copied, so that reading past one is seen. */
static struct result receive(struct grpc_stream *s, const uint8_t *data, size_t len)
{
	struct err err = { 0 };
	uint8_t *copy = malloc(len);
	struct result r;

	if (!copy)
		abort();
	memcpy(copy, data, len);
	r = grpc_stream_receive(s, copy, len, &err);
	free(copy);
	if (failed(r) != (err.cls != ERR_NONE))
		abort();
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct grpc_stream *s = NULL;
	struct grpc_status st;
	size_t unsent, piece;

	if (len < 1 || failed(grpc_stream_new("localhost", on_message, NULL, &s, NULL)))
		return 0;
	piece = *data ? *data : GRPC_STREAM_CHUNK_MAX;
	data++;
	len--;
	while (len > 0) {
		size_t n = len < piece ? len : piece;

		grpc_stream_pending(s, &unsent);
		grpc_stream_sent(s, unsent);
		if (grpc_stream_ended(s, &st) || failed(receive(s, data, n)))
			break;
		data += n;
		len -= n;
	}
	if (grpc_stream_ended(s, &st) &&
	    (strlen(st.message) >= GRPC_MESSAGE_MAX || strpbrk(st.message, "\n\r")))
		abort();
	grpc_stream_free(s);
	return 0;
}
