/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the agent: opening it, losing it, forking with it. */
#include "identity_fixture.h"

#include <fcntl.h>
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/malloc_fail.h"
#include "workload/identity_internal.h"

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

/* ---- the shim's hooks ---- */

static int hook_open(void *ctx, int fd)
{
	struct lab *lab = ctx;
	int moved;

	lab->opened++;
	if (lab->refuse_fd)
		return -1;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, lab->move_to);
	close(fd);
	return moved;
}

static void hook_close(void *ctx, int fd)
{
	struct lab *lab = ctx;

	lab->closed++;
	lab->last_closed = fd;
	assert_true(fcntl(fd, F_GETFD) >= 0); /* still open */
}

static unsigned open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void descriptor_may_be_moved(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };
	struct identity_config cfg;
	int fd;

	lab->move_to = 700;
	lab->agent = fake_agent_start(SCRIPTS(s));
	lab_config(lab, &cfg, fake_agent_uri(lab->agent));
	cfg.on_open = hook_open;
	cfg.on_close = hook_close;
	assert_int_equal(identity_new(&cfg, &lab->id, NULL).cls, ERR_NONE);
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	fd = identity_fd(lab->id);
	assert_true(fd >= 700);
	identity_free(STEAL(lab->id));
	assert_int_equal(lab->closed, 1);
	assert_int_equal(lab->last_closed, fd);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void unwanted_descriptor_is_closed(void **state)
{
	struct lab *lab = *state;
	struct identity_config cfg;
	unsigned before;

	lab->refuse_fd = true;
	lab->agent = fake_agent_start(SCRIPTS(mute));
	lab_config(lab, &cfg, fake_agent_uri(lab->agent));
	cfg.on_open = hook_open;
	cfg.on_close = hook_close;
	assert_int_equal(identity_new(&cfg, &lab->id, NULL).cls, ERR_NONE);
	before = open_descriptors();
	assert_int_equal(identity_pump(lab->id, NULL).cls, ERR_IO);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(lab->opened, 1);
	assert_int_equal(lab->closed, 0);
	assert_int_equal(world.connects, 0);
}

/* ---- fork ---- */

/* The agent attests who opened the connection: a child needs its own. */
static void child_opens_its_own_stream_and_leaves_the_parents_alone(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), WAIT, MSG(msgs.second), HANG };
	int status;
	pid_t pid;

	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	pid = fork();
	if (pid == 0) {
		unsigned sends = world.sends;
		bool ok;

		identity_after_fork(lab->id, false);
		ok = identity_fd(lab->id) == -1 && world.sends == sends &&
		     lab_not_after(lab) != 0 && strcmp(lab->changes, "R") == 0;
		/* The agent's threads are the parent's: it answers the child too. */
		ok = ok && !failed(identity_pump(lab->id, NULL)) && world.connects == 2;
		for (int i = 0; ok && i < 500 && strcmp(lab->changes, "RO") != 0; i++) {
			(void)failed(identity_pump(lab->id, NULL));
			sys_libc.poll(NULL, 0, 10);
		}
		_exit(ok && strcmp(lab->changes, "RO") == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(fake_agent_connections(lab->agent), 2);
	/* The parent's stream stands. */
	fake_agent_go(lab->agent);
	pump_until_changes(lab, "RO");
	assert_int_equal(world.connects, 1);
}

static void child_without_the_privilege_has_no_identity(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(s));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	identity_after_fork(lab->id, true);
	assert_null(identity_current(lab->id));
	assert_string_equal(lab->changes, "R");
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
	assert_string_equal(lab->changes, "RR");
	assert_int_equal(fake_agent_connections(lab->agent), 2);
}

static void what_was_final_for_the_parent_is_not_for_the_child(void **state)
{
	struct lab *lab = *state;
	const struct fake_step s[] = { STATUS("3", "no"), HANG };
	const struct fake_step good[] = { MSG(msgs.first), HANG };

	lab_start(lab, SCRIPTS(s, good));
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_AGENT_FINAL);
	identity_after_fork(lab->id, false);
	assert_int_equal(identity_wait(lab->id, 5000, NULL).cls, ERR_NONE);
}

/* ---- memory ---- */

/* Lack of memory is no bad message: the agent is asked again. */
static void message_lost_for_lack_of_memory_is_fetched_anew(void **state)
{
	struct lab *lab = *state;
	struct identity_config cfg;
	unsigned n, missed = 0;

	lab_config(lab, &cfg, "unix:///nowhere/agent.sock");
	for (n = 0; n < 20000; n += n < 40 ? 1 : 97) {
		bool hit;

		assert_int_equal(identity_new(&cfg, &lab->id, NULL).cls, ERR_NONE);
		malloc_fail_at(n);
		identity_take_message(lab->id, msgs.first.data, msgs.first.len);
		hit = malloc_fail_hit();
		identity_settle(lab->id);
		if (lab->id->snap == NULL) {
			assert_true(hit && lab->id->restart);
			/* The first allocations are the decoder's; OpenSSL may
			 * take lack of memory for a bad certificate. */
			if (n < 10)
				assert_string_equal(lab->changes, "");
			missed++;
		}
		identity_free(STEAL(lab->id));
		lab->changes[0] = '\0';
		if (!hit)
			break;
	}
	assert_true(n < 20000 && missed > 10);
}

/* The agent here is a bare listener: a thread would meet the failures too. */
static void connection_lost_for_lack_of_memory_leaks_nothing(void **state)
{
	struct lab *lab = *state;
	char dir[] = "/tmp/svidwrap-listener-XXXXXX", uri[64];
	struct identity_config cfg;
	unsigned n, before;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_non_null(mkdtemp(dir));
	snprintf(uri, sizeof uri, "unix://%s/sock", dir);
	lab_config(lab, &cfg, uri);
	assert_int_equal(bind(fd, (struct sockaddr *)&cfg.endpoint.sa, cfg.endpoint.sa_len), 0);
	assert_int_equal(listen(fd, 400), 0);
	assert_int_equal(identity_new(&cfg, &lab->id, NULL).cls, ERR_NONE);
	before = open_descriptors();
	for (n = 0; n < 200; n++) {
		bool hit;

		malloc_fail_at(n);
		struct result r = agent_conn_open(&lab->id->conn, NULL);
		hit = malloc_fail_hit();
		if (failed(r)) {
			assert_int_equal(r.cls, ERR_NOMEM);
			assert_int_equal(open_descriptors(), before);
		} else {
			agent_conn_close(&lab->id->conn);
		}
		if (!hit)
			break;
	}
	close(fd);
	unlink(uri + strlen("unix://"));
	rmdir(dir);
	assert_true(n > 5 && n < 200);
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
		ON_A_LAB(descriptor_may_be_moved),
		ON_A_LAB(unwanted_descriptor_is_closed),
		ON_A_LAB(child_opens_its_own_stream_and_leaves_the_parents_alone),
		ON_A_LAB(child_without_the_privilege_has_no_identity),
		ON_A_LAB(what_was_final_for_the_parent_is_not_for_the_child),
		ON_A_LAB(message_lost_for_lack_of_memory_is_fetched_anew),
		ON_A_LAB(connection_lost_for_lack_of_memory_leaks_nothing),
	};
	return cmocka_run_group_tests(tests, make_messages, free_messages);
}
