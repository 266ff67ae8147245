/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void send_name(int fd, int (*name)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	CHECK(name(fd, (struct sockaddr *)&sin, &len) == 0 && len == sizeof(sin));
	CHECK(write(fd, &sin, sizeof(sin)) == sizeof(sin));
}

static void server(int port)
{
	int listener = listen_on(port);
	struct sockaddr_in peer, named;
	socklen_t len = sizeof(peer);
	int fd = accept(listener, (struct sockaddr *)&peer, &len);

	CHECK(fd >= 0 && len == sizeof(peer));
	greet_client(fd);
	len = sizeof(named);
	CHECK(getpeername(fd, (struct sockaddr *)&named, &len) == 0);
	CHECK(memcmp(&named, &peer, sizeof(peer)) == 0);
	send_name(fd, getpeername);
	send_name(fd, getsockname);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);
	struct sockaddr_in own, theirs, want = loopback(port);
	socklen_t len = sizeof(own);

	greet_server(fd);
	CHECK(recv(fd, &theirs, sizeof(theirs), MSG_WAITALL) == sizeof(theirs));
	CHECK(getsockname(fd, (struct sockaddr *)&own, &len) == 0 && len == sizeof(own));
	CHECK(memcmp(&own, &theirs, sizeof(own)) == 0);
	CHECK(recv(fd, &theirs, sizeof(theirs), MSG_WAITALL) == sizeof(theirs));
	CHECK(getpeername(fd, (struct sockaddr *)&own, &len) == 0 && len == sizeof(own));
	CHECK(memcmp(&own, &theirs, sizeof(own)) == 0 && memcmp(&own, &want, sizeof(own)) == 0);
	close(fd);
}

CLAIM(server, client)
