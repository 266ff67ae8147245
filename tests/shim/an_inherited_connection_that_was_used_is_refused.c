/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused alone no-tls */
/*
 * Connections that the shim did not see being made, as an inherited one: the policy
 * names them, or has no rule for them, and a byte has passed already. Nothing can
 * protect them from here on, so they carry nothing.
 */
#include "libc.h"

static void carries_nothing(const char *what, int fd, int peer)
{
	char buf[64];

	CHECK(LIBC(send)(peer, "in clear", 8, MSG_NOSIGNAL) == 8);
	pause_ms(20);
	ssize_t sent = send(fd, "plaintext", 9, MSG_NOSIGNAL | MSG_DONTWAIT);
	ssize_t got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	say("%s: sends %s, hears %s", what, sent < 0 ? "nothing" : "plaintext",
	    got <= 0 ? "nothing" : "plaintext");
	CHECK(sent < 0 && got <= 0);
	plain_peer_hears_nothing(peer);
	LIBC(close)(peer);
	close(fd);
}

static void pass_one_byte(int from, int to)
{
	char c;

	CHECK(LIBC(write)(from, "x", 1) == 1);
	CHECK(LIBC(read)(to, &c, 1) == 1 && c == 'x');
}

static void scene(const char *what, int port, bool server, bool sends)
{
	int listener = plain_listener(port, &port);
	int out = plain_dial(port), in = LIBC(accept)(listener, NULL, NULL);

	CHECK(in >= 0);
	LIBC(close)(listener);
	int ours = server ? in : out, peer = server ? out : in;
	pass_one_byte(sends ? ours : peer, sends ? peer : ours);
	carries_nothing(what, ours, peer);
}

static void alone(int port)
{
	scene("a client that has sent", port, false, true);
	scene("a client that has received", port, false, false);
	scene("a server that has sent", port, true, true);
	scene("a server that has received", port, true, false);
	scene("a client that no rule names", 0, false, true);
}

CLAIM_ALONE(alone)
