/* SPDX-License-Identifier: Apache-2.0 */
/* What arena*.c share. arena.c has the mappings and their slots, arena_sharers.c who
 * shares them, who of these lives, and the locks between them, arena_fork.c how a
 * child becomes one, arena_exec.c how the next image does. */
#ifndef SVIDWRAP_SHIM_ARENA_INTERNAL_H
#define SVIDWRAP_SHIM_ARENA_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "lock.h"

#define HEADER 4096u
#define BUFFERS (HEADER + SLOTS * sizeof(struct slot))
#define ARENA_SIZE (BUFFERS + (size_t)SLOTS * (IN_SIZE + OUT_SIZE))
/* Buffers are mapped as slots are taken: address space is limited for some (RLIMIT_AS). */
#define CHUNK_SLOTS 64u
#define CHUNKS (SLOTS / CHUNK_SLOTS)
#define CHUNK_SIZE ((size_t)CHUNK_SLOTS * (IN_SIZE + OUT_SIZE))

enum sharer_state { SHARER_FREE, SHARER_RESERVED, SHARER_ALIVE };

struct header {
	_Atomic uint32_t sharers[SHARERS]; /* enum sharer_state */
};

/* Private to the process. */
struct arena {
	struct arena *next;
	struct header *header; /* the first mapping's start: up to BUFFERS */
	struct slot *slots;
	uint8_t *buffers[CHUNKS]; /* NULL: not mapped here */
	int fd;
	unsigned self;	  /* own sharer index */
	unsigned child;	  /* during fork: the child's, 0 if none */
	/* Which fork of this process reserved an index; 0: none that may yet fail. */
	uint64_t reserved_by[SHARERS];
	unsigned open;	  /* slots this process holds */
	unsigned hint;	  /* none below is free, unless another sharer gave it back */
	unsigned top;	  /* no slot from here on was ever taken: untouched pages */
	bool mine;	  /* made here, and not shared by a fork yet */
	bool announced;	  /* own liveness lock is held */
};

/* arena.c: this process's, under arenas_lock, which the caller of what follows
 * holds. */
extern struct arena *arenas;
extern struct lock arenas_lock;
/* Forgets arenas that can serve nobody here any more. */
void arena_sweep(void);
/* The mappings of an arena's memfd into a zeroed *a: what all slots need; what slot
 * number i needs. False: no address space. */
bool arena_map(struct arena *a, int fd);
bool arena_map_buffers(struct arena *a, unsigned i);
void arena_unmap(struct arena *a);

static inline struct slot *arena_slots(void *mapping)
{
	return (struct slot *)((char *)mapping + HEADER);
}

static inline size_t slot_index(const struct arena *a, const struct slot *s)
{
	return (size_t)(s - a->slots);
}

/* arena_sharers.c */
/* Takes the lock that says this process lives. False: others would take it for
 * dead. */
bool arena_announce(struct arena *a);
/* In a vfork child, for its next image: the lock is the child's. */
bool arena_announce_as(struct arena *a, unsigned self);
/* An index that was set aside is nobody's again. */
void arena_renounce(struct arena *a, unsigned self);
/* Sets an index aside for a child; 0: all are taken, by the living. */
unsigned arena_reserve(struct arena *a);

/* arena_fork.c */
/* Shares with sharer q every slot that this process has, or takes all back. */
void arena_share(struct arena *a, unsigned q, bool with);

#endif
