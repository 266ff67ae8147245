/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/log_sink_test.XXXXXX";
static char path[128];

/* A system log of the test's own: connect(/dev/log) leads to its socket. */
static int fake_log = -1;
static bool fake_absent;
static int connects;
static struct sockaddr_un fake_addr;

static int fake_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_un *un = (const void *)sa;

	connects++;
	assert_int_equal(un->sun_family, AF_UNIX);
	assert_string_equal(un->sun_path, "/dev/log");
	if (fake_absent) {
		errno = ENOENT;
		return -1;
	}
	return connect(fd, (struct sockaddr *)&fake_addr, sizeof fake_addr);
}

static struct sys fake;

static void fake_log_up(void)
{
	fake_addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(fake_addr.sun_path, sizeof fake_addr.sun_path, "%s/log", dir);
	unlink(fake_addr.sun_path);
	fake_log = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fake_log, (struct sockaddr *)&fake_addr,
			      sizeof fake_addr), 0);
}

static int setup(void **unused)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/audit.log", dir);
	fake = sys_libc;
	fake.connect = fake_connect;
	return 0;
}

static int teardown(void **unused)
{
	char cmd[128];

	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	return system(cmd);
}

static int fresh(void **unused)
{
	unlink(path);
	fake_absent = false;
	connects = 0;
	return 0;
}

static struct result open_sink(const char *where, struct log_sink *s)
{
	struct err err;

	return log_sink_open(&fake, where, s, &err);
}

static void slurp(char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, buf, cap - 1);

	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
}

static void lines_are_appended_to_a_private_file(void **unused)
{
	struct log_sink s, t;
	struct stat st;
	char got[64];
	mode_t old = umask(0);

	assert_int_equal(open_sink(path, &s).cls, ERR_NONE);
	umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fcntl(log_sink_fd(&s), F_GETFD), FD_CLOEXEC);
	assert_int_equal(open_sink(path, &t).cls, ERR_NONE);
	assert_true(log_sink_write(&s, 6, "one\n", 4));
	assert_true(log_sink_write(&t, 6, "two\n", 4));
	assert_true(log_sink_write(&s, 6, "three\n", 6));
	slurp(got, sizeof got);
	assert_string_equal(got, "one\ntwo\nthree\n");
	log_sink_close(&s);
	log_sink_close(&t);
	log_sink_close(&t);
	assert_int_equal(log_sink_fd(&t), -1);
	assert_false(log_sink_write(&t, 6, "late\n", 5));
}

