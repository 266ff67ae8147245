/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process hands over to the image that it executes, as bytes: arenas
 * (shared memory that the next image goes on with), connections with their keys,
 * and sockets that are to be judged anew. Sender and receiver are on one machine;
 * numbers are in its byte order. Pure functions; the file they travel in is the
 * shim's business.
 */
#ifndef SVIDWRAP_TLS_HANDOVER_H
#define SVIDWRAP_TLS_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tls/record.h"

#define HANDOVER_HEADER 16
#define HANDOVER_ENTRY_MAX 8192

enum handover_kind { HANDOVER_ARENA = 1, HANDOVER_CONN, HANDOVER_SOCKET };

/* One direction's keys; the next image uses no sequence number below floor. */
struct handover_keys {
	uint16_t suite;
	uint8_t secret_len;
	uint8_t secret[SECRET_MAX];
	uint32_t generation;
	uint64_t floor;
};

struct handover_entry {
	enum handover_kind kind;
	uint64_t cookie; /* SO_COOKIE: CONN and SOCKET */
	/* ARENA: an open descriptor; the next image's place among the sharers; no slot
	 * from top on was ever used. */
	int32_t fd;
	uint32_t self, top;
	/* CONN */
	uint32_t arena; /* the n-th ARENA entry before it */
	uint32_t slot;
	uint32_t max_plaintext;
	bool server;
	uint64_t swallow;
	struct handover_keys keys[2]; /* read, write */
	const char *rule, *own_id, *own_serial, *peer_id, *peer_serial;
};

/* limit: no descriptor from there on needs to be looked at. */
void handover_put_header(uint32_t limit, uint8_t out[HANDOVER_HEADER]);
/* The entry's length, or 0: longer than room or HANDOVER_ENTRY_MAX. ctx: signal. */
size_t handover_put(const struct handover_entry *e, uint8_t *out, size_t room);

/* Both move *at and *left on; errors: ERR_PARSE. Strings point into the input. */
struct result handover_header(const uint8_t **at, size_t *left, uint32_t *ret_limit,
			      struct err *reterr);
/* Caller sees to it that *left > 0. */
struct result handover_next(const uint8_t **at, size_t *left, struct handover_entry *ret,
			    struct err *reterr);

#endif
