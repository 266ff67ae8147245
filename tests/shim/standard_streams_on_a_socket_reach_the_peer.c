/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* As a shell does for one command, and as inetd's child does for ever. */
#include "stream.h"

static char self[512];

static void server(int port)
{
	int listener = listen_on(port), fd = accept_one(listener), in = dup(0), out = dup(1);
	char word[32];

	greet_client(fd);
	/* For one command: what was printed before goes there, too. */
	printf("%s held ", MARKER);
	CHECK(dup2(fd, 1) == 1 && dup2(fd, 0) == 0);
	say_fd = out;
	CHECK(fileno(stdout) == 1 && fileno(stdin) == 0);
	puts("and put");
	CHECK(fflush(stdout) == 0);
	CHECK(scanf("%31s", word) == 1);
	say("heard %s", word);
	CHECK(dup2(out, 1) == 1 && dup2(in, 0) == 0);
	printf("on standard output again\n");
	CHECK(fflush(stdout) == 0);
	CHECK(getchar() == '\n' && getchar() == EOF); /* /dev/null */
	clearerr(stdin);
	close(fd);
	/* For ever, with a number that was closed first. */
	fd = accept_one(listener);
	pid_t pid = spawn_child();
	if (pid == 0) {
		close(0);
		CHECK(dup(fd) == 0);
		CHECK(dup2(fd, 1) == 1 && dup2(fd, 2) == 2);
		close(fd);
		execl(self, self, "executed", NULL);
		_exit(1);
	}
	reap(pid);
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);
	char line[128];
	FILE *f = fdopen(fd, "r+");

	greet_server(fd);
	CHECK(fgets(line, sizeof(line), f));
	say("%.*s", (int)strlen(line) - 1, line);
	CHECK(write(fd, "word\n", 5) == 5);
	CHECK(!fgets(line, sizeof(line), f));
	fclose(f);
	fd = dial(port);
	CHECK((f = fdopen(fd, "r+")));
	CHECK(write(fd, "name\nrest", 9) == 9);
	while (fgets(line, sizeof(line), f))
		say("%.*s", (int)strcspn(line, "\n"), line);
	CHECK(!ferror(f));
	fclose(f);
}

static int executed(void)
{
	char name[32];

	CHECK(fgets(name, sizeof(name), stdin));
	printf("hello %s%s\n", name, MARKER);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CHECK(dprintf(1, "direct\n") == 7);
	CHECK(fcntl(2, F_GETFD) == 0);
	printf("said at exit");
	return 0;
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	CHECK(n > 0);
	if (argc == 2 && strcmp(argv[1], "executed") == 0)
		return executed();
	return claim_main(argc, argv, server, client, NULL);
}
