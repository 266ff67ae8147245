/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's epoll instances. A registration lives as long as the socket does
 * (epoll(7), Q6): a descriptor of our own, for what goes on after the program's
 * close, would keep it alive, and the program would take its events for those of
 * whatever has the number next. ctx: signal.
 */
#ifndef SVIDWRAP_SHIM_EPOLLS_H
#define SVIDWRAP_SHIM_EPOLLS_H

/* The program registered a descriptor there. */
void epolls_note(int epfd);
/* The program closes fd, which is open still: it leaves all of them. */
void epolls_remove(int fd);

#endif
