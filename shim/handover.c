/* SPDX-License-Identifier: Apache-2.0 */
#include "handover.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "event.h"
#include "file_limit.h"
#include "kernel.h"
#include "linger_list.h"
#include "shim.h"
#include "tls/handover.h"

#define LOOK_AT_LEAST 1024
#define HIGH 900 /* out of the way of the program's own numbers, if it can be */

int handover_limit(void)
{
	int limit = fdtab_limit();

	for (int fd = 0; fd < limit; fd++)
		if (fdtab_conn(fdtab_load(fd)))
			return limit < LOOK_AT_LEAST ? LOOK_AT_LEAST : limit;
	return 0;
}

/* A vfork child's numbers may be others than its parent's by now, and what it says of
 * them the kernel knows. */
static struct conn *in_vfork_child(int fd)
{
	uintptr_t word = fdtab_load(fd);
	struct conn *c = fdtab_conn(word);
	int flags = k_fcntl(fd, F_GETFD, 0);
	uint64_t cookie;

	if (flags < 0 || !(cookie = k_cookie(fd)))
		return NULL;
	if (c && c->cookie == cookie)
		return !(flags & FD_CLOEXEC) || !(word & FD_CLOEXEC_BIT) ? c : NULL;
	if (flags & FD_CLOEXEC)
		return NULL;
	c = conn_find(cookie);
	conn_put(c); /* its parent's reference keeps it */
	return c;
}

struct conn *handover_from(int *fd, int limit, bool own)
{
	for (; *fd < limit; ++*fd) {
		uintptr_t word = fdtab_load(*fd);
		struct conn *c = !own			 ? in_vfork_child(*fd)
				 : word & FD_CLOEXEC_BIT ? NULL
							 : fdtab_conn(word);

		if (c)
			return c;
	}
	return NULL;
}

static bool put(int memfd, const uint8_t *bytes, size_t n)
{
	long at = KERNEL(SYS_lseek, memfd, 0, SEEK_CUR);

	return at >= 0 && file_may_reach((uint64_t)at + n) &&
	       KERNEL(SYS_write, memfd, bytes, n) == (long)n;
}

static bool append(struct handover *h, const struct handover_entry *e)
{
	uint8_t bytes[HANDOVER_ENTRY_MAX];
	size_t n = handover_put(e, bytes, sizeof bytes);
	bool ok = n && put(h->memfd, bytes, n);

	explicit_bzero(bytes, n);
	return ok;
}

bool handover_begin(struct handover *h, enum arena_heir heir)
{
	uint8_t header[HANDOVER_HEADER];
	int low = (int)KERNEL(SYS_memfd_create, "svidwrap-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	*h = (struct handover){ .heir = heir, .memfd = low, .limit = handover_limit() };
	if (low < 0)
		return false;
	h->memfd = k_fcntl(low, F_DUPFD_CLOEXEC, HIGH);
	if (h->memfd < 0)
		h->memfd = low;
	else
		k_close(low);
	handover_put_header((uint32_t)h->limit, header);
	if (!put(h->memfd, header, sizeof header)) {
		k_close(h->memfd);
		return false;
	}
	if (heir == HEIR_SELF)
		linger_settle(false);
	conn_fork_lock();
	h->locked = true;
	return true;
}

/* The n-th arena of the hand-over; -1: it cannot be handed over. */
static int arena_number(struct handover *h, struct arena *a)
{
	struct handover_entry e = { .kind = HANDOVER_ARENA, .fd = arena_fd(a), .top = arena_top(a) };

	for (int i = 0; i < h->arenas; i++)
		if (h->given[i].arena == a)
			return i;
	if (h->arenas == HANDOVER_ARENAS || !arena_give(a, h->heir, &e.self))
		return -1;
	if (!append(h, &e)) {
		arena_take_back(a, e.self);
		return -1;
	}
	if (h->heir != HEIR_LATER)
		k_fcntl(e.fd, F_SETFD, 0);
	h->given[h->arenas].arena = a;
	h->given[h->arenas].self = e.self;
	return h->arenas++;
}

/* Open, its keys here and at rest? */
static bool is_movable(const struct handover *h, const struct conn *c)
{
	return c->slot && c->keyed && c->authorised && c->parties && c->rule &&
	       conn_state(c) == CONN_OPEN && !(c->early_len && h->heir == HEIR_SELF) &&
	       c->fork_locked == (FORK_REF | FORK_HS_LOCK | 1 << DIR_RX | 1 << DIR_TX);
}

static struct handover_keys keys_of(const struct conn *c, enum dir d)
{
	const struct record_dir *k = &c->keys[d];
	struct handover_keys ret = {
		.suite = (uint16_t)k->suite,
		.secret_len = k->secret_len,
		.generation = k->generation,
		.floor = k->next_seq > c->seq_floor[d] ? k->next_seq : c->seq_floor[d],
	};

	memcpy(ret.secret, k->secret, sizeof ret.secret);
	return ret;
}

static bool add_open(struct handover *h, struct conn *c)
{
	struct handover_entry e = {
		.kind = HANDOVER_CONN,
		.cookie = c->cookie,
		.slot = arena_slot_number(c->arena, c->slot),
		.max_plaintext = (uint32_t)c->max_plaintext,
		.server = c->server,
		.swallow = c->early_len ? 0 : c->swallow,
		.keys = { keys_of(c, DIR_RX), keys_of(c, DIR_TX) },
		.rule = rule_name(c->rule),
	};
	int arena = arena_number(h, c->arena);
	bool ok = false;

	event_parties(c->parties, &e.own_id, &e.own_serial, &e.peer_id, &e.peer_serial);
	if (arena >= 0) {
		e.arena = (uint32_t)arena;
		arena_give_slot(c->arena, c->slot, h->given[arena].self);
		ok = append(h, &e);
	}
	explicit_bzero(e.keys, sizeof e.keys);
	return ok;
}

void handover_add(struct handover *h, struct conn *c)
{
	struct handover_entry other = { .kind = HANDOVER_SOCKET, .cookie = c->cookie };

	if (!is_movable(h, c) || !add_open(h, c))
		append(h, &other);
}

void handover_seal(struct handover *h)
{
	k_fcntl(h->memfd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	if (h->heir != HEIR_LATER)
		k_fcntl(h->memfd, F_SETFD, 0);
	/* A vfork child does not come back to undo what it does in its parent's memory. */
	if (h->heir != HEIR_CHILD)
		return;
	conn_fork_unlock();
	h->locked = false;
}

void handover_end(struct handover *h, bool came)
{
	for (int i = 0; !came && i < h->arenas; i++) {
		arena_take_back(h->given[i].arena, h->given[i].self);
		k_fcntl(arena_fd(h->given[i].arena), F_SETFD, FD_CLOEXEC);
	}
	k_close(h->memfd);
	if (h->locked)
		conn_fork_unlock();
	if (h->heir == HEIR_SELF)
		linger_resume(false);
}
