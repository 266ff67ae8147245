/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone */
/* In a network of its own whose kernel has Fast Open: the first connection fetches the
 * server's cookie, the others put their connect off until the first write; under
 * mutual TLS until the handshake, which connect begins. */
#include <linux/if_ether.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "stream.h"

#define ROUNDS 4 /* the last two do not block */
#define BYTES 500

static void own_network(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int probe, sysctl;

	if (unshare(CLONE_NEWNET) < 0)
		exit(SKIPPED);
	sysctl = open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY | O_CLOEXEC);
	if (sysctl < 0 || write(sysctl, "3", 1) != 1)
		exit(SKIPPED);
	close(sysctl);
	probe = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(probe >= 0 && ioctl(probe, SIOCSIFFLAGS, &lo) == 0);
	close(probe);
}

/* All that goes over the wire. */
static int wiretap(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_ALL));

	if (fd < 0)
		exit(SKIPPED);
	return fd;
}

static bool plaintext_seen(int tap)
{
	char packet[64 * KIB];
	bool seen = false;
	ssize_t n;

	while ((n = recv(tap, packet, sizeof(packet), 0)) > 0)
		seen |= memmem(packet, (size_t)n, MARKER, strlen(MARKER)) != NULL;
	CHECK(errno == EAGAIN);
	return seen;
}

static void serve(int listener)
{
	for (int i = 0; i < ROUNDS; i++) {
		int fd = accept_one(listener);

		read_exactly(fd, 0, BYTES);
		write_all(fd, 0, BYTES);
		expect_eof(fd);
		close(fd);
	}
}

static bool under_mtls(void)
{
	const char *dir = getenv("CLAIM_DIR");

	return dir && strstr(dir, "/mtls");
}

static bool data_in_syn(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
	return info.tcpi_options & 32; /* TCPI_OPT_SYN_DATA */
}

static int put_off_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)) == 0);
	return fd;
}

static void talk(int port, int i)
{
	bool nonblocking = i >= ROUNDS / 2;
	int fd = put_off_socket();

	set_nonblocking(fd, nonblocking);
	show("connect", try_connect(fd, port));
	if (nonblocking)
		CHECK(poll_one(fd, POLLOUT, 5000) & POLLOUT);
	write_all(fd, 0, BYTES);
	set_nonblocking(fd, false);
	read_exactly(fd, 0, BYTES);
	CHECK(data_in_syn(fd) == (i > 0 && !under_mtls()));
	close(fd);
}

/* Nobody listens any more, but the cookie is still there. */
static void refused(int port)
{
	int fd = put_off_socket(), r = try_connect(fd, port);

	CHECK((r == 0) == !under_mtls());
	if (r == 0)
		r = (int)write(fd, "x", 1);
	show("nobody listens", r);
	close(fd);
}

static void alone(int port)
{
	int tap, listener, queue = 16;

	own_network();
	tap = wiretap();
	listener = listen_on(port);
	CHECK(setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)) == 0);

	pid_t pid = spawn_child();
	if (pid == 0) {
		serve(listener);
		_exit(0);
	}
	close(listener);
	for (int i = 0; i < ROUNDS; i++)
		talk(port, i);
	reap(pid);
	refused(port);
	CHECK(plaintext_seen(tap) == !under_mtls());
}

CLAIM_ALONE(alone)
