/* SPDX-License-Identifier: Apache-2.0 */
/* The identity as a guest of a process: descriptors, fork, lack of memory. */
#include "identity_fixture.h"

#include <fcntl.h>
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/malloc_fail.h"
#include "workload/identity_internal.h"

static const struct fake_step mute[] = { HANG };

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
