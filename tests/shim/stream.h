/* SPDX-License-Identifier: Apache-2.0 */
/* Data whose every byte follows from its offset in the stream. */
#ifndef SVIDWRAP_TESTS_SHIM_STREAM_H
#define SVIDWRAP_TESTS_SHIM_STREAM_H

#include "claim.h"

/* 32-byte lines: "plaintext-marker", 15 hexadecimal digits, newline. */
#define MARKER "plaintext-marker"

static inline void fill(void *buf, size_t n, uint64_t off)
{
	unsigned char *p = buf;

	for (size_t i = 0; i < n;) {
		uint64_t line = (off + i) / 32;
		char text[32] = MARKER;
		for (int d = 0; d < 15; d++)
			text[16 + d] = "0123456789abcdef"[line >> (4 * (14 - d)) & 15];
		text[31] = '\n';
		size_t from = (off + i) % 32;
		size_t len = 32 - from < n - i ? 32 - from : n - i;
		memcpy(p + i, text + from, len);
		i += len;
	}
}

static inline bool matches(const void *buf, size_t n, uint64_t off)
{
	unsigned char want[4096];

	for (size_t i = 0; i < n; i += sizeof(want)) {
		size_t len = n - i < sizeof(want) ? n - i : sizeof(want);
		fill(want, len, off + i);
		if (memcmp((const char *)buf + i, want, len) != 0)
			return false;
	}
	return true;
}

/* Blocking; retries what a signal cut short. */
static inline void write_all(int fd, uint64_t off, size_t n)
{
	char *buf = malloc(n ? n : 1);

	CHECK(buf);
	fill(buf, n, off);
	for (size_t done = 0; done < n;) {
		ssize_t r = write(fd, buf + done, n - done);
		if (r < 0 && errno == EINTR)
			continue;
		CHECK(r > 0);
		done += (size_t)r;
	}
	free(buf);
}

/* Reads n bytes and compares them with the stream's from off on. */
static inline void read_exactly(int fd, uint64_t off, size_t n)
{
	char buf[64 * KIB];

	for (size_t done = 0; done < n;) {
		size_t want = n - done < sizeof(buf) ? n - done : sizeof(buf);
		ssize_t r = read(fd, buf, want);
		if (r < 0 && errno == EINTR)
			continue;
		CHECK(r > 0);
		CHECK(matches(buf, (size_t)r, off + done));
		done += (size_t)r;
	}
}

/* Reads in steps of `step` until EOF (errno 0) or an error (errno); compares.
 * Returns the offset reached. */
static inline uint64_t read_to_end(int fd, uint64_t off, size_t step)
{
	char buf[64 * KIB];

	CHECK(step <= sizeof(buf));
	for (;;) {
		ssize_t r = read(fd, buf, step);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0) {
			errno = r < 0 ? errno : 0;
			return off;
		}
		CHECK(matches(buf, (size_t)r, off));
		off += (uint64_t)r;
	}
}

/* Gives n bytes back, and ends when the peer does. */
static inline void echo_to_end(int fd, size_t n)
{
	read_exactly(fd, 0, n);
	write_all(fd, 0, n);
	expect_eof(fd);
	close(fd);
}

#endif
