/* SPDX-License-Identifier: Apache-2.0 */
/* A place in a caller's buffers, walked once. ctx: signal. */
#ifndef SVIDWRAP_SHIM_CURSOR_H
#define SVIDWRAP_SHIM_CURSOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include "arguments.h"

struct cursor {
	const struct iovec *iov;
	int n;	    /* segments left, the current one included */
	size_t off; /* in the current one */
	size_t left; /* bytes in all, as many as one call carries */
};

static inline struct cursor cursor_of(const struct iovec *iov, int n)
{
	struct cursor c = { iov, n, 0, 0 };

	for (int i = 0; i < n; i++)
		c.left += iov[i].iov_len < RW_MAX - c.left ? iov[i].iov_len : RW_MAX - c.left;
	return c;
}

/* Where the next bytes are, and how many of them are contiguous. */
static inline uint8_t *cursor_at(struct cursor *c, size_t *ret_run)
{
	while (c->n && c->off == c->iov->iov_len) {
		c->iov++;
		c->n--;
		c->off = 0;
	}
	*ret_run = c->n ? c->iov->iov_len - c->off : 0;
	return c->n ? (uint8_t *)c->iov->iov_base + c->off : NULL;
}

static inline void cursor_skip(struct cursor *c, size_t len)
{
	while (len) {
		size_t run;

		if (!cursor_at(c, &run))
			return;
		run = run < len ? run : len;
		c->off += run;
		c->left -= run;
		len -= run;
	}
}

/* Both copy len bytes, at most what is left, and move on. */
static inline void cursor_put(struct cursor *c, const uint8_t *from, size_t len)
{
	while (len) {
		size_t run;
		uint8_t *at = cursor_at(c, &run);

		if (!at)
			return;
		run = run < len ? run : len;
		memcpy(at, from, run);
		from += run;
		len -= run;
		cursor_skip(c, run);
	}
}

static inline void cursor_get(struct cursor *c, uint8_t *to, size_t len)
{
	while (len) {
		size_t run;
		const uint8_t *at = cursor_at(c, &run);

		if (!at)
			return;
		run = run < len ? run : len;
		memcpy(to, at, run);
		to += run;
		len -= run;
		cursor_skip(c, run);
	}
}

#endif
