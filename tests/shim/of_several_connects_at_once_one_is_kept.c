/* SPDX-License-Identifier: Apache-2.0 */
/* Happy eyeballs (RFC 8305): the first that is up is used, the others are closed as they are. */
#include <sys/ioctl.h>

#include "stream.h"

#define TRIED 4

static void client(int port)
{
	struct pollfd p[TRIED];
	int kept = -1;

	await("listening");
	for (int i = 0; i < TRIED; i++) {
		p[i] = (struct pollfd){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .events = POLLOUT };
		CHECK(p[i].fd >= 0 && (try_connect(p[i].fd, port) == 0 || errno == EINPROGRESS));
	}
	while (kept < 0) {
		CHECK(poll(p, TRIED, 5000) > 0);
		for (int i = 0; i < TRIED && kept < 0; i++) {
			int error = -1;
			socklen_t len = sizeof(error);

			if (!(p[i].revents & POLLOUT))
				continue;
			CHECK(getsockopt(p[i].fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0);
			kept = i;
		}
	}
	for (int i = 0; i < TRIED; i++)
		if (i != kept)
			close(p[i].fd);
	set_nonblocking(p[kept].fd, false);
	write_all(p[kept].fd, 0, 5000);
	read_exactly(p[kept].fd, 0, 5000);
	close(p[kept].fd);
	say("served");
}

/* Whoever ends without a word was not the one. */
static void server(int port)
{
	int listener = listen_on(port), served = 0;

	tell("listening");
	for (int i = 0; i < TRIED; i++) {
		int fd = accept_one(listener);
		char byte;

		if (recv(fd, &byte, 1, MSG_PEEK) == 1) {
			echo_to_end(fd, 5000);
			served++;
		} else {
			close(fd);
		}
	}
	say("served %d", served);
}

CLAIM(server, client)
