/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <errno.h>
#include <limits.h>

#define MSG_COMPAT 0x80000000u /* MSG_CMSG_COMPAT: for the kernel alone */

int check_vector(const struct iovec *iov, int n)
{
	if (n < 0 || n > IOV_MAX)
		return -EINVAL;
	if (n > 0 && is_nowhere(iov))
		return -EFAULT;
	for (int i = 0; i < n; i++)
		if (iov[i].iov_len > SSIZE_MAX)
			return -EINVAL;
	for (int i = 0; i < n; i++) {
		size_t len = iov[i].iov_len;

		/* Of a single one only so much is looked at. */
		if (is_beyond(iov[i].iov_base, n == 1 && len > RW_MAX ? RW_MAX : len))
			return -EFAULT;
	}
	return 0;
}

bool leads_nowhere(const struct iovec *iov, int n, size_t *ret_before)
{
	size_t before = 0;

	for (int i = 0; i < n && before < RW_MAX; i++) {
		if (iov[i].iov_len && is_nowhere(iov[i].iov_base)) {
			*ret_before = before;
			return true;
		}
		before += iov[i].iov_len;
	}
	return false;
}

static int check_message(const struct msghdr *msg, int flags)
{
	if ((unsigned)flags & MSG_COMPAT)
		return -EINVAL;
	if (is_nowhere(msg))
		return -EFAULT;
	if (msg->msg_name && (int)msg->msg_namelen < 0)
		return -EINVAL;
	return msg->msg_iovlen > IOV_MAX ? -EMSGSIZE : 0;
}

int check_message_in(const struct msghdr *msg, int flags)
{
	return check_message(msg, flags);
}

int check_message_out(const struct msghdr *msg, int flags)
{
	int r = check_message(msg, flags);

	if (r < 0)
		return r;
	if (msg->msg_name && msg->msg_namelen && is_nowhere(msg->msg_name))
		return -EFAULT;
	r = check_vector(msg->msg_iov, (int)msg->msg_iovlen);
	if (r < 0)
		return r;
	if (msg->msg_controllen > INT_MAX)
		return -ENOBUFS;
	return msg->msg_controllen && is_nowhere(msg->msg_control) ? -EFAULT : 0;
}

int check_address_out(const struct sockaddr *sa, socklen_t len)
{
	if (!sa)
		return 0;
	if (len > sizeof(struct sockaddr_storage))
		return -EINVAL;
	return len && is_nowhere(sa) ? -EFAULT : 0;
}

int check_address_in(const struct sockaddr *sa, const socklen_t *len)
{
	if (!sa)
		return 0;
	if (is_nowhere(len))
		return -EFAULT;
	return (int)*len < 0 ? -EINVAL : 0;
}
