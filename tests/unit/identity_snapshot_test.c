/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent's messages and statuses do to the identity. */
#include "identity_fixture.h"

static void first_message_is_the_identity(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(s));
	assert_null(identity_current(lab->id));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	assert_string_equal(lab->changes, "R");
	assert_int_equal(lab_not_after(lab), TEST_NOW + 200);
	assert_true(identity_fd(lab->id) >= 0);
}

/* SPIFFE_Workload_API.md 4.2, 4.3 */
static void stream_is_held_and_a_new_message_replaces_the_old(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), WAIT, MSG(msgs.second),
				       HANG };

	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	AUTO_UNREF(svid_snapshot) old = identity_current(lab->id);
	fake_agent_go(lab->agent);
	pump_until_changes(lab, "RO");
	assert_int_equal(lab_not_after(lab), TEST_NOW + 400);
	assert_int_equal(fake_agent_connections(lab->agent), 1);
	/* Who holds the old one keeps it. */
	assert_int_equal(svid_snapshot_info(old, 0)->not_after, TEST_NOW + 200);
}

/* SPIFFE_Workload_API.md 4.3: each is the full state, so the last counts. */
static void queued_messages_are_one_change(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.expired), MSG(msgs.bad), MSG(msgs.first),
				       MSG(msgs.second), STATUS("14", "later"), HANG };

	lab_start(lab, SCRIPTS(s));
	(void)failed(identity_pump(lab->id, NULL));
	await_bytes(lab, msgs.expired.len + msgs.first.len + msgs.second.len);
	pump_until_changes(lab, "R");
	assert_int_equal(lab_not_after(lab), TEST_NOW + 400);
}

/* SPIFFE_Workload_API.md 4.5 */
static void bad_message_is_reported_and_the_old_identity_kept(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), WAIT, MSG(msgs.bad),
				       WAIT, MSG(msgs.empty), WAIT,
				       MSG(msgs.second), HANG };

	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	fake_agent_go(lab->agent);
	pump_until_changes(lab, "RD");
	assert_int_equal(lab->why.cls, ERR_PARSE);
	assert_int_equal(lab_not_after(lab), TEST_NOW + 200);
	fake_agent_go(lab->agent);
	pump_until_changes(lab, "RDD");
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NONE);
	/* The stream stands, and the next good one is taken. */
	fake_agent_go(lab->agent);
	pump_until_changes(lab, "RDDO");
	assert_int_equal(fake_agent_connections(lab->agent), 1);
}

static void message_that_cannot_be_one_is_reported_and_the_old_identity_kept(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), WAIT,
				       { .op = FAKE_DATA, .data = "\1\0\0\0\0", .len = 5 },
				       HANG };
	const struct fake_step again[] = { MSG(msgs.second), HANG };

	lab_start(lab, SCRIPTS(s, again));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	fake_agent_go(lab->agent);
	pump_until_changes(lab, "RD");
	assert_int_equal(lab_not_after(lab), TEST_NOW + 200);
	assert_int_equal(identity_fd(lab->id), -1);
	world.mono_skew_ms += 1 * SECOND;
	pump_until_changes(lab, "RDO");
}

static void bad_first_message_is_asked_for_again(void **state)
{
	struct lab *lab = *state;
	const struct fake_step bad[] = { MSG(msgs.expired), HANG };
	const struct fake_step good[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(bad, good));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	assert_string_equal(lab->changes, "DR");
	assert_int_equal(fake_agent_connections(lab->agent), 2);
}

/* SPIFFE_Workload_API.md 5.2.1 */
static void permission_denied_mid_stream_drops_the_identity_at_once(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), WAIT,
				       STATUS("7", "no identity issued"), HANG };
	struct err err;

	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	fake_agent_go(lab->agent);
	pump_until_changes(lab, "RL");
	assert_int_equal(lab->why.cls, ERR_AGENT_DENIED);
	assert_non_null(strstr(lab->why.text, "PermissionDenied: no identity issued"));
	assert_null(identity_current(lab->id));
	assert_int_equal(identity_pump(lab->id, &err).cls, ERR_AGENT_DENIED);
	assert_int_equal(err.cls, ERR_AGENT_DENIED);
}

/* Makes the agent go and come back denying. The clock stands at the denial. */
static void be_denied_after_reconnect(struct lab *lab)
{
	static struct fake_step first[] = { HANG, WAIT, CLOSE };
	static const struct fake_step denied[] = { STATUS("7", "not yet"), HANG };

	first[0] = (struct fake_step)MSG(msgs.first);
	lab_start(lab, SCRIPTS(first, denied));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	world.mono_skew_ms += 2 * SECOND; /* a settled stream */
	fake_agent_go(lab->agent);
	for (int i = 0; i < 500 && fake_agent_connections(lab->agent) < 2; i++)
		assert_int_equal(pump_until_open(lab, true, NULL).cls, ERR_NONE);
	assert_int_equal(pump_until_open(lab, false, NULL).cls, ERR_NONE);
}

