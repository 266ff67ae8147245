/* SPDX-License-Identifier: Apache-2.0 */
/* The sink that is the pipe of standard error, as in a container. */
#include "audit/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

static int before = -1; /* standard error as it was */
static int out[2];

/* Standard error is a pipe, whose other end is out[0]. */
static int setup(void **unused)
{
	before = dup(2);
	return pipe(out) < 0 || dup2(out[1], 2) < 0;
}

static int teardown(void **unused)
{
	if (out[0] >= 0)
		close(out[0]);
	close(out[1]);
	dup2(before, 2);
	return close(before);
}

static struct log_sink open_stderr(void)
{
	struct log_sink s;

	assert_int_equal(log_sink_open(&sys_libc, "stderr", &s, NULL).cls, ERR_NONE);
	return s;
}

static void events_reach_whoever_reads_standard_error(void **unused)
{
	struct log_sink s = open_stderr();
	char got[32] = "";

	assert_true(log_sink_write(&s, 6, "{}\n", 3));
	assert_int_equal(write(2, "program\n", 8), 8);
	assert_int_equal(read(out[0], got, sizeof got - 1), 11);
	assert_string_equal(got, "{}\nprogram\n");
	log_sink_close(&s);
}

static void the_program_may_close_or_reuse_descriptor_2(void **unused)
{
	struct log_sink s = open_stderr();
	int other[2];
	char got[32] = "";

	assert_int_equal(pipe(other), 0);
	assert_int_equal(dup2(other[1], 2), 2);
	assert_true(log_sink_write(&s, 6, "{}\n", 3));
	assert_int_equal(read(out[0], got, sizeof got - 1), 3);
	assert_int_equal(fcntl(other[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(other[0], got, sizeof got), -1);
	close(2);
	assert_true(log_sink_write(&s, 6, "{}\n", 3));
	close(other[0]);
	close(other[1]);
	log_sink_close(&s);
}

static void a_full_pipe_drops_and_the_program_keeps_its_blocking_one(void **unused)
{
	static char big[PIPE_BUF];
	struct log_sink s = open_stderr();
	int lines = 0;

	memset(big, 'x', sizeof big);
	while (lines < 1000 && log_sink_write(&s, 6, big, sizeof big))
		lines++;
	assert_in_range(lines, 1, 999);
	assert_false(fcntl(2, F_GETFL) & O_NONBLOCK);
	log_sink_close(&s);
}

/* pipe(7): a longer one is cut where the pipe is full, or where another writes. */
static void a_line_is_never_cut(void **unused)
{
	static char long_line[LOG_LINE_MAX];
	struct log_sink s = open_stderr();
	int in_pipe;

	memset(long_line, 'x', sizeof long_line);
	assert_int_equal(fcntl(out[1], F_SETPIPE_SZ, PIPE_BUF), PIPE_BUF);
	for (size_t len = 1; len <= sizeof long_line; len += 1023) {
		bool whole = log_sink_write(&s, 6, long_line, len);

		assert_int_equal(ioctl(out[0], FIONREAD, &in_pipe), 0);
		assert_int_equal(in_pipe, whole ? len : 0);
		assert_int_equal(whole, len <= log_sink_line_max(&s));
		assert_int_equal(read(out[0], long_line, (size_t)in_pipe), in_pipe);
	}
	log_sink_close(&s);
}

static int refuse_open(const char *path, int flags, mode_t mode)
{
	errno = EACCES;
	return -1;
}

/* /proc gives a pipe to its owner alone; su and an exec, and it is another's. */
static void the_pipe_of_another_user_gets_events_without_blocking(void **unused)
{
	struct sys sys = sys_libc;
	struct log_sink s;
	char got[PIPE_BUF + 1] = "";
	int lines = 0, flags;

	sys.open = refuse_open;
	assert_int_equal(log_sink_open(&sys, "stderr", &s, NULL).cls, ERR_NONE);
	flags = fcntl(2, F_GETFL);
	assert_false(flags & O_NONBLOCK);
	assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	assert_true(log_sink_write(&s, 6, "{}\n", 3));
	assert_int_equal(write(2, "program\n", 8), 8);
	assert_int_equal(read(out[0], got, sizeof got - 1), 11);
	assert_string_equal(got, "{}\nprogram\n");
	while (lines < 1000 && log_sink_write(&s, 6, got, PIPE_BUF)) /* not for ever */
		lines++;
	assert_in_range(lines, 1, 999);
	assert_int_equal(fcntl(2, F_GETFL), flags);
	signal(SIGPIPE, SIG_DFL);
	close(out[0]);
	out[0] = -1;
	assert_false(log_sink_write(&s, 6, "{}\n", 3));
	log_sink_close(&s);
}

static volatile sig_atomic_t pipes;

static void count(int sig)
{
	pipes++;
}

static void a_reader_that_has_gone_raises_no_sigpipe(void **unused)
{
	struct log_sink s = open_stderr();
	sigset_t held, was;

	signal(SIGPIPE, count);
	close(out[0]);
	out[0] = -1;
	errno = EDOM;
	assert_false(log_sink_write(&s, 6, "{}\n", 3));
	assert_int_equal(errno, EDOM);
	assert_int_equal(pipes, 0);
	/* The program's own is not taken from it. */
	sigemptyset(&held);
	sigaddset(&held, SIGPIPE);
	sigprocmask(SIG_BLOCK, &held, &was);
	raise(SIGPIPE);
	assert_false(log_sink_write(&s, 6, "{}\n", 3));
	sigprocmask(SIG_SETMASK, &was, NULL);
	assert_int_equal(pipes, 1);
	signal(SIGPIPE, SIG_DFL);
	log_sink_close(&s);
}

static void what_is_no_pipe_is_refused(void **unused)
{
	static const char *const files[] = { "/dev/zero", "/proc/self/maps", "/proc/self/exe" };
	struct log_sink s;
	struct err why;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd = open(files[i], O_RDONLY);

		dup2(fd, 2);
		close(fd);
		assert_true(failed(log_sink_open(&sys_libc, "stderr", &s, &why)));
	}
	close(2);
	assert_int_equal(log_sink_open(&sys_libc, "stderr", &s, &why).cls, ERR_IO);
	assert_non_null(strstr(why.text, "No such file"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_reach_whoever_reads_standard_error),
		TEST(the_program_may_close_or_reuse_descriptor_2),
		TEST(a_full_pipe_drops_and_the_program_keeps_its_blocking_one),
		TEST(a_line_is_never_cut),
		TEST(the_pipe_of_another_user_gets_events_without_blocking),
		TEST(a_reader_that_has_gone_raises_no_sigpipe),
		TEST(what_is_no_pipe_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
