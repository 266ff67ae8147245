/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* As Node's cluster does it: the parent accepts, a child that was there before serves; and
 * as HAProxy's next process gets its listener. */
#include "rights.h"

static char self[512];

static void serve(int fd)
{
	greet_client(fd);
	echo_to_end(fd, 40000);
}

static void child(int via)
{
	for (int i = 0; i < 3; i++)
		serve(receive_fd(via));
	int listener = receive_fd(via);
	serve(accept_one(listener));
}

/* The child is forked, or executed. */
static void server(int port)
{
	int sv[2], listener = listen_on(port);
	char text[16];
	pid_t pid;

	for (int executed = 0; executed < 2; executed++) {
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
		pid = spawn_child();
		if (pid == 0) {
			close(sv[1]);
			close(listener);
			snprintf(text, sizeof(text), "%d", sv[0]);
			if (executed)
				execl(self, self, "executed", text, NULL);
			child(sv[0]);
			_exit(0);
		}
		close(sv[0]);
		for (int i = 0; i < 3; i++) {
			int fd = accept_one(listener);

			/* Twice shows that a failed attempt takes nothing. */
			show("to nobody", send_fd(-1, fd));
			CHECK(send_fd(sv[1], fd) == 1);
			close(fd);
		}
		CHECK(send_fd(sv[1], listener) == 1);
		close(sv[1]);
		reap(pid);
	}
}

static void client(int port)
{
	for (int i = 0; i < 8; i++) {
		int fd = dial(port);

		greet_server(fd);
		write_all(fd, 0, 40000);
		read_exactly(fd, 0, 40000);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	CHECK(n > 0);
	if (argc == 3 && strcmp(argv[1], "executed") == 0) {
		child(atoi(argv[2]));
		return 0;
	}
	return claim_main(argc, argv, server, client, NULL);
}
