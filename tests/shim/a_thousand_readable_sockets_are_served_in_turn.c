/* SPDX-License-Identifier: Apache-2.0 */
/* All readable at once, served a part at a time: nobody is served again before everybody has
 * been, and nobody is forgotten. */
#include <sys/epoll.h>

#include "many.h"
#include "stream.h"

#define CLIENTS 1000
#define PARTS 3
#define PART 1000

static void server(int port)
{
	static int fd[CLIENTS], parts[CLIENTS];
	int listener, ep = epoll_create1(0), rounds = 0;

	raise_limit();
	listener = listen_on(port);
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };

		fd[i] = accept_one(listener);
		greet_client(fd[i]);
		CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &ev) == 0);
	}
	tell("greeted");
	await("written");
	for (int served = 0; served < CLIENTS * PARTS;) {
		struct epoll_event ev[16];
		int n = epoll_wait(ep, ev, 16, 5000);

		CHECK(n > 0);
		for (int i = 0; i < n; i++, served++) {
			uint32_t k = ev[i].data.u32;

			CHECK(parts[k] == served / CLIENTS);
			read_exactly(fd[k], k + (uint64_t)parts[k] * PART, PART);
			parts[k]++;
		}
		rounds++;
	}
	say("in %d rounds", rounds);
	tell("served");
	for (int i = 0; i < CLIENTS; i++)
		expect_eof(fd[i]);
}

static void client(int port)
{
	static int fd[CLIENTS];

	raise_limit();
	dial_many(port, fd, CLIENTS);
	await_file("greeted");
	for (int i = 0; i < CLIENTS; i++)
		write_all(fd[i], (uint64_t)i, PARTS * PART);
	tell("written");
	await_file("served");
	for (int i = 0; i < CLIENTS; i++)
		close(fd[i]);
}

CLAIM(server, client)
