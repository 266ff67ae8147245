/* SPDX-License-Identifier: Apache-2.0 */
/* The application data phase of RFC 8448 3 (simple 1-RTT handshake), byte for
 * byte, in both roles. */
#include "tls/alert.h"
#include "tls/post_handshake.h"
#include "tls/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../support/tls_hex.h"

#define CLIENT_SECRET \
	"9e40646ce79a7f9dc05af8889bce6552 875afa0b06df0087f792ebb7c17504a5"
#define SERVER_SECRET \
	"a11af9f05531f856ad47116b45a95032 8204b4f44bfb6b3a4b4f1f3fcb631643"

/* {client}, {server} send application_data record: the same 50 bytes */
#define CLIENT_DATA \
	"17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac" \
	"ea 42 f9 14 aa 66 bc ab 3f 2b 98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44" \
	"1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69" \
	"49 15 e4"
#define SERVER_DATA \
	"17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32" \
	"fc 32 25 d0 5f 82 aa 1b 36 e3 0e fa f9 7d 90 e6 df fc 60 2d cb 50 1a" \
	"59 a8 fc c4 9c 4b f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1 67" \
	"c2 95 5d"
/* {client}, {server} send alert record: close_notify */
#define CLIENT_ALERT \
	"17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3"
#define SERVER_ALERT \
	"17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9"
/* {server} send handshake record: NewSessionTicket */
#define SERVER_TICKET \
	"17 03 03 00 de 3a 6b 8f 90 41 4a 97 d6 95 9c 34 87 68 0d e5 13 4a 2b" \
	"24 0e 6c ff ac 11 6e 95 d4 1d 6a f8 f6 b5 80 dc f3 d1 1d 63 c7 58 db" \
	"28 9a 01 59 40 25 2f 55 71 3e 06 1d c1 3e 07 88 91 a3 8e fb cf 57 53" \
	"ad 8e f1 70 ad 3c 73 53 d1 6d 9d a7 73 b9 ca 7f 2b 9f a1 b6 c0 d4 a3" \
	"d0 3f 75 e0 9c 30 ba 1e 62 97 2a c4 6f 75 f7 b9 81 be 63 43 9b 29 99" \
	"ce 13 06 46 15 13 98 91 d5 e4 c5 b4 06 f1 6e 3f c1 81 a7 7c a4 75 84" \
	"00 25 db 2f 0a 77 f8 1b 5a b0 5b 94 c0 13 46 75 5f 69 23 2c 86 51 9d" \
	"86 cb ee ac 87 aa c3 47 d1 43 f9 60 5d 64 f6 50 db 4d 02 3e 70 e9 52" \
	"ca 49 fe 51 37 12 1c 74 bc 26 97 68 7e 24 87 46 d6 df 35 30 05 f3 bc" \
	"e1 86 96 12 9c 81 53 55 6b 3b 6c 67 79 b3 7b f1 59 85 68 4f"

enum what { DATA, CLOSE, TICKET };

static const struct {
	const char *secret;
	uint64_t seq;
	enum what what;
	const char *record;
} trace[] = {
	{ SERVER_SECRET, 0, TICKET, SERVER_TICKET },
	{ CLIENT_SECRET, 0, DATA, CLIENT_DATA },
	{ SERVER_SECRET, 1, DATA, SERVER_DATA },
	{ CLIENT_SECRET, 1, CLOSE, CLIENT_ALERT },
	{ SERVER_SECRET, 2, CLOSE, SERVER_ALERT },
};
#define TRACE_LEN (sizeof trace / sizeof *trace)

static struct record_dir dir_of(const char *hex, bool seal)
{
	struct record_dir dir;
	uint8_t secret[SECRET_MAX];
	size_t n = tls_hex(hex, secret, sizeof secret);

	assert_int_equal(record_dir_init(&dir, TLS_AES_128_GCM_SHA256, seal,
					 secret, n, NULL).cls, ERR_NONE);
	return dir;
}

static size_t content_of(enum what what, uint8_t *out)
{
	if (what == CLOSE) {
		tls_alert_build(ALERT_close_notify, out);
		return ALERT_LEN;
	}
	for (int i = 0; i < 50; i++)
		out[i] = (uint8_t)i;
	return 50;
}

static void check_ticket(const uint8_t *data, size_t len)
{
	struct post_handshake state = { 0 };
	struct post_handshake_effect e;

	assert_int_equal(len, 205);
	assert_int_equal(post_handshake_parse(&state, data, len, &e, NULL).cls,
			 ERR_NONE);
	assert_true(e.ticket_received);
	assert_int_equal(e.ticket_lifetime, 30);
	assert_false(e.key_update_received);
}

/* RFC 8446 5.2, 5.3 */
static void the_rfcs_records_open(void **unused)
{
	for (size_t i = 0; i < TRACE_LEN; i++) {
		struct record_dir dir = dir_of(trace[i].secret, false);
		uint8_t rec[300], out[300], want[64];
		size_t rec_len = tls_hex(trace[i].record, rec, sizeof rec);
		size_t said, len, want_len;
		enum content_type type;

		assert_int_equal(record_length(rec, &said, NULL).cls, ERR_NONE);
		assert_int_equal(said, rec_len);
		assert_int_equal(record_open(&dir, trace[i].seq, rec, rec_len,
					     out, &type, &len, NULL).cls,
				 ERR_NONE);
		if (trace[i].what == TICKET) {
			assert_int_equal(type, CT_HANDSHAKE);
			check_ticket(out, len);
		} else {
			want_len = content_of(trace[i].what, want);
			assert_int_equal(len, want_len);
			assert_memory_equal(out, want, len);
			assert_int_equal(type, trace[i].what == CLOSE ?
						       CT_ALERT :
						       CT_APPLICATION_DATA);
		}
		record_dir_clear(&dir);
	}
}

static void sealing_gives_the_rfcs_records(void **unused)
{
	for (size_t i = 0; i < TRACE_LEN; i++) {
		struct record_dir dir = dir_of(trace[i].secret, true);
		uint8_t in[64], out[300], want[300];
		size_t want_len = tls_hex(trace[i].record, want, sizeof want);
		size_t in_len, len;

		if (trace[i].what != TICKET) {
			in_len = content_of(trace[i].what, in);
			assert_int_equal(
				record_seal(&dir, trace[i].seq,
					    trace[i].what == CLOSE ?
						    CT_ALERT :
						    CT_APPLICATION_DATA,
					    in, in_len, out, &len, NULL).cls,
				ERR_NONE);
			assert_int_equal(len, want_len);
			assert_memory_equal(out, want, len);
		}
		record_dir_clear(&dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfcs_records_open),
		cmocka_unit_test(sealing_gives_the_rfcs_records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
