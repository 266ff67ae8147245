/* SPDX-License-Identifier: Apache-2.0 */
/* What the identity tests share: a clock that can be moved, system calls that
 * can be made to fail, a record of what changed, and messages under a test CA.
 * The wall clock stands at TEST_NOW. */
#ifndef SVIDWRAP_TESTS_IDENTITY_FIXTURE_H
#define SVIDWRAP_TESTS_IDENTITY_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <cmocka.h>

#include "../support/fake_agent.h"
#include "../support/test_ca.h"
#include "base/sys.h"
#include "workload/identity.h"
#include "workload/workload.pb-c.h"

#define SECOND INT64_C(1000)
#define MSG(m) { .op = FAKE_MESSAGE, .data = (m).data, .len = (m).len }
#define STATUS(code, why) { .op = FAKE_STATUS, .text = code, .more = why }
#define HANG { .op = FAKE_HANG }
#define WAIT { .op = FAKE_WAIT }
#define CLOSE { .op = FAKE_CLOSE }
#define SCRIPTS(...) (const struct fake_step *const[]){ __VA_ARGS__, NULL }

/* ---- the system ---- */

static struct {
	int64_t mono_skew_ms, wall_skew_s;
	unsigned refuse;     /* this many connects fail with ECONNREFUSED */
	unsigned connects, sends, closes;
	bool no_sends;	     /* send fails with EPIPE */
	bool in_progress;    /* connect answers EINPROGRESS */
	bool one_byte_sends; /* and EAGAIN in between */
	int poll_errno;	     /* poll fails; 0: it does not */
} world;

static int64_t world_mono_ms(void)
{
	return sys_libc.mono_ms() + world.mono_skew_ms;
}

static int64_t world_wall_s(void)
{
	return TEST_NOW + world.wall_skew_s;
}

static int fails_with(int e)
{
	errno = e;
	return -1;
}

static int world_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	int r;

	world.connects++;
	if (world.refuse > 0) {
		world.refuse--;
		return fails_with(ECONNREFUSED);
	}
	r = sys_libc.connect(fd, sa, len);
	return r == 0 && world.in_progress ? fails_with(EINPROGRESS) : r;
}

static ssize_t world_send(int fd, const void *buf, size_t len, int flags)
{
	world.sends++;
	assert_true(flags & MSG_NOSIGNAL);
	if (world.no_sends)
		return fails_with(EPIPE);
	if (world.one_byte_sends && world.sends % 2)
		return fails_with(EAGAIN);
	return sys_libc.send(fd, buf, world.one_byte_sends ? 1 : len, flags);
}

static int world_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return world.poll_errno ? fails_with(world.poll_errno) :
				  sys_libc.poll(fds, n, timeout_ms);
}

static int world_close(int fd)
{
	world.closes++;
	return sys_libc.close(fd);
}

/* ---- the CA and its messages ---- */

static struct {
	struct bytes first, second; /* good, of two SVIDs */
	struct bytes expired;
	struct bytes bad; /* no message at all */
	struct bytes empty;
} msgs;

static struct test_cert *root;

static inline struct bytes make_message(int64_t not_before, int64_t not_after)
{
	struct test_spec spec = test_spec_leaf(TEST_ID);
	X509SVIDResponse m = X509_SVIDRESPONSE__INIT;
	X509SVID svid = X509_SVID__INIT, *svids[] = { &svid };
	uint8_t *buf;

	spec.not_before = not_before;
	spec.not_after = not_after;
	AUTO_FREE(test_cert) leaf = test_cert_new(&spec, root);
	struct bytes chain = test_der_certs((const struct test_cert *[]){ leaf, NULL });
	struct bytes bundle = test_der_certs((const struct test_cert *[]){ root, NULL });
	struct bytes key = test_der_key(leaf);

	svid.spiffe_id = (char *)TEST_ID;
	svid.x509_svid = (ProtobufCBinaryData){ chain.len, (uint8_t *)chain.data };
	svid.x509_svid_key = (ProtobufCBinaryData){ key.len, (uint8_t *)key.data };
	svid.bundle = (ProtobufCBinaryData){ bundle.len, (uint8_t *)bundle.data };
	m.n_svids = 1;
	m.svids = svids;
	buf = malloc(x509_svidresponse__get_packed_size(&m));
	assert_non_null(buf);
	struct bytes out = { buf, x509_svidresponse__pack(&m, buf) };
	free((void *)chain.data);
	free((void *)bundle.data);
	free((void *)key.data);
	return out;
}

static inline int make_messages(void **unused)
{
	struct test_spec spec = test_spec_root("root");

	root = test_cert_new(&spec, NULL);
	msgs.first = make_message(TEST_NOW - 100, TEST_NOW + 200);
	msgs.second = make_message(TEST_NOW - 50, TEST_NOW + 400);
	msgs.expired = make_message(TEST_NOW - 300, TEST_NOW - 1);
	msgs.bad = (struct bytes){ (const uint8_t *)"\x0a\xff", 2 };
	msgs.empty = (struct bytes){ (const uint8_t *)"", 0 };
	return 0;
}

