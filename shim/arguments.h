/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program hands us is read and written here, not by the kernel: pointers that
 * lead nowhere must fail as they do there, not end the program. Told apart without a
 * system call: the first page, and what is no user's memory. Whether anything else is
 * mapped is not asked (docs/differences.md). ctx: signal.
 */
#ifndef SVIDWRAP_SHIM_ARGUMENTS_H
#define SVIDWRAP_SHIM_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define RW_MAX ((size_t)0x7ffff000) /* as the kernel bounds a transfer: read(2) */

/* No user's memory: refused before anything else is looked at. */
static inline bool is_beyond(const void *p, size_t n)
{
	const uintptr_t end = ((uintptr_t)1 << 56) - 4096;

	return (uintptr_t)p > end || n > end - (uintptr_t)p;
}

/* Never mapped: refused once a byte would be copied. */
static inline bool is_nowhere(const void *p)
{
	return (uintptr_t)p < 4096 || is_beyond(p, 1);
}

/* As the kernel takes over a vector (readv(2)). 0 or -errno. */
int check_vector(const struct iovec *iov, int n);

/* Of a vector that passed: how many bytes come before the first that lead nowhere.
 * False: none do. */
bool leads_nowhere(const struct iovec *iov, int n, size_t *ret_before);

/* What the kernel looks at before it sends or receives. 0 or -errno. */
int check_message_out(const struct msghdr *msg, int flags);
int check_message_in(const struct msghdr *msg, int flags);
int check_address_out(const struct sockaddr *sa, socklen_t len);

/* Where the address of a peer is to be told. 0 or -errno. */
int check_address_in(const struct sockaddr *sa, const socklen_t *len);

#endif
