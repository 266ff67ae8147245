/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* Children that libc makes: posix_spawn with the number as it is and with another, although
 * it is close-on-exec; system; popen both ways. Their parent goes on in between. */
#include <spawn.h>

#include "stream.h"

extern char **environ;
static char self[512];
static uint64_t at; /* in both streams */

static void turn(int fd)
{
	read_exactly(fd, at, 3000);
	write_all(fd, at, 3000);
	at += 3000;
}

static void wait_well(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	show("the child's status", status);
	at += 3000;
}

static void spawn(int fd, int as, bool search, char **envp)
{
	char number[16], offset[32];
	char *argv[] = { self, (char *)"executed", number, offset, NULL };
	posix_spawn_file_actions_t acts;
	pid_t pid;

	snprintf(number, sizeof(number), "%d", as);
	snprintf(offset, sizeof(offset), "%llu", (unsigned long long)at);
	CHECK(posix_spawn_file_actions_init(&acts) == 0);
	if (as != fd)
		CHECK(posix_spawn_file_actions_adddup2(&acts, fd, as) == 0 &&
		      posix_spawn_file_actions_addclose(&acts, fd) == 0);
	int err = search ? posix_spawnp(&pid, strrchr(self, '/') + 1, &acts, NULL, argv, envp)
			 : posix_spawn(&pid, self, &acts, NULL, argv, envp);
	CHECK(err == 0);
	wait_well(pid);
	CHECK(posix_spawn_file_actions_destroy(&acts) == 0);
}

static void command(char line[700], int fd)
{
	snprintf(line, 700, "exec %s executed %d %llu", self, fd, (unsigned long long)at);
}

static void server(int port)
{
	char *none[] = { (char *)"ONLY=this", NULL }, line[700], said[64] = "";
	int fd = serve_one(port);
	FILE *p;

	greet_client(fd);
	turn(fd);
	spawn(fd, fd, false, environ);
	turn(fd);
	CHECK(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0);
	spawn(fd, 100, false, environ);
	spawn(fd, 101, true, none);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(100, F_GETFD) == -1);
	CHECK(fcntl(fd, F_SETFD, 0) == 0);
	turn(fd);
	command(line, fd);
	show("system", system(line));
	at += 3000;
	command(line, fd);
	CHECK((p = popen(line, "r")) && fgets(said, sizeof(said), p));
	say("its standard output: %.*s", (int)strcspn(said, "\n"), said);
	show("pclose", pclose(p));
	at += 3000;
	snprintf(line, sizeof(line), "read -r word; exec %s executed %d \"$word\"", self, fd);
	CHECK((p = popen(line, "we")) && fprintf(p, "%llu\n", (unsigned long long)at) > 0);
	show("pclose", pclose(p));
	at += 3000;
	show("no command", system("exit 5"));
	turn(fd);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	for (int i = 0; i < 10; i++, at += 3000) {
		write_all(fd, at, 3000);
		read_exactly(fd, at, 3000);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char path[600];

	CHECK(n > 0);
	if (argc == 4 && strcmp(argv[1], "executed") == 0) {
		at = strtoull(argv[3], NULL, 10);
		turn(atoi(argv[2]));
		say("served from %s", argv[3]);
		return 0;
	}
	snprintf(path, sizeof(path), "%s", self);
	*strrchr(path, '/') = '\0';
	CHECK(setenv("PATH", strcat(path, ":/usr/bin:/bin"), 1) == 0);
	return claim_main(argc, argv, server, client, NULL);
}