static void one_line_is_one_write_even_between_processes(void **unused)
{
	static char want[2][201], got[200 * 100 * 2 + 1];
	struct log_sink s;

	assert_int_equal(open_sink(path, &s).cls, ERR_NONE);
	for (int k = 0; k < 2; k++) {
		memset(want[k], 'a' + k, 199);
		want[k][199] = '\n';
	}
	for (int k = 0; k < 2; k++)
		if (fork() == 0) {
			for (int i = 0; i < 100; i++)
				log_sink_write(&s, 6, want[k], 200);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	slurp(got, sizeof got);
	assert_int_equal(strlen(got), 200 * 200);
	for (int i = 0; i < 200; i++)
		assert_memory_equal(got + 200 * i,
				    want[got[200 * i] == 'b'], 200);
	log_sink_close(&s);
}

static void a_symbolic_link_is_refused(void **unused)
{
	struct log_sink s;
	struct err err;
	char target[160];

	snprintf(target, sizeof target, "%s/target", dir);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(log_sink_open(&fake, path, &s, &err).cls,
			 ERR_FILE_TRUST);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(access(target, F_OK), -1);
}

static void a_fifo_is_refused_without_waiting_for_a_reader(void **unused)
{
	struct log_sink s;
	int reader;

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(open_sink(path, &s).cls, ERR_FILE_TRUST);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(open_sink(path, &s).cls, ERR_FILE_TRUST);
	close(reader);
}

static void a_folder_and_a_missing_one_are_errors(void **unused)
{
	struct log_sink s;
	struct err err;

	assert_int_equal(open_sink(dir, &s).cls, ERR_IO);
	assert_int_equal(log_sink_open(&fake, "/nowhere/x.log", &s, &err).cls,
			 ERR_IO);
	assert_string_equal(err.text, "/nowhere/x.log: cannot open: No such "
				      "file or directory");
	assert_int_equal(err.sys_errno, ENOENT);
}

static void dev_null_mutes_and_other_devices_are_refused(void **unused)
{
	struct log_sink s;

	assert_int_equal(open_sink("/dev/null", &s).cls, ERR_NONE);
	assert_true(log_sink_write(&s, 6, "x\n", 2));
	log_sink_close(&s);
	assert_int_equal(open_sink("/dev/zero", &s).cls, ERR_FILE_TRUST);
}

/* The child is killed by SIGXFSZ if the line is written. */
static void a_file_size_limit_drops_the_line_and_not_the_program(void **unused)
{
	int status;

	if (fork() == 0) {
		struct rlimit lim = { 10, 10 };
		struct log_sink s;
		struct err err;

		if (setrlimit(RLIMIT_FSIZE, &lim) < 0 ||
		    failed(log_sink_open(&fake, path, &s, &err)))
			_exit(2);
		if (!log_sink_write(&s, 6, "12345678\n", 9) ||
		    log_sink_write(&s, 6, "12\n", 3) ||
		    !log_sink_write(&s, 6, "\n", 1) ||
		    log_sink_write(&s, 6, "\n", 1))
			_exit(3);
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* RFC 3164 4.1: priority is facility * 8 + severity. */
static void the_system_log_gets_a_datagram_a_line(void **unused)
{
	struct log_sink s;
	char got[256], want[256];
	ssize_t n;

	fake_log_up();
	assert_int_equal(open_sink(NULL, &s).cls, ERR_NONE);
	assert_int_equal(fcntl(log_sink_fd(&s), F_GETFD), FD_CLOEXEC);
	assert_true(log_sink_write(&s, 4, "{\"a\":1}\n", 8));
	n = recv(fake_log, got, sizeof got - 1, 0);
	assert_true(n > 0);
	got[n] = '\0';
	snprintf(want, sizeof want, "<84>svidwrap[%d]: {\"a\":1}",
		 (int)getpid());
	assert_string_equal(got, want);
	log_sink_close(&s);
	close(fake_log);
}

static void a_full_system_log_drops_and_never_blocks(void **unused)
{
	struct log_sink s;
	int i;

	fake_log_up();
	assert_int_equal(open_sink("", &s).cls, ERR_NONE);
	for (i = 0; i < 100000 && log_sink_write(&s, 6, "x\n", 2); i++)
		;
	assert_true(i < 100000);
	log_sink_close(&s);
	close(fake_log);
}

static void without_a_system_log_lines_are_dropped(void **unused)
{
	struct log_sink s;

	fake_absent = true;
	errno = EDOM;
	assert_int_equal(open_sink(NULL, &s).cls, ERR_NONE);
	assert_int_equal(log_sink_fd(&s), -1);
	assert_false(log_sink_write(&s, 6, "x\n", 2));
	assert_false(log_sink_reconnect(&s));
	assert_int_equal(errno, EDOM);
	log_sink_close(&s);
}

static void a_restarted_system_log_is_found_again_on_request_only(void **unused)
{
	struct log_sink s;
	int fd;

	fake_log_up();
	assert_int_equal(open_sink(NULL, &s).cls, ERR_NONE);
	fd = log_sink_fd(&s);
	close(fake_log);
	errno = EDOM;
	assert_false(log_sink_write(&s, 6, "x\n", 2));
	assert_false(log_sink_write(&s, 6, "x\n", 2));
	assert_int_equal(connects, 1);
	assert_int_equal(errno, EDOM);
	fake_log_up();
	assert_true(log_sink_reconnect(&s));
	assert_int_equal(log_sink_fd(&s), fd);
	assert_true(log_sink_write(&s, 6, "x\n", 2));
	log_sink_close(&s);
	close(fake_log);
}

static void a_line_beyond_the_limit_is_dropped(void **unused)
{
	static char big[LOG_LINE_MAX + 1];
	char got[8];
	struct log_sink s;

	memset(big, 'x', sizeof big);
	assert_int_equal(open_sink(path, &s).cls, ERR_NONE);
	assert_false(log_sink_write(&s, 6, big, sizeof big));
	slurp(got, sizeof got);
	assert_string_equal(got, "");
	assert_true(log_sink_write(&s, 6, big, LOG_LINE_MAX));
	log_sink_close(&s);
	fake_log_up();
	assert_int_equal(open_sink(NULL, &s).cls, ERR_NONE);
	assert_true(log_sink_write(&s, 6, big, LOG_LINE_MAX));
	log_sink_close(&s);
	close(fake_log);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_appended_to_a_private_file),
		TEST(one_line_is_one_write_even_between_processes),
		TEST(a_symbolic_link_is_refused),
		TEST(a_fifo_is_refused_without_waiting_for_a_reader),
		TEST(a_folder_and_a_missing_one_are_errors),
		TEST(dev_null_mutes_and_other_devices_are_refused),
		TEST(a_file_size_limit_drops_the_line_and_not_the_program),
		TEST(the_system_log_gets_a_datagram_a_line),
		TEST(a_full_system_log_drops_and_never_blocks),
		TEST(without_a_system_log_lines_are_dropped),
		TEST(a_restarted_system_log_is_found_again_on_request_only),
		TEST(a_line_beyond_the_limit_is_dropped),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
