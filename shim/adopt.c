/* SPDX-License-Identifier: Apache-2.0 */
#include "adopt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "classify.h"
#include "conn_internal.h"
#include "event.h"
#include "exec_env.h"
#include "handover.h"
#include "judge.h"
#include "kernel.h"
#include "tls/handover.h"
#include "tls/openssl_init.h"

#define FILE_MAX (64 << 20)
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct adoption {
	uint64_t *cookies; /* of each descriptor below limit; 0: no socket */
	int limit;
	int arenas;
	struct {
		struct arena *arena; /* NULL: it could not be had */
		uint64_t slots[SLOTS / 64];
	} taken[HANDOVER_ARENAS];
};

/* The next descriptor from fd on that is this socket, or -1. */
static int next_fd(const struct adoption *a, uint64_t cookie, int fd)
{
	for (; cookie && fd < a->limit; fd++)
		if (a->cookies[fd] == cookie)
			return fd;
	return -1;
}

/* The policy may be another one, or another program's, by now. */
static bool rule_allows(const struct handover_entry *e, const struct rule **ret)
{
	const struct rule *rule = judge_rule(e->rule, e->server);
	struct spiffe_id peer;

	*ret = rule;
	return rule && !failed(spiffe_id_parse(e->peer_id, strlen(e->peer_id), &peer, NULL)) &&
	       rule_accepts_peer(rule, &peer);
}

static bool take_keys(struct conn *c, const struct handover_entry *e)
{
	for (int d = 0; d < DIRS; d++) {
		const struct handover_keys *k = &e->keys[d];

		if (failed(record_dir_init(&c->keys[d], (enum tls_suite)k->suite, d == DIR_TX,
					   k->secret, k->secret_len, NULL)))
			return false;
		c->keys[d].generation = k->generation;
		/* RFC 8446 5.3: whatever the shared slot says, none is used twice. */
		c->keys[d].next_seq = c->seq_floor[d] = k->floor;
	}
	return true;
}

static void addresses(struct conn *c, int fd)
{
	socklen_t len = sizeof c->local;

	KERNEL(SYS_getsockname, fd, &c->local, &len);
	len = sizeof c->remote;
	KERNEL(SYS_getpeername, fd, &c->remote, &len);
}

/* NULL: it cannot be gone on with. */
static struct conn *conn_again(struct adoption *a, const struct handover_entry *e, int fd)
{
	struct arena *arena = e->arena < (unsigned)a->arenas ? a->taken[e->arena].arena : NULL;
	struct conn *c = arena ? conn_pool_take() : NULL;

	if (!c)
		return NULL;
	c->slot = arena_adopt_slot(arena, e->slot);
	c->arena = arena;
	c->server = e->server;
	c->max_plaintext = e->max_plaintext;
	c->swallow = e->swallow;
	c->was_open = c->keyed = c->authorised = true;
	addresses(c, fd);
	c->parties = event_parties_again(e->own_id, e->own_serial, e->peer_id, e->peer_serial);
	if (!c->slot || !rule_allows(e, &c->rule) || !take_keys(c, e)) {
		conn_put(c);
		return NULL;
	}
	a->taken[e->arena].slots[e->slot / 64] |= (uint64_t)1 << e->slot % 64;
	return c;
}

static void adopt_conn(struct adoption *a, const struct handover_entry *e)
{
	int fd = next_fd(a, e->cookie, 0);
	struct conn *c;

	if (fd < 0 || fdtab_conn(fdtab_load(fd)))
		return; /* closed on the way, or a second number of one that we have */
	c = conn_again(a, e, fd);
	for (; fd >= 0; fd = next_fd(a, e->cookie, fd + 1)) {
		k_fcntl(fd, F_SETFD, FD_CLOEXEC);
		if (!c)
			classify_refuse(fd, "the policy of the executed program does not allow "
					    "this connection, or it cannot be gone on with");
		else if (!conn_install(c, fd, false))
			k_close(fd);
	}
	conn_put(c);
}

static void judge_anew(const struct adoption *a, uint64_t cookie)
{
	for (int fd = next_fd(a, cookie, 0); fd >= 0; fd = next_fd(a, cookie, fd + 1))
		if (fdtab_load(fd) == FD_UNKNOWN)
			classify(fd);
}

static void take(struct adoption *a, const struct handover_entry *e)
{
	switch (e->kind) {
	case HANDOVER_ARENA:
		if (a->arenas < HANDOVER_ARENAS)
			a->taken[a->arenas++].arena = arena_adopt(e->fd, e->self, e->top);
		break;
	case HANDOVER_CONN:
		adopt_conn(a, e);
		break;
	case HANDOVER_SOCKET:
		judge_anew(a, e->cookie);
		break;
	}
}

static bool look_around(struct adoption *a, uint32_t limit)
{
	a->limit = limit < FDTAB_CHUNK * FDTAB_CHUNKS ? (int)limit : FDTAB_CHUNK * FDTAB_CHUNKS;
	a->cookies = calloc((size_t)a->limit + 1, sizeof *a->cookies);
	for (int fd = 0; a->cookies && fd < a->limit; fd++)
		a->cookies[fd] = k_cookie(fd);
	return a->cookies != NULL;
}

static struct result take_all(struct adoption *a, const uint8_t *at, size_t left, struct err *err)
{
	struct handover_entry e;
	uint32_t limit;
	struct result r = openssl_init(err);

	if (!failed(r))
		r = handover_header(&at, &left, &limit, err);
	if (!failed(r) && !look_around(a, limit))
		r = FAIL(err, ERR_NOMEM, "no memory for what was handed over");
	while (!failed(r) && left) {
		r = handover_next(&at, &left, &e, err);
		if (!failed(r))
			take(a, &e);
	}
	explicit_bzero(&e, sizeof e);
	for (int i = 0; i < a->arenas; i++)
		if (a->taken[i].arena)
			arena_adopted(a->taken[i].arena, a->taken[i].slots);
	free(a->cookies);
	return r;
}

static void adopt_from(int fd)
{
	struct adoption *a = calloc(1, sizeof *a);
	void *mem = MAP_FAILED;
	struct stat st = { 0 };
	struct err err;

	/* Nobody can change it under the parser. */
	if (k_fcntl(fd, F_GET_SEALS, 0) == SEALS && KERNEL(SYS_fstat, fd, &st) == 0 &&
	    st.st_size > 0 && st.st_size <= FILE_MAX)
		mem = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (!a || mem == MAP_FAILED)
		event_call_refused("execve", NULL, "nothing usable was handed over");
	else if (failed(take_all(a, mem, (size_t)st.st_size, &err)))
		event_call_refused("execve", NULL, err.text);
	if (mem != MAP_FAILED) {
		munmap(mem, (size_t)st.st_size);
		k_close(fd); /* it was a hand-over: the keys go with it */
	}
	free(a);
}

void adopt(void)
{
	const char *text = getenv(HANDOVER_ENV);
	int fd = text ? atoi(text) : -1;

	if (!text)
		return;
	unsetenv(HANDOVER_ENV);
	if (fd > 2)
		adopt_from(fd);
}
