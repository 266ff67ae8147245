/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes, some threads in each, as many connections: each thread writes to its
 * own. Locks between processes belong to processes, not threads: a kernel that
 * takes the two threads for one sees deadlocks where none are.
 */
#include "claim.h"

#define CONNECTIONS 4
#define LINES 8000
#define LINE 32 /* one write of so little is never cut */

struct writer {
	int fd;
	char name;
};

static void format_line(char line[LINE], char writer, unsigned n)
{
	snprintf(line, LINE, "%c %029u", writer, n);
	line[LINE - 1] = '\n';
}

static void *write_lines(void *arg)
{
	struct writer *w = arg;
	char line[LINE];

	for (unsigned i = 0; i < LINES; i++) {
		format_line(line, w->name, i);
		CHECK(write(w->fd, line, LINE) == LINE);
	}
	return NULL;
}

static void write_all_of_them(const int fd[], char name)
{
	struct writer w[CONNECTIONS];
	pthread_t thread[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++) {
		w[i] = (struct writer){ fd[i], name };
		CHECK(pthread_create(&thread[i], NULL, write_lines, &w[i]) == 0);
	}
	for (int i = 0; i < CONNECTIONS; i++)
		CHECK(pthread_join(thread[i], NULL) == 0);
}

static void server(int port)
{
	int listener = listen_on(port), fd[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++) {
		fd[i] = accept_one(listener);
		greet_client(fd[i]);
	}
	pid_t pid = spawn_child();
	write_all_of_them(fd, pid ? 'a' : 'b');
	if (pid == 0)
		exit(0);
	reap(pid);
}

static void *read_lines(void *arg)
{
	int fd = *(int *)arg;
	unsigned next[2] = { 0, 0 };
	char line[LINE], want[LINE];

	for (int i = 0; i < 2 * LINES; i++) {
		CHECK(recv(fd, line, LINE, MSG_WAITALL) == LINE);
		CHECK(line[0] == 'a' || line[0] == 'b');
		format_line(want, line[0], next[line[0] - 'a']++);
		CHECK(memcmp(line, want, LINE) == 0);
	}
	expect_eof(fd);
	return NULL;
}

static void client(int port)
{
	pthread_t thread[CONNECTIONS];
	int fd[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++) {
		fd[i] = dial(port);
		greet_server(fd[i]);
	}
	for (int i = 0; i < CONNECTIONS; i++)
		CHECK(pthread_create(&thread[i], NULL, read_lines, &fd[i]) == 0);
	for (int i = 0; i < CONNECTIONS; i++)
		CHECK(pthread_join(thread[i], NULL) == 0);
}

CLAIM(server, client)
