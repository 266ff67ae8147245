/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process gives to the image that it, or a child of it, executes: a sealed
 * memfd with the keys of the connections that stay open there, and the arenas.
 * The next image finds its descriptors by SO_COOKIE, whatever numbers they have by
 * then (adopt.c). ctx: signal, unless the interrupted code holds a lock of ours.
 */
#ifndef SVIDWRAP_SHIM_HANDOVER_H
#define SVIDWRAP_SHIM_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "conn.h"

#define HANDOVER_ARENAS 16

struct handover {
	enum arena_heir heir;
	int memfd; /* for the next image's environment; -1: none */
	int limit; /* no descriptor from there on is looked at */
	bool locked; /* until its end, or HEIR_CHILD's seal: nothing moves or closes */
	int arenas;
	struct {
		struct arena *arena;
		unsigned self;
	} given[HANDOVER_ARENAS];
};

/* The next managed descriptor from *fd on and below limit that stays open over exec, and
 * what it is; NULL: none. own: shim_is_own_process(), else this is a vfork child. */
struct conn *handover_from(int *fd, int limit, bool own);

/* One past the highest number worth a look; 0: nothing here is managed. */
int handover_limit(void);

/* Begins; false: no hand-over is possible, nothing was changed. */
bool handover_begin(struct handover *h, enum arena_heir heir);
/* Adds what fd is. Best effort: what cannot be handed over is refused there. */
void handover_add(struct handover *h, struct conn *c);
/* All were added. */
void handover_seal(struct handover *h);
/* The next image did not come (or, HEIR_LATER, `came`: this process's own part). */
void handover_end(struct handover *h, bool came);

#endif
