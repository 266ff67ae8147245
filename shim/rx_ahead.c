/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "kernel.h"
#include "rx_internal.h"

/* Records from `at` on that are all in buf: opened, to see what they hold. Returns how
 * many bytes of plaintext; *at is behind the last of them, *control says that data
 * end there. */
static size_t opened(struct pass *p, uint8_t *buf, size_t n, size_t *at, bool *control)
{
	uint64_t seq = p->c->plain_seq + 1;
	size_t sum = 0, rec_len, len;
	enum content_type type;

	while (n >= *at + RECORD_HEADER && !failed(record_length(buf + *at, &rec_len, NULL)) &&
	       *at + rec_len <= n) {
		if (p->s->plain_used < rec_len - RECORD_OVERHEAD)
			p->s->plain_used = (uint32_t)(rec_len - RECORD_OVERHEAD);
		if (failed(record_open(&p->c->keys[DIR_RX], seq++, buf + *at, rec_len,
				       p->s->plain, &type, &len, NULL)) ||
		    type != CT_APPLICATION_DATA) {
			*control = true;
			break;
		}
		sum += len;
		*at += rec_len;
	}
	return sum;
}

/* The same by their headers alone. A record of which only a part has come counts one:
 * left in the kernel it would keep the peer's window shut, and a program that takes
 * "no more" from here waits for an edge (nginx). Asked to read, we take the part. */
static size_t counted(const uint8_t *buf, size_t n, size_t at)
{
	size_t sum = 0, rec_len;

	while (n >= at + RECORD_HEADER && !failed(record_length(buf + at, &rec_len, NULL)) &&
	       at + rec_len <= n) {
		sum += rec_len - RECORD_OVERHEAD;
		at += rec_len;
	}
	return sum + (at < n);
}

/* What n bytes of records that nobody looked at hold at the most. There is no way to look at a part of
 * a queue, and looking at all of it for each count takes longer than reading it. */
static size_t at_most(size_t n)
{
	return n - n / RECORD_MAX * RECORD_OVERHEAD;
}

size_t rx_behind(struct pass *p)
{
	uint8_t *buf = p->s->cipher;
	size_t at = 1, sum, queued; /* 1: the stored record's last byte */
	ssize_t n = k_recv(p->fd, buf, sizeof p->s->cipher, MSG_PEEK);
	bool control = false;

	if (n <= 0)
		return 0;
	sum = opened(p, buf, (size_t)n, &at, &control);
	if (control)
		return sum;
	queued = (size_t)k_ioctl_int(p->fd, SIOCINQ);
	if (queued <= (size_t)n)
		return sum + counted(buf, (size_t)n, at);
	return sum + at_most(queued - at);
}
