/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody is left to say that the stream is whole (RFC 8446 6.1): what TCP shows as the end is ECONNRESET under TLS. */
#include "stream.h"

static void server(int port)
{
	bool tls = strstr(getenv("CLAIM_DIR"), "/mtls") != NULL;
	int fd = serve_one(port);
	char buf[100];
	ssize_t r;

	greet_client(fd);
	read_exactly(fd, 0, 5000);
	r = read(fd, buf, sizeof(buf));
	CHECK(tls ? r < 0 && errno == ECONNRESET : r == 0);
	CHECK(read(fd, buf, sizeof(buf)) == 0);
	say("ended");
}

static void client(int port)
{
	pid_t pid = spawn_child();
	int status;

	if (pid == 0) {
		int fd = dial(port);

		greet_server(fd);
		write_all(fd, 0, 5000);
		raise(SIGKILL);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

CLAIM(server, client)
