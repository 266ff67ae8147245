/* SPDX-License-Identifier: Apache-2.0 */
/* The Workload Endpoint's address (SPIFFE_Workload_Endpoint.md 4). */
#ifndef SVIDWRAP_WORKLOAD_ENDPOINT_H
#define SVIDWRAP_WORKLOAD_ENDPOINT_H

#include <sys/socket.h>

#include "base/err.h"

struct endpoint {
	struct sockaddr_storage sa;
	socklen_t sa_len;
	char text[160]; /* as given, for messages */
};

/* "unix:///absolute/path" (no authority; "unix:/path" is taken too, as gRPC
 * does) or "tcp://IP:port". errors: ERR_PARSE. ctx: signal. */
struct result endpoint_parse(const char *uri, struct endpoint *ret,
			     struct err *reterr);

#endif
