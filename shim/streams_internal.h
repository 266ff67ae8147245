/* SPDX-License-Identifier: Apache-2.0 */
/* What streams*.c share. streams.c has the cookie streams, streams_standard.c standard
 * input and output. */
#ifndef SVIDWRAP_SHIM_STREAMS_INTERNAL_H
#define SVIDWRAP_SHIM_STREAMS_INTERNAL_H

#include <stdatomic.h>
#include <stdio.h>

/* Never given back: others walk the list without a lock. */
struct stream {
	struct stream *next;
	FILE *_Atomic f; /* NULL: free to be used again */
	_Atomic int fd;
	FILE *lent; /* whose wide_data f has; no descriptor below */
	char *ahead; /* what the FILE before it had read already */
	size_t ahead_len, ahead_at;
};

/* A stream of that number; NULL: no memory, or no such mode. */
struct stream *stream_on(int fd, const char *mode);

#endif