static inline int free_messages(void **unused)
{
	free((void *)msgs.first.data);
	free((void *)msgs.second.data);
	free((void *)msgs.expired.data);
	test_cert_free(root);
	return 0;
}

/* ---- the identity under test ---- */

struct lab {
	struct sys sys;
	struct fake_agent *agent;
	struct identity *id;
	char changes[64];  /* a letter each: Received, rOtated, Lost, Discarded */
	struct err why;	   /* of the latest L or D */
	unsigned opened, closed; /* by the hooks */
	int last_closed;
	bool refuse_fd;	   /* on_open gives up */
	int move_to;	   /* on_open moves to this descriptor or above */
};

static inline void on_change(void *ctx, enum identity_change change,
			     const struct svid_snapshot *snap, const struct err *why)
{
	struct lab *lab = ctx;
	size_t n = strlen(lab->changes);
	bool bad = change == IDENTITY_LOST || change == IDENTITY_DISCARDED;

	assert_true((snap == NULL) == bad && (why != NULL) == bad);
	assert_true(n + 1 < sizeof lab->changes);
	lab->changes[n] = "ROLD"[change];
	if (why)
		lab->why = *why;
}

static inline void lab_config(struct lab *lab, struct identity_config *cfg, const char *uri)
{
	*cfg = (struct identity_config){ .sys = &lab->sys, .on_change = on_change, .ctx = lab };
	assert_int_equal(endpoint_parse(uri, &cfg->endpoint, NULL).cls, ERR_NONE);
}

static inline int lab_open(void **state)
{
	struct lab *lab = calloc(1, sizeof *lab);

	assert_non_null(lab);
	memset(&world, 0, sizeof world);
	lab->sys = sys_libc;
	lab->sys.connect = world_connect;
	lab->sys.send = world_send;
	lab->sys.poll = world_poll;
	lab->sys.close = world_close;
	lab->sys.mono_ms = world_mono_ms;
	lab->sys.wall_s = world_wall_s;
	*state = lab;
	return 0;
}

static inline int lab_close(void **state)
{
	struct lab *lab = *state;

	identity_free(lab->id);
	fake_agent_stop(lab->agent);
	free(lab);
	return 0;
}

/* Starts the agent and makes the identity; nothing is pumped yet. */
static inline void lab_start(struct lab *lab, const struct fake_step *const *scripts)
{
	struct identity_config cfg;

	lab->agent = fake_agent_start(scripts);
	lab_config(lab, &cfg, fake_agent_uri(lab->agent));
	assert_int_equal(identity_new(&cfg, &lab->id, NULL).cls, ERR_NONE);
}

/* The default SVID's end of life; 0: there is no identity. */
static inline int64_t lab_not_after(struct lab *lab)
{
	AUTO_UNREF(svid_snapshot) s = identity_current(lab->id);

	return s ? svid_snapshot_info(s, 0)->not_after : 0;
}

/* Pumps as events come, without moving the clock, until the changes are as
 * wanted. */
static inline void pump_until_changes(struct lab *lab, const char *want)
{
	for (int i = 0; i < 500 && strcmp(lab->changes, want) != 0; i++) {
		struct pollfd p = { .fd = identity_fd(lab->id), .events = POLLIN };
		struct result r = identity_pump(lab->id, NULL);

		(void)r;
		sys_libc.poll(&p, p.fd >= 0, 10);
	}
	assert_string_equal(lab->changes, want);
}

/* The same until the stream's descriptor is closed or open. */
static inline struct result pump_until_open(struct lab *lab, bool open, struct err *err)
{
	struct result r = RESULT_OK;

	for (int i = 0; i < 500; i++) {
		struct pollfd p = { .fd = identity_fd(lab->id), .events = POLLIN };

		sys_libc.poll(&p, p.fd >= 0, 10);
		r = identity_pump(lab->id, err);
		if ((identity_fd(lab->id) >= 0) == open)
			return r;
	}
	fail_msg("the stream is still %s", open ? "closed" : "open");
	return r;
}

/* Waits until that many bytes of the agent lie unread. */
static inline void await_bytes(struct lab *lab, size_t want)
{
	int n = 0;

	for (int i = 0; i < 500 && n < (int)want; i++) {
		sys_libc.poll(NULL, 0, 10);
		assert_int_equal(ioctl(identity_fd(lab->id), FIONREAD, &n), 0);
	}
	assert_true(n >= (int)want);
}

#define ON_A_LAB(test) cmocka_unit_test_setup_teardown(test, lab_open, lab_close)

#endif
