/* SPDX-License-Identifier: Apache-2.0 */
/* identity_wait: how long it waits, and for what. */
#include "identity_fixture.h"

#include <signal.h>
#include <sys/time.h>

#include "workload/identity_internal.h"

static int64_t timed_wait(struct lab *lab, int timeout_ms, enum err_class want, struct err *err)
{
	int64_t began = sys_libc.mono_ms();

	assert_int_equal(identity_wait(lab->id, timeout_ms, err).cls, want);
	return sys_libc.mono_ms() - began;
}

static void absent_agent_is_retried_within_the_time(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(s));
	world.refuse = 3;
	/* Bounds of 100, 200 and 400 ms. */
	assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 3000);
	assert_int_equal(world.connects, 4);
}

/* Entries take seconds to reach an agent. */
static void permission_denied_is_retried_within_the_time(void **state)
{
	struct lab *lab = *state;
	const struct fake_step denied[] = { STATUS("7", "no identity issued"), HANG };
	const struct fake_step good[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(denied, denied, denied, good));
	assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 3000);
	assert_int_equal(fake_agent_connections(lab->agent), 4);
	assert_string_equal(lab->changes, "R");
}

static void long_back_off_is_cut_short_for_who_waits(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(s));
	world.refuse = 8;
	for (int i = 0; i < 8; i++) {
		(void)failed(identity_pump(lab->id, NULL));
		world.mono_skew_ms += 30 * SECOND;
	}
	world.mono_skew_ms -= 30 * SECOND;
	assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 1000);
}

static void time_is_kept_and_the_reason_named(void **state)
{
	struct lab *lab = *state;
	const struct fake_step denied[] = { STATUS("7", "no identity issued"), HANG };
	struct err err;

	lab_start(lab, SCRIPTS(denied));
	assert_in_range(timed_wait(lab, 400, ERR_TIMEOUT, &err), 400, 3000);
	assert_non_null(strstr(err.text, "PermissionDenied: no identity issued"));
	assert_non_null(strstr(err.text, "400 ms"));
	/* Afterwards the ordinary back-off holds. */
	world.mono_skew_ms += 30 * SECOND;
	(void)failed(identity_pump(lab->id, NULL));
}

/* Each attempt is an attestation for the agent: who waits in slices, as connections and
 * `--wait` do, asks as seldom as who waits at one go, and soon enough to notice. */
static void waiting_in_slices_does_not_hammer_the_agent(void **state)
{
	struct lab *lab = *state;
	const struct fake_step denied[] = { STATUS("7", "no identity issued"), HANG };
	int64_t most = 0;

	lab_start(lab, SCRIPTS(denied));
	for (int i = 0; i < 100; i++) {
		int64_t gap;

		assert_in_range(timed_wait(lab, 20, ERR_TIMEOUT, NULL), 20, 2000);
		gap = lab->id->retry_ms - world_mono_ms();
		most = gap > most ? gap : most;
	}
	/* 2 s: bounds of 100, 200, 400, 800 ms, then 1600; half of each on the average. */
	assert_in_range(fake_agent_connections(lab->agent), 3, 20);
	/* In the long run too. */
	for (int i = 0; i < 200; i++) {
		int64_t gap;

		world.mono_skew_ms += 500;
		assert_int_equal(identity_wait(lab->id, 1, NULL).cls, ERR_TIMEOUT);
		gap = lab->id->retry_ms - world_mono_ms();
		most = gap > most ? gap : most;
	}
	assert_in_range(most, 500, 2000);
}

static void silent_agent_is_named(void **state)
{
	struct lab *lab = *state;
	const struct fake_step mute[] = { HANG };
	struct err err;

	lab_start(lab, SCRIPTS(mute));
	assert_in_range(timed_wait(lab, 200, ERR_TIMEOUT, &err), 200, 1000);
	assert_non_null(strstr(err.text, "waiting for the first answer"));
	assert_in_range(timed_wait(lab, 0, ERR_TIMEOUT, &err), 0, 250);
	assert_in_range(timed_wait(lab, -1, ERR_TIMEOUT, &err), 0, 250);
}

/* A signal's EINTR neither ends the wait nor prolongs it. */
static void nothing(int sig)
{
}

static void signals_do_not_end_the_wait(void **state)
{
	struct lab *lab = *state;
	const struct fake_step mute[] = { HANG };
	const struct sigaction sa = { .sa_handler = nothing };
	const struct itimerval on = { { 0, 20000 }, { 0, 20000 } }, off = { 0 };

	lab_start(lab, SCRIPTS(mute));
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &on, NULL);
	assert_in_range(timed_wait(lab, 300, ERR_TIMEOUT, NULL), 300, 3000);
	setitimer(ITIMER_REAL, &off, NULL);
}

static void poll_that_fails_ends_the_wait(void **state)
{
	struct lab *lab = *state;
	const struct fake_step mute[] = { HANG };
	struct err err;

	lab_start(lab, SCRIPTS(mute));
	world.poll_errno = ENOMEM;
	assert_in_range(timed_wait(lab, 5000, ERR_IO, &err), 0, 1000);
	assert_int_equal(err.sys_errno, ENOMEM);
}

static void identity_at_hand_is_not_waited_for(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	/* Past the half-life too: the stream stands and would have brought more. */
	world.wall_skew_s = 150;
	for (int i = 0; i < 20; i++)
		assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 250);
	/* And with the stream down before the half-life. */
	world.wall_skew_s = 0;
	fake_agent_stop(STEAL(lab->agent));
	for (int i = 0; i < 20; i++)
		assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 250);
}

