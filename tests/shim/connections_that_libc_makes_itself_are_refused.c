/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone no-tls refused */
/* rcmd and Sun's RPC would connect inside libc, past the shim: nobody reaches the listener. */
#include <dlfcn.h>
#include <netdb.h>

#include "refused.h"

static void alone(int port)
{
	char name[] = "127.0.0.1", *host = name;
	struct sockaddr_in sin = loopback(port);
	int listener = listen_on(port), fd = -1;
	void *(*create)(void *, unsigned long, unsigned long, int *, unsigned, unsigned);

	REFUSED(inside, rcmd(&host, htons((uint16_t)port), "a", "b", "c", NULL));
	REFUSED(inside, rexec(&host, htons((uint16_t)port), "a", "b", "c", NULL));
	create = dlsym(RTLD_DEFAULT, "clnttcp_create");
	CHECK(create);
	errno = 0;
	CHECK(!create(&sin, 100000, 2, &fd, 0, 0) && errno == REFUSED_inside);
	CHECK(poll_one(listener, POLLIN, 0) == 0);
}

CLAIM_ALONE(alone)
