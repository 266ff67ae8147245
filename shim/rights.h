/* SPDX-License-Identifier: Apache-2.0 */
/* Side doors on sockets that are not managed themselves: descriptors that travel
 * in control messages, and connections that a send opens. ctx: signal. */
#ifndef SVIDWRAP_SHIM_RIGHTS_H
#define SVIDWRAP_SHIM_RIGHTS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Descriptors that came with SCM_RIGHTS: unknown from now on, so that their first
 * touch is judged. */
void rights_received(struct msghdr *msg);
/* Does the message carry a managed socket? */
bool rights_of_ours(const struct msghdr *msg);
/* sendmsg(2) of such a message: listeners and untouched connections may go to a process
 * that has the shim, too; the connections are that one's then, and fail here. The
 * count or -errno. */
ssize_t rights_send(int via, const struct msghdr *msg, int flags);
/* MSG_FASTOPEN to an address that the policy judges: it would carry the bytes before
 * any handshake, so connect comes first. */
bool rights_fast_open(int fd, const struct sockaddr *sa, int flags);

#endif
