/* SPDX-License-Identifier: Apache-2.0 */
/* Each server is executed by a program that gives it an environment of its own. */
#include <spawn.h>
#include <sys/syscall.h>

#include "stream.h"

extern char **environ;

static char *const bare[] = { NULL };
static char *const others[] = { "LD_PRELOAD=", "X=1", NULL };

static void by_execle(char **argv)
{
	execle(argv[0], argv[0], argv[1], argv[2], NULL, others);
}

static void by_execve(char **argv)
{
	execve(argv[0], argv, bare);
}

static void by_number(char **argv)
{
	syscall(SYS_execve, argv[0], argv, bare);
}

static void by_fexecve(char **argv)
{
	fexecve(open(argv[0], O_RDONLY), argv, bare);
}

static void by_execvp(char **argv)
{
	clearenv();
	execvp(argv[0], argv);
}

static void by_env(char **argv)
{
	execl("/usr/bin/env", "env", "-i", argv[0], argv[1], argv[2], NULL);
}

static void end_as(int status)
{
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 8);
}

static void by_posix_spawn(char **argv)
{
	pid_t pid;
	int status;

	CHECK(posix_spawn(&pid, argv[0], NULL, NULL, argv, bare) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	end_as(status);
}

static void by_shell(char **argv, bool in_system)
{
	char line[600];
	FILE *p;

	clearenv();
#ifdef __SANITIZE_ADDRESS__ /* the shell is without it */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
#endif
	snprintf(line, sizeof(line), "exec %s %s %s", argv[0], argv[1], argv[2]);
	if (in_system)
		end_as(system(line));
	CHECK((p = popen(line, "w")));
	end_as(pclose(p));
}

static void by_system(char **argv)
{
	by_shell(argv, true);
}

static void by_popen(char **argv)
{
	by_shell(argv, false);
}

static void (*const ways[])(char **) = { by_execle, by_execve, by_number, by_fexecve, by_execvp,
					 by_env, by_posix_spawn, by_system, by_popen };
#define WAYS (int)(sizeof(ways) / sizeof(*ways))

/* In the executed program. It knows CLAIM_DIR no longer. */
static int serve(int port)
{
	struct sockaddr_in sin = loopback(port);
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK(bind(listener, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	CHECK(listen(listener, 1) == 0);
	int fd = accept_one(listener);
	close(listener); /* the next client waits for the next server */
	read_exactly(fd, 0, 5000);
	write_all(fd, 0, 5000);
	expect_eof(fd);
	return 0;
}

static void server(int port)
{
	char text[16], path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	CHECK(n > 0);
	path[n] = '\0';
	snprintf(text, sizeof(text), "%d", port);
	for (int i = 0; i < WAYS; i++) {
		pid_t pid = spawn_child();
		if (pid == 0) {
			ways[i]((char *[]){ path, "executed", text, NULL });
			_exit(9);
		}
		if (i == 0)
			tell("listening");
		reap(pid);
		say("served");
	}
}

static void client(int port)
{
	for (int i = 0; i < WAYS; i++) {
		int fd, tries = 0;

		for (;; tries++, pause_ms(1)) {
			fd = socket(AF_INET, SOCK_STREAM, 0);
			if (try_connect(fd, port) == 0)
				break;
			CHECK(errno == ECONNREFUSED && tries < 10000);
			close(fd);
		}
		write_all(fd, 0, 5000);
		read_exactly(fd, 0, 5000);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "executed") == 0)
		return serve(atoi(argv[2]));
	return claim_main(argc, argv, server, client, NULL);
}
