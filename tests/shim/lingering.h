/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that are closed while more is on its way than the kernel takes. */
#ifndef SVIDWRAP_TESTS_SHIM_LINGERING_H
#define SVIDWRAP_TESTS_SHIM_LINGERING_H

#include <dirent.h>

#include "stream.h"

/* A name of this round for tell and await. */
static inline const char *round_name(const char *what, int round)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s-%d", what, round);
	return name;
}

static inline int threads(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = -2; /* "." and ".." */

	CHECK(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static inline long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#define WRITTEN 400000 /* fits into both sockets' buffers, but not into the reader's */

static inline int dial_and_write(int port, int round)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, WRITTEN);
	tell(round_name("written", round));
	return fd;
}

/* Reads, ms later, all that dial_and_write wrote. */
static inline void hear_all(int listener, int round, long ms)
{
	int fd = accept_one(listener);

	greet_client(fd);
	await_file(round_name("written", round));
	pause_ms(ms);
	read_exactly(fd, 0, WRITTEN);
	expect_eof(fd);
	close(fd);
}

#endif
