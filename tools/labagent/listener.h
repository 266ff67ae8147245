/* SPDX-License-Identifier: Apache-2.0 */
/* The Unix socket callers connect to. */
#ifndef SVIDWRAP_LABAGENT_LISTENER_H
#define SVIDWRAP_LABAGENT_LISTENER_H

#include <sys/stat.h>

#include "base/err.h"
#include "workload/endpoint.h"

struct listener {
	int fd; /* -1 if closed */
	char path[108];
	dev_t dev; /* of the socket that was bound */
	ino_t ino;
};

/* Binds, mode 0777 (any user may ask; who gets an answer is attested), and
 * listens. A socket nobody answers on is removed first. errors: ERR_IO. */
struct result listener_open(const struct endpoint *at, struct listener *ret,
			    struct err *reterr);
/* Closes, and removes the socket's file if it is still the one bound. */
void listener_close(struct listener *l);

#endif
