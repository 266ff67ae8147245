/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A managed connection as this process knows it: keys, locks and a pointer to
 * the slot that it shares with others. Objects are recycled but never given back
 * to the system, so that a thread that looked one up an instant too late touches
 * a connection, never a stranger's memory.
 */
#ifndef SVIDWRAP_SHIM_CONN_H
#define SVIDWRAP_SHIM_CONN_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "base/err.h"
#include "fdtab.h"
#include "lock.h"
#include "policy/policy.h"
#include "tls/conn_state.h"
#include "tls/handshake.h"
#include "tls/record.h"

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

#define CONN_LIVE ((uint32_t)1 << 31) /* in refs: in use, to be given back once */

/* Bit d is lock[d]. */
enum fork_locked { FORK_HS_LOCK = 1 << DIRS, FORK_REF = 1 << (DIRS + 1) };

#define EARLY_MAX 16384 /* bytes written before the handshake is up */

struct conn {
	struct conn *next_free;
	_Atomic uint32_t refs;	/* descriptors and calls in progress, and CONN_LIVE */
	_Atomic uint32_t opens; /* descriptors of this process */
	_Atomic uint32_t own_opens; /* descriptors that the program knows nothing of */

	struct slot *_Atomic slot; /* NULL: a listener */
	struct arena *arena;
	uint64_t cookie; /* SO_COOKIE */
	const struct rule *rule; /* lives as long as the process */
	bool server;
	bool keyed; /* this process has the keys: the slot's word is not believed */
	_Atomic bool authorised; /* the peer, here: the slot's word is not believed */
	_Atomic bool was_open; /* nor is a slot that says the handshake is still to come */
	union address local, remote;

	struct lock lock[DIRS];
	bool slot_locked[DIRS]; /* its holder took the one between processes as well */
	bool pinned[DIRS]; /* the one between processes is this one's until its end */
	uint8_t fork_locked; /* enum fork_locked: what fork took */
	struct record_dir keys[DIRS];
	uint64_t swallow; /* whose bit in slot->swallow the next byte written clears, if any */
	uint64_t seq_floor[DIRS]; /* no sequence number below was left unused here */
	_Atomic uint32_t refused; /* bits of enum refusal: events already written */
	size_t max_plaintext;
	/* The record in slot_in, opened; valid for this seq and generation. */
	uint8_t *plain;
	uint32_t plain_len;
	uint64_t plain_seq;
	uint32_t plain_gen;

	/* Handshake, under hs_lock. */
	struct lock hs_lock;
	struct handshake *hs;
	struct svid_snapshot *own; /* what it speaks as; for events */
	struct parties *_Atomic parties; /* who met, for later events; NULL: not yet, or
				  * no memory */
	int64_t deadline_ms; /* CLOCK_MONOTONIC */
	uint8_t *early;
	_Atomic uint32_t early_len; /* written under hs_lock */
	bool early_full;	/* EAGAIN was reported: an edge is owed */
	_Atomic bool shut_after_early;	/* SHUT_WR came before the keys */
	bool unhurried; /* connect came back before the handshake, since the peer may be waiting
			 * for this very thread: nothing waits for it */
};

/* A new connection with one open descriptor and one reference for it; NULL if
 * there is no memory or no slot. state is CONN_CONNECTING or CONN_FRESH. */
struct conn *conn_new(enum conn_state state, bool server, const struct rule *rule,
		      const struct sockaddr *local, const struct sockaddr *remote, bool nonblock);
/* A listener's entry: no slot. */
struct conn *conn_new_listener(void);

/* Looks fd up and takes a reference; NULL if it is not managed. ctx: signal. */
struct conn *conn_get(int fd);
void conn_put(struct conn *c);
/* The same by the socket's cookie. */
struct conn *conn_find(uint64_t cookie);

/* Enters fd for c. `cloexec` is the program's own flag. False: fd cannot be
 * managed (the caller closes it); c's descriptor count is not changed. */
bool conn_install(struct conn *c, int fd, bool cloexec);

/* The slot's state, clamped. */
enum conn_state conn_state(const struct conn *c);
/* Moves the slot by `e`; false (and CONN_FAILED) if the table has no such step. */
bool conn_event(struct conn *c, enum conn_event e);

static inline uint32_t conn_flags(const struct conn *c)
{
	return atomic_load_explicit(&c->slot->flags, memory_order_relaxed);
}
static inline void conn_set_flag(struct conn *c, enum slot_flag f)
{
	atomic_fetch_or(&c->slot->flags, f);
}
static inline void conn_clear_flag(struct conn *c, enum slot_flag f)
{
	atomic_fetch_and(&c->slot->flags, ~(uint32_t)f);
}

static inline void conn_note_flag(struct conn *c, enum slot_flag f)
{
	if (!(conn_flags(c) & f))
		conn_set_flag(c, f);
}

/* Takes one direction: the private lock and, if the connection is shared by
 * processes, the one between them. 0, -EINTR (this thread holds it already: a
 * signal handler) or -ECONNRESET (poisoned: its last user died at work; or it
 * cannot be locked). */
int conn_enter(struct conn *c, enum dir d);
void conn_leave(struct conn *c, enum dir d);

/* The next sequence number of direction d, ratcheting this process's keys up to
 * the slot's generation first. errors: ERR_POISONED (the slot went backwards),
 * ERR_KEY_LIMIT. Caller is inside conn_enter. */
struct result conn_seq(struct conn *c, enum dir d, uint64_t *ret_seq, struct err *reterr);
/* Marks that number as used, before it is. */
void conn_seq_take(struct conn *c, enum dir d, uint64_t seq);
/* After a KeyUpdate in direction d. */
struct result conn_ratchet(struct conn *c, enum dir d, struct err *reterr);

/* The connection is over: remembers the errno to report, once, tells the peer
 * (alert < 0: nothing to tell) and makes the kernel's readiness say so. The event
 * is the caller's business. fd < 0 if there is none to use. */
void conn_fail(struct conn *c, int fd, int error, int alert);
/* The errno to report for a failed connection: once the reason, then 0. */
int conn_take_error(struct conn *c);

/* Every live connection of this process, for fork: also those that have no slot, be
 * it not yet (another thread makes them just now, and would begin their handshake
 * while the process is copied) or never. */
void conn_each(void (*each)(struct conn *c, void *ctx), void *ctx);

/* fork, see fork.c. */
void conn_fork_lock(void);
void conn_fork_withhold(void); /* what this process has closed is not the child's */
void conn_fork_unlock(void);
void conn_fork_child(void);

#endif
