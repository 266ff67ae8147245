/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the agent: opening it, losing it. */
#include "identity_fixture.h"

#include <fcntl.h>

static const struct fake_step mute[] = { HANG };

static void descriptor_is_nonblocking_and_close_on_exec(void **state)
{
	struct lab *lab = *state;

	lab_start(lab, SCRIPTS(mute));
	assert_int_equal(identity_fd(lab->id), -1);
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NO_IDENTITY);
	assert_true(fcntl(identity_fd(lab->id), F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(identity_fd(lab->id), F_GETFD) & FD_CLOEXEC);
}

static void absent_agent_is_asked_again_by_the_back_off(void **state)
{
	struct lab *lab = *state;
	struct identity_config cfg;
	struct err err;

	lab_config(lab, &cfg, "unix:///nowhere/agent.sock");
	assert_int_equal(identity_new(&cfg, &lab->id, NULL).cls, ERR_NONE);
	assert_int_equal(identity_pump(lab->id, &err).cls, ERR_AGENT_UNAVAILABLE);
	assert_int_equal(err.sys_errno, ENOENT);
	assert_non_null(strstr(err.text, "unix:///nowhere/agent.sock"));
	assert_int_equal(world.connects, 1);
	for (int i = 0; i < 20; i++) {
		/* Bounds are 1, 2, 4, ... s: after a bound an attempt is due. */
		unsigned before = world.connects;

		world.mono_skew_ms += i < 5 ? SECOND << i : 30 * SECOND;
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_AGENT_UNAVAILABLE);
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_AGENT_UNAVAILABLE);
		assert_in_range(world.connects - before, 1, 2);
	}
}

/* SPIFFE_Workload_Endpoint.md 6: these two are final. */
static void invalid_argument_and_unimplemented_are_final(void **state)
{
	static const char *const codes[] = { "3", "12" };

	for (int i = 0; i < 2; i++) {
		struct lab *lab = *state;
		const struct fake_step s[] = { STATUS(codes[i], "security header missing"), HANG };
		struct err err;

		lab_start(lab, SCRIPTS(s));
		assert_int_equal(identity_wait(lab->id, 5000, &err).cls, ERR_AGENT_FINAL);
		assert_non_null(strstr(err.text, "security header missing"));
		world.mono_skew_ms += 3600 * SECOND;
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_AGENT_FINAL);
		assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_AGENT_FINAL);
		assert_int_equal(world.connects, 1);
		lab_close(state);
		lab_open(state);
	}
}

/* SPIFFE_Workload_Endpoint.md 6: these two pass. */
static void unavailable_and_permission_denied_back_off(void **state)
{
	static const struct {
		const char *code;
		enum err_class cls;
	} rows[] = { { "14", ERR_AGENT_UNAVAILABLE }, { "7", ERR_AGENT_DENIED } };

	for (int i = 0; i < 2; i++) {
		struct lab *lab = *state;
		const struct fake_step s[] = { STATUS(rows[i].code, "no"), HANG };
		const struct fake_step good[] = { MSG(msgs.first), HANG };

		lab_start(lab, SCRIPTS(s, good));
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NO_IDENTITY);
		assert_int_equal(pump_until_open(lab, false, NULL).cls, rows[i].cls);
		assert_int_equal(world.connects, 1);
		world.mono_skew_ms += SECOND;
		pump_until_changes(lab, "R");
		assert_int_equal(world.connects, 2);
		lab_close(state);
		lab_open(state);
	}
}

static void open_stream_without_a_message_is_dropped_after_five_seconds(void **state)
{
	struct lab *lab = *state;
	struct err err;

	lab_start(lab, SCRIPTS(mute));
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NO_IDENTITY);
	world.mono_skew_ms += 4800;
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NO_IDENTITY);
	assert_true(identity_fd(lab->id) >= 0);
	world.mono_skew_ms += 200;
	assert_int_equal(identity_pump(lab->id, &err).cls, ERR_AGENT_UNAVAILABLE);
	assert_int_equal(identity_fd(lab->id), -1);
	assert_non_null(strstr(err.text, "no message within 5 s"));
	world.mono_skew_ms += SECOND;
	(void)failed(identity_pump(lab->id, NULL));
	assert_int_equal(world.connects, 2);
}

