/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stdio on managed sockets. libc reads and writes below its FILEs by itself, past
 * the shim; so a stream there is a cookie stream (fopencookie(3)) whose functions
 * are the wrappers. Standard input and output become such streams (the variables
 * stdin and stdout are the program's to set, says glibc's manual) before a managed
 * socket has their number, and stay such: the wrappers carry everything else, too.
 * Descriptor 2 is never a managed socket, since libc's last words go there without
 * a FILE. ctx: not signal (allocates), except streams_number and streams_closing.
 */
#ifndef SVIDWRAP_SHIM_STREAMS_H
#define SVIDWRAP_SHIM_STREAMS_H

#include <stdbool.h>
#include <stdio.h>

/* fdopen(3). NULL with errno. */
FILE *streams_open(int fd, const char *mode);
/* fileno(3); -1: f is none of these streams. */
int streams_number(FILE *f);
/* freopen(3) of a stream of number fd. NULL with errno; f is closed then. */
FILE *streams_reopen(FILE *f, int fd, const char *path, const char *mode);

/* No FILE of libc's writes or reads at number fd from now on. False: it cannot be
 * had (descriptor 2, no memory, or a FILE of the program's own has it). */
bool streams_claim(int fd);
/* The program closes fd: whatever is opened next gets its number. */
void streams_closing(int fd);
/* Before the kernel may give a connection one of these numbers. */
void streams_prepare(void);
/* Opens nothing at number fd: /dev/null. False: not even that. */
bool streams_fill(int fd, int flags);
/* Descriptors 0 to 2 as they were inherited. */
void streams_inherit(void);
/* See fork.c. */
void streams_fork_lock(void);
void streams_fork_unlock(void);
void streams_fork_child(void);
/* At the end of the process, while connections can still be written to. */
void streams_flush(void);

#endif
