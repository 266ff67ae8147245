/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libc's own functions, found once with dlsym(RTLD_NEXT). The shim reaches the
 * kernel through these, never by plain name, which would lead back to itself.
 * ctx: signal, once real_init has run (the constructor, or the first call).
 */
#ifndef SVIDWRAP_SHIM_REAL_H
#define SVIDWRAP_SHIM_REAL_H

#include <aio.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <netdb.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct real {
#define SYM(result, name, params) result(*name) params;
#define OLD SYM
#define ALIAS(result, name, params, of)
#include "symbols.def"
#undef SYM
#undef OLD
#undef ALIAS
};

extern struct real real;

/* The wrappers themselves; some of libc's have no prototype in its headers. */
#define SYM(result, name, params) result name params;
#define OLD SYM
#define ALIAS(result, name, params, of) result name params;
#include "symbols.def"
#undef SYM
#undef OLD
#undef ALIAS

/* Idempotent; called by the constructor and by the slow path of every wrapper. */
void real_init(void);

/* A wrapper: visible to the program. */
#define EXPORT __attribute__((visibility("default")))
/* The same function under the other names that symbols.def lists. */
#define EXPORT_ALIAS(of) __attribute__((visibility("default"), alias(#of), copy(of)))

#endif
