/* SPDX-License-Identifier: Apache-2.0 */
/* A thread waits in read while another forks. The child closes its copy and lives
 * on: the end that the parent makes later is still a clean one. */
#include "claim.h"

static int fd;

static void *reader(void *unused)
{
	char c;

	(void)unused;
	tell("reading");
	CHECK(read(fd, &c, 1) == 1 && c == 'q');
	return NULL;
}

static void server(int port)
{
	pthread_t thread;

	fd = serve_one(port);
	greet_client(fd);
	CHECK(pthread_create(&thread, NULL, reader, NULL) == 0);
	await("reading");
	pause_ms(100); /* until it waits in the kernel */
	pid_t pid = spawn_child();
	if (pid == 0) {
		close(fd);
		tell("closed");
		await("ended");
		exit(0);
	}
	await("closed");
	tell("forked");
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(write(fd, "bye", 3) == 3);
	close(fd);
	reap(pid);
}

static void client(int port)
{
	char buf[8];

	fd = dial(port);
	greet_server(fd);
	await("forked");
	CHECK(write(fd, "q", 1) == 1);
	CHECK(recv(fd, buf, 3, MSG_WAITALL) == 3);
	show("read at the end", read(fd, buf, sizeof buf));
	tell("ended");
}

CLAIM(server, client)