static void permission_denied_after_reconnect_leaves_thirty_seconds(void **state)
{
	struct lab *lab = *state;

	be_denied_after_reconnect(lab);
	/* Repeated denials do not put it off. */
	for (int s = 0; s < 28; s += 4) {
		world.mono_skew_ms += 4 * SECOND;
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NONE);
		assert_int_equal(lab_not_after(lab), TEST_NOW + 200);
		sys_libc.poll(NULL, 0, 20);
	}
	assert_true(fake_agent_connections(lab->agent) > 2);
	world.mono_skew_ms += 2 * SECOND;
	assert_null(identity_current(lab->id));
	assert_string_equal(lab->changes, "RL");
	assert_int_equal(lab->why.cls, ERR_AGENT_DENIED);
}

static void grace_never_outlives_the_svid(void **state)
{
	struct lab *lab = *state;

	be_denied_after_reconnect(lab);
	world.wall_skew_s = 201;
	assert_null(identity_current(lab->id));
	assert_string_equal(lab->changes, "RL");
}

static void a_new_message_ends_the_grace(void **state)
{
	struct lab *lab = *state;
	const struct fake_step first[] = { MSG(msgs.first), CLOSE };
	const struct fake_step denied[] = { STATUS("7", "not yet"), HANG };
	const struct fake_step second[] = { MSG(msgs.second), HANG };

	lab_start(lab, SCRIPTS(first, denied, second));
	pump_until_changes(lab, "R");
	for (int i = 0; i < 60 && strcmp(lab->changes, "RO") != 0; i++) {
		world.mono_skew_ms += SECOND / 2;
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NONE);
		sys_libc.poll(NULL, 0, 20);
	}
	assert_string_equal(lab->changes, "RO");
	world.mono_skew_ms += 100 * SECOND;
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NONE);
	assert_int_equal(lab_not_after(lab), TEST_NOW + 400);
}

static void absent_agent_leaves_the_identity_until_it_expires(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), CLOSE };

	lab_start(lab, SCRIPTS(s));
	pump_until_changes(lab, "R");
	fake_agent_stop(STEAL(lab->agent));
	for (world.wall_skew_s = 0; world.wall_skew_s < 200; world.wall_skew_s += 20) {
		world.mono_skew_ms += 20 * SECOND;
		assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_NONE);
		assert_int_equal(lab_not_after(lab), TEST_NOW + 200);
	}
	world.wall_skew_s = 201;
	assert_null(identity_current(lab->id));
	assert_null(identity_current(lab->id));
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_AGENT_UNAVAILABLE);
	assert_string_equal(lab->changes, "RL"); /* said once */
	assert_int_equal(lab->why.cls, ERR_NO_IDENTITY);
}

/* A stream that stands but brought nothing in time is replaced. */
static void expired_identity_is_asked_for_anew(void **state)
{
	struct lab *lab = *state;
	const struct fake_step hung[] = { MSG(msgs.first), HANG };
	const struct fake_step s[] = { MSG(msgs.second), HANG };

	lab_start(lab, SCRIPTS(hung, s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	world.wall_skew_s = 201;
	world.mono_skew_ms += 201 * SECOND;
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	assert_string_equal(lab->changes, "RLR");
	assert_int_equal(lab_not_after(lab), TEST_NOW + 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_LAB(first_message_is_the_identity),
		ON_A_LAB(stream_is_held_and_a_new_message_replaces_the_old),
		ON_A_LAB(queued_messages_are_one_change),
		ON_A_LAB(bad_message_is_reported_and_the_old_identity_kept),
		ON_A_LAB(message_that_cannot_be_one_is_reported_and_the_old_identity_kept),
		ON_A_LAB(bad_first_message_is_asked_for_again),
		ON_A_LAB(permission_denied_mid_stream_drops_the_identity_at_once),
		ON_A_LAB(permission_denied_after_reconnect_leaves_thirty_seconds),
		ON_A_LAB(grace_never_outlives_the_svid),
		ON_A_LAB(a_new_message_ends_the_grace),
		ON_A_LAB(absent_agent_leaves_the_identity_until_it_expires),
		ON_A_LAB(expired_identity_is_asked_for_anew),
	};
	return cmocka_run_group_tests(tests, make_messages, free_messages);
}
