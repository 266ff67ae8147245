/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What processes that share a connection share of it: one slot for each
 * connection in a sparse memfd, made before any handshake. No key, no plaintext,
 * no pointer and no lock object lives here; a process that dropped privileges can
 * scribble in it, so every field read from it is hostile and is clamped by
 * whoever reads it.
 *
 * An arena belongs to the process that made it; after a fork both sides open a
 * fresh one for new connections, so that a child never sees what its parent
 * opened later. Processes that map an arena have an index in it (0 is the
 * maker) and hold a byte-range lock on the memfd at that index for as long as
 * they live: locks vanish with their holder, so anyone can tell who is gone.
 */
#ifndef SVIDWRAP_SHIM_ARENA_H
#define SVIDWRAP_SHIM_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tls/post_handshake.h"

#define SHARERS 64
#define SLOTS 4096u
#define IN_SIZE 20480u	/* one record of ciphertext, in whole pages */
#define OUT_SIZE 69632u /* what one write seals at most (tx_seal.c), in whole pages */

enum dir { DIR_RX, DIR_TX, DIRS };

enum slot_flag {
	SLOT_NONBLOCK = 1 << 0,	     /* O_NONBLOCK of the open file description */
	SLOT_RX_EOF = 1 << 1,	     /* close_notify came, or SHUT_RD */
	SLOT_TX_CLOSED = 1 << 2,     /* close_notify went out, or SHUT_WR */
	SLOT_KEY_UPDATE_OWED = 1 << 3, /* RFC 8446 4.6.3: before the next own record */
	SLOT_RX_WHOLE = 1 << 4,	     /* in[] holds a whole record whose last byte is
				      * still in the kernel as well */
	SLOT_OUT_USED = 1 << 5,	     /* out[] may have pages; in[] likewise: */
	SLOT_DRAIN_ON_CLOSE = 1 << 7, /* an alert is on its way: no RST before it */
	SLOT_IN_USED = 1 << 8,
};

struct slot_dir {
	_Atomic uint64_t seq;  /* of the next record */
	_Atomic uint32_t gen;  /* of the key */
	_Atomic uint32_t busy; /* sharer index + 1 of who is at work */
};

struct slot {
	_Alignas(512) _Atomic uint32_t state; /* enum conn_state */
	_Atomic uint32_t flags;
	_Atomic uint64_t holders; /* sharers with a descriptor; 0: the slot is free */
	_Atomic uint64_t keyed;	  /* those of them who have the keys */
	_Atomic int32_t owner;	  /* pid that claimed the handshake */
	_Atomic int32_t error;	  /* errno to report, once */
	_Atomic int32_t rcvlowat; /* the program's SO_RCVLOWAT; 0 is "never set" */
	_Atomic uint32_t in_len;  /* ciphertext in in[] */
	_Atomic uint32_t in_off;  /* plaintext of it that was delivered */
	_Atomic uint32_t out_off, out_len; /* sealed bytes that wait in out[] */
	_Atomic uint64_t swallow; /* sharers whose next byte has gone already */
	_Atomic uint32_t useless;	   /* records in a row without application data */
	struct post_handshake post;
	struct slot_dir dir[DIRS];
};

struct arena;

/* A free slot, its sharer bit set for this process; NULL if memory, descriptors
 * or RLIMIT_FSIZE do not allow one. Private lock inside. */
struct slot *arena_take(struct arena **ret_arena);
uint8_t *slot_in(const struct arena *a, const struct slot *s);
uint8_t *slot_out(const struct arena *a, const struct slot *s);

/* Gives the pages of out[], which is empty, back. Caller holds DIR_TX. */
void slot_out_empty(const struct arena *a, struct slot *s);

/* This process's sharer bit. */
uint64_t arena_bit(const struct arena *a);
/* Index + 1: what this process writes into busy words. */
uint32_t arena_self(const struct arena *a);

/* This process closes its last descriptor. True: no other live process with keys
 * has one, so the end is announced here. Of several that leave at once the last
 * is told. */
bool slot_last_keyed(const struct arena *a, struct slot *s);
/* Cheap: has any other process ever been given this slot and not let go? */
static inline bool slot_is_shared(const struct slot *s, uint64_t own)
{
	return (atomic_load_explicit(&s->holders, memory_order_relaxed) & ~own) != 0;
}
/* This process lets go. The last one gives the buffers back. */
void slot_release(struct arena *a, struct slot *s);

/* Between processes: one direction of one slot. Waits; the holder never sleeps. 0, or
 * -errno: it is not locked. */
int slot_lock(const struct arena *a, const struct slot *s, enum dir d);
/* Without waiting. */
bool slot_try_lock(const struct arena *a, const struct slot *s, enum dir d);
void slot_unlock(const struct arena *a, const struct slot *s, enum dir d);

/* fork: `prepare` gives the child-to-be an index in each arena that still has
 * open slots here and shares these slots with it; `child` takes it up; `undo`
 * takes it back when fork fails, which its handlers are not told. The caller of
 * the first three holds every connection's locks. */
void arena_fork_prepare(void);
/* This slot the child shall not have: nothing in the table leads to it any more. */
void arena_fork_withhold(const struct arena *a, struct slot *s);
void arena_fork_parent(void);
void arena_fork_child(void);
void arena_fork_undo(void);

/* exec: who maps the arena next. */
enum arena_heir {
	HEIR_SELF,  /* the next image of this process: place and locks stay */
	HEIR_CHILD, /* that of the vfork child which calls this */
	HEIR_LATER, /* that of a child which libc makes */
};
/* A place among the sharers for the heir. False: none, or others would take it for
 * dead. Caller holds no lock of arenas. ctx: signal; this and the next three may be
 * called in a vfork child. */
bool arena_give(struct arena *a, enum arena_heir heir, unsigned *ret_self);
void arena_give_slot(const struct arena *a, struct slot *s, unsigned self);
/* There is no heir after all. */
void arena_take_back(struct arena *a, unsigned self);
int arena_fd(const struct arena *a);
unsigned arena_top(const struct arena *a); /* no slot from there on was ever used */
unsigned arena_slot_number(const struct arena *a, const struct slot *s);

/* In the next image, before there are threads. fd is the arena's then; NULL: it is no
 * arena, or no memory. */
struct arena *arena_adopt(int fd, unsigned self, unsigned top);
struct slot *arena_adopt_slot(struct arena *a, unsigned index); /* NULL: cannot be */
/* That was all: lets go of every other slot. slots: bit i is the i-th. */
void arena_adopted(struct arena *a, const uint64_t slots[SLOTS / 64]);

#endif
