/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* Nor does an untouched one go to a process without the shim, or stay where it was when it
 * has gone. */
#include "rights.h"
#include "static.h"

static void server(int port)
{
	int listener = listen_on(port), fd = accept_one(listener), sv[2], unix_fd, via;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char path[512], tool[512];
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	greet_client(fd);
	REFUSED(rights, send_fd(sv[0], fd));
	read_exactly(fd, 0, 5000);
	write_all(fd, 0, 5000);
	expect_eof(fd);

	/* A stranger that connects. */
	fd = accept_one(listener);
	meeting_path(path, "s");
	CHECK(strlen(path) < sizeof(sun.sun_path));
	strcpy(sun.sun_path, path);
	unix_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(unix_fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 && listen(unix_fd, 5) == 0);
	static_tool(tool);
	if ((pid = fork()) == 0) {
		execl(tool, tool, "from", path, NULL);
		_exit(9);
	}
	via = accept(unix_fd, NULL, NULL);
	REFUSED(rights_stranger, send_fd(via, fd));
	REFUSED(rights_stranger, send_fd(via, listener));
	CHECK(write(via, "x", 1) == 1);
	got_nothing("the stranger", status_of(pid));
	/* Together with one in use: neither goes, and the untouched one stays as it was. */
	tell("untouched");
	int used = accept_one(listener), both[] = { fd, used };
	greet_client(used);
	REFUSED(rights, send_fds(sv[0], both, 2));
	go_on_server(fd);

	/* What has gone is not here any more. */
	close(accept_one(listener));
	fd = accept_one(listener);
	CHECK(send_fd(sv[0], fd) == 1);
	errno = 0;
	CHECK(write(fd, MARKER, 16) == -1 && errno == ECONNRESET);
	REFUSED(rights, send_fd(sv[0], fd));
	close(fd);
	go_on_server(receive_fd(sv[1]));
}

static void go_on(int fd)
{
	greet_server(fd);
	go_on_client(fd);
}

static void client(int port)
{
	go_on(dial(port));
	/* Its connect waits for the handshake. */
	pid_t pid = spawn_child();
	if (pid == 0) {
		go_on(dial(port));
		_exit(0);
	}
	await("untouched");
	int used = dial(port);
	greet_server(used);
	reap(pid);
	/* Nobody is certain yet that it is connected. */
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), sv[2];
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	CHECK(try_connect(fd, port) == -1 && errno == EINPROGRESS);
	REFUSED(rights, send_fd(sv[0], fd));
	close(fd);
	go_on(dial(port));
	close(used);
}

CLAIM(server, client)