static void aged_identity_is_refreshed(void **state)
{
	struct lab *lab = *state;
	const struct fake_step first[] = { MSG(msgs.first), HANG };
	const struct fake_step second[] = { MSG(msgs.second), HANG };

	lab_start(lab, SCRIPTS(first, second));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	world.wall_skew_s = 100;
	identity_after_fork(lab->id, false);
	assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 1000);
	assert_string_equal(lab->changes, "RO");
	assert_int_equal(lab_not_after(lab), TEST_NOW + 400);
}

/* What the agent revoked while the stream was down: the snapshot is young, and
 * still nobody is judged by it while an agent that answers can be asked. */
static void identity_of_an_ended_stream_is_confirmed_first(void **state)
{
	struct lab *lab = *state;
	const struct fake_step first[] = { MSG(msgs.first), WAIT, CLOSE };
	const struct fake_step second[] = { WAIT, MSG(msgs.second), HANG };

	lab_start(lab, SCRIPTS(first, second));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	assert_false(identity_unconfirmed(lab->id));
	world.mono_skew_ms += 2 * SECOND; /* a settled stream */
	fake_agent_go(lab->agent);
	for (int i = 0; i < 500 && world.connects < 2; i++) {
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NONE);
		sys_libc.poll(NULL, 0, 5);
	}
	assert_true(identity_unconfirmed(lab->id));
	assert_in_range(timed_wait(lab, 100, ERR_NONE, NULL), 90, 800);
	assert_true(identity_unconfirmed(lab->id));
	fake_agent_go(lab->agent);
	assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 900);
	assert_false(identity_unconfirmed(lab->id));
	assert_int_equal(lab_not_after(lab), TEST_NOW + 400);
}

/* A message with 40,000 bytes that nobody knows (field 15). */
static struct bytes padded(struct bytes m)
{
	const uint8_t field[] = { 0x7a, 0xc0, 0xb8, 0x02 };
	uint8_t *buf = calloc(1, m.len + sizeof field + 40000);

	assert_non_null(buf);
	memcpy(buf, m.data, m.len);
	memcpy(buf + m.len, field, sizeof field);
	return (struct bytes){ buf, m.len + sizeof field + 40000 };
}

/* What did not fit into the socket is the newest. */
static void identity_from_a_long_queue_is_confirmed_first(void **state)
{
	struct lab *lab = *state;
	struct bytes big = padded(msgs.first);
	const struct fake_step first[] = { MSG(msgs.first), WAIT, MSG(big), MSG(big), HANG };
	const struct fake_step second[] = { MSG(msgs.second), HANG };

	lab_start(lab, SCRIPTS(first, second));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	world.mono_skew_ms += 2 * SECOND; /* a settled stream */
	fake_agent_go(lab->agent);
	await_bytes(lab, 2 * big.len);
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	assert_false(identity_unconfirmed(lab->id));
	assert_string_equal(lab->changes, "ROO");
	assert_int_equal(lab_not_after(lab), TEST_NOW + 400);
	assert_int_equal(world.connects, 2);
	free((void *)big.data);
}

static void child_confirms_its_parents_identity_first(void **state)
{
	struct lab *lab = *state;
	const struct fake_step first[] = { MSG(msgs.first), HANG };
	const struct fake_step second[] = { MSG(msgs.second), HANG };

	lab_start(lab, SCRIPTS(first, second));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	identity_after_fork(lab->id, false);
	assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 900);
	assert_int_equal(lab_not_after(lab), TEST_NOW + 400);
}

static void hanging_agent_puts_it_off_for_a_second_and_leaves_it(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG }, mute[] = { HANG };

	lab_start(lab, SCRIPTS(s, mute));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	identity_after_fork(lab->id, false);
	assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 900, 2000);
	for (int i = 0; i < 20; i++)
		assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 250);
	assert_false(identity_unconfirmed(lab->id));
	assert_int_equal(lab_not_after(lab), TEST_NOW + 200);
}

static void refresh_takes_a_second_at_most_and_not_every_time(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	fake_agent_stop(STEAL(lab->agent));
	world.wall_skew_s = 150;
	assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 900, 2000);
	for (int i = 0; i < 20; i++)
		assert_in_range(timed_wait(lab, 5000, ERR_NONE, NULL), 0, 250);
	world.mono_skew_ms += 30 * SECOND;
	assert_in_range(timed_wait(lab, 300, ERR_NONE, NULL), 250, 1000);
	assert_string_equal(lab->changes, "R");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_LAB(absent_agent_is_retried_within_the_time),
		ON_A_LAB(permission_denied_is_retried_within_the_time),
		ON_A_LAB(long_back_off_is_cut_short_for_who_waits),
		ON_A_LAB(time_is_kept_and_the_reason_named),
		ON_A_LAB(waiting_in_slices_does_not_hammer_the_agent),
		ON_A_LAB(silent_agent_is_named),
		ON_A_LAB(signals_do_not_end_the_wait),
		ON_A_LAB(poll_that_fails_ends_the_wait),
		ON_A_LAB(identity_at_hand_is_not_waited_for),
		ON_A_LAB(aged_identity_is_refreshed),
		ON_A_LAB(identity_of_an_ended_stream_is_confirmed_first),
		ON_A_LAB(identity_from_a_long_queue_is_confirmed_first),
		ON_A_LAB(child_confirms_its_parents_identity_first),
		ON_A_LAB(hanging_agent_puts_it_off_for_a_second_and_leaves_it),
		ON_A_LAB(refresh_takes_a_second_at_most_and_not_every_time),
	};
	return cmocka_run_group_tests(tests, make_messages, free_messages);
}
