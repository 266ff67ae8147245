/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent for tests: a thread that listens on a Unix socket of its own and
 * plays a script to each connection. Aborts when it cannot.
 */
#ifndef SVIDWRAP_TESTS_FAKE_AGENT_H
#define SVIDWRAP_TESTS_FAKE_AGENT_H

#include <stddef.h>

#include "base/cleanup.h"

enum fake_op {
	FAKE_HANG,	/* says no more; the script's end */
	FAKE_MESSAGE,	/* data, len: one gRPC message, prefix added */
	FAKE_DATA,	/* data, len: bytes of the message stream as they are */
	FAKE_STATUS,	/* text: grpc-status, more: grpc-message; ends the call */
	FAKE_HTTP,	/* text: HTTP status of a response without gRPC status */
	FAKE_RAW,	/* data, len: bytes on the connection as they are */
	FAKE_WAIT,	/* for fake_agent_go */
	FAKE_CLOSE,	/* closes the connection; the script's end */
};

struct fake_step {
	enum fake_op op;
	const void *data;
	size_t len;
	const char *text, *more;
};

#define FAKE_SCRIPT_MAX 16 /* steps */
#define FAKE_SCRIPTS_MAX 8

struct fake_agent;

/* scripts: for the first connection, the second, ...; the last one serves all
 * later ones; ends with NULL. Copied, but not what the steps point to. */
struct fake_agent *fake_agent_start(const struct fake_step *const *scripts);
/* Ends its thread and connections. Takes NULL. */
void fake_agent_stop(struct fake_agent *a);
DEFINE_CLEANUP(fake_agent, fake_agent_stop)

/* "unix:///..." */
const char *fake_agent_uri(const struct fake_agent *a);
/* Connections so far. */
unsigned fake_agent_connections(struct fake_agent *a);
/* Lets one FAKE_WAIT pass. */
void fake_agent_go(struct fake_agent *a);

#endif
