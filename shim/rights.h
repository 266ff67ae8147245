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
/* 0, or -errno: the message would pass on a managed socket. */
int rights_may_send(const struct msghdr *msg);
/* MSG_FASTOPEN to an address that the policy judges: it would carry the bytes before
 * any handshake, so connect comes first. */
bool rights_fast_open(int fd, const struct sockaddr *sa, int flags);

#endif