/* An answer that came while nobody looked is taken, however late that is. */
static void answer_that_waited_is_no_late_answer(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(s));
	(void)failed(identity_pump(lab->id, NULL));
	await_bytes(lab, msgs.first.len);
	world.mono_skew_ms += 3600 * SECOND;
	pump_until_changes(lab, "R");
	assert_int_equal(world.connects, 1);
}

/* SPIFFE_Workload_API.md 4.2: "immediately". */
static void settled_stream_that_ends_is_replaced_within_the_same_pump(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), WAIT, CLOSE };

	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	world.mono_skew_ms += 2 * SECOND;
	fake_agent_go(lab->agent);
	for (int i = 0; i < 500 && world.connects < 2; i++) {
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NONE);
		assert_true(identity_fd(lab->id) >= 0);
		sys_libc.poll(NULL, 0, 5);
	}
	assert_int_equal(world.connects, 2);
}

static void agent_that_closes_at_once_is_not_stormed(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), CLOSE };

	lab_start(lab, SCRIPTS(s));
	pump_until_changes(lab, "R");
	assert_int_equal(pump_until_open(lab, false, NULL).cls, ERR_NONE);
	for (int i = 0; i < 100; i++)
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NONE);
	assert_in_range(world.connects, 1, 2);
}

static void foreign_protocol_is_an_absent_agent(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = {
		{ .op = FAKE_RAW, .data = "HTTP/1.1 400 Bad Request\r\n\r\n", .len = 28 }, CLOSE,
	};

	lab_start(lab, SCRIPTS(s));
	(void)failed(identity_pump(lab->id, NULL));
	assert_int_equal(pump_until_open(lab, false, NULL).cls, ERR_AGENT_UNAVAILABLE);
}

static void connect_in_progress_is_finished_later(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	world.in_progress = true;
	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	assert_int_equal(world.connects, 1);
}

static void refused_tcp_connection_is_an_absent_agent(void **state)
{
	struct lab *lab = *state;
	struct identity_config cfg;
	struct err err = { 0 };

	lab_config(lab, &cfg, "tcp://127.0.0.1:1");
	assert_int_equal(identity_new(&cfg, &lab->id, NULL).cls, ERR_NONE);
	(void)failed(identity_pump(lab->id, &err));
	if (identity_fd(lab->id) >= 0)
		assert_int_equal(pump_until_open(lab, false, &err).cls, ERR_AGENT_UNAVAILABLE);
	assert_int_equal(err.sys_errno, ECONNREFUSED);
}

static void short_sends_are_continued(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	world.one_byte_sends = true;
	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	assert_true(world.sends > 100);
}

/* An agent that answers and closes makes our next send fail: the answer counts. */
static void status_is_read_after_a_failed_send(void **state)
{
	struct lab *lab = *state;
	static const char ping[] = "\0\0\10\6\0\0\0\0\0\1\2\3\4\5\6\7\10";
	const struct fake_step s[] = { WAIT, { .op = FAKE_RAW, .data = ping, .len = 17 },
				       STATUS("7", "no identity issued"), CLOSE };
	struct pollfd p = { .events = POLLRDHUP };

	lab_start(lab, SCRIPTS(s));
	(void)failed(identity_pump(lab->id, NULL));
	await_bytes(lab, 9);
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NO_IDENTITY);
	fake_agent_go(lab->agent);
	p.fd = identity_fd(lab->id);
	assert_int_equal(sys_libc.poll(&p, 1, 5000), 1);
	world.no_sends = true;
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_AGENT_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_LAB(descriptor_is_nonblocking_and_close_on_exec),
		ON_A_LAB(absent_agent_is_asked_again_by_the_back_off),
		ON_A_LAB(invalid_argument_and_unimplemented_are_final),
		ON_A_LAB(unavailable_and_permission_denied_back_off),
		ON_A_LAB(open_stream_without_a_message_is_dropped_after_five_seconds),
		ON_A_LAB(answer_that_waited_is_no_late_answer),
		ON_A_LAB(settled_stream_that_ends_is_replaced_within_the_same_pump),
		ON_A_LAB(agent_that_closes_at_once_is_not_stormed),
		ON_A_LAB(foreign_protocol_is_an_absent_agent),
		ON_A_LAB(connect_in_progress_is_finished_later),
		ON_A_LAB(refused_tcp_connection_is_an_absent_agent),
		ON_A_LAB(short_sends_are_continued),
		ON_A_LAB(status_is_read_after_a_failed_send),
	};
	return cmocka_run_group_tests(tests, make_messages, free_messages);
}
