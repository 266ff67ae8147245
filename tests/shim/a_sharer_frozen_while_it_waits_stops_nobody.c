/* SPDX-License-Identifier: Apache-2.0 */
/* A child waits for bytes of the connection that it shares, and is frozen there: its
 * parent reads and writes all the same. Thawed it reads what comes next. */
#include "frozen.h"
#include "lingering.h"

#define ROUNDS 2

/* Asleep in the kernel, after it said that it would read. */
static void await_sleep(pid_t pid)
{
	char path[64], text[512];
	char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		pause_ms(1);
		FILE *f = fopen(path, "re");
		CHECK(f && fgets(text, sizeof(text), f));
		fclose(f);
		state = strrchr(text, ')');
	} while (!state || state[2] != 'S');
}

static void wait_for_a_byte(int fd, int said)
{
	char c;

	CHECK(write(said, "x", 1) == 1);
	CHECK(read(fd, &c, 1) == 1 && c == '!');
	CHECK(write(fd, "?", 1) == 1);
}

static void server_round(int listener, int round)
{
	int fd = accept_one(listener), said[2];
	char c;

	greet_client(fd);
	CHECK(pipe(said) == 0);
	pid_t pid = spawn_child();
	if (pid == 0) {
		end_with_parent();
		wait_for_a_byte(fd, said[1]);
		_exit(0);
	}
	CHECK(read(said[0], &c, 1) == 1);
	await_sleep(pid);
	struct freezer f = freezer_of(pid, round == 1);
	freeze(&f);
	tell(round_name("frozen", round));
	read_exactly(fd, 0, 50000);
	write_all(fd, 0, 50000);
	say("read and written");
	thaw(&f);
	tell(round_name("thawed", round));
	reap(pid);
	freezer_end(&f);
	close(fd);
}

static void client_round(int port, int round)
{
	int fd = dial(port);
	char c;

	greet_server(fd);
	await_file(round_name("frozen", round));
	write_all(fd, 0, 50000);
	read_exactly(fd, 0, 50000);
	await_file(round_name("thawed", round));
	CHECK(write(fd, "!", 1) == 1);
	CHECK(read(fd, &c, 1) == 1 && c == '?');
	expect_eof(fd);
	close(fd);
}

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < ROUNDS; i++)
		server_round(listener, i);
}

static void client(int port)
{
	for (int i = 0; i < ROUNDS; i++)
		client_round(port, i);
}

CLAIM(server, client)
