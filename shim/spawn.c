/* SPDX-License-Identifier: Apache-2.0 */
#include "spawn.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "exec_check.h"
#include "exec_env.h"
#include "handover.h"
#include "kernel.h"
#include "program/path_search.h"
#include "refuse.h"
#include "shim.h"
#include "spawn_actions.h"

/* One attempt. */
struct child {
	const char *file;
	const posix_spawn_file_actions_t *acts;
	char *const *envp;
	struct handover give;
	int *fds; /* what stays open in it, and the hand-over itself */
	int n, room;
};

static bool keep(struct child *ch, int fd)
{
	if (ch->n == ch->room) {
		int room = ch->room ? 2 * ch->room : 32;
		int *more = realloc(ch->fds, (size_t)room * sizeof *more);

		if (!more)
			return false;
		ch->fds = more;
		ch->room = room;
	}
	ch->fds[ch->n++] = fd;
	return true;
}

bool spawn_matters(void)
{
	int limit, first = 0;

	if (atomic_load(&shim_state) != 2)
		return false;
	limit = handover_limit();
	return (limit && handover_from(&first, limit, shim_is_own_process())) ||
	       exec_env_size(environ, -1) != 0;
}

static bool is_managed(int fd, int newfd, void *ctx)
{
	(void)newfd;
	(void)ctx;
	return fdtab_conn(fdtab_load(fd)) != NULL;
}

/* What the program duplicates in the child stays there, whatever its flag. */
static bool keep_source(int fd, int newfd, void *ctx)
{
	struct child *ch = ctx;

	(void)newfd;
	return fdtab_conn(fdtab_load(fd)) && !keep(ch, fd);
}

/* False: out of memory. */
static bool collect(struct child *ch, int limit)
{
	bool own = shim_is_own_process();

	for (int fd = 0; handover_from(&fd, limit, own); fd++)
		if (!keep(ch, fd))
			return false;
	return !spawn_actions_each_dup2(ch->acts, keep_source, ch);
}

/* posix_spawnp's search; what it finds is what is executed. 0 or an errno. */
static int find(const char *file, char ret[PATH_MAX])
{
	const char *path = path_search_begin();
	int error = ENOENT;
	struct stat st;

	while (path_search_next(&path, file, ret)) {
		if (stat(ret, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) && faccessat(AT_FDCWD, ret, X_OK, AT_EACCESS) == 0)
			return 0;
		error = EACCES;
	}
	return error;
}

/* Why nothing can be handed over; NULL: nothing speaks against it. */
static const char *obstacle(const struct child *ch, struct err *why)
{
	struct image im = { AT_FDCWD, ch->file, 0 };
	int r;

	if (lock_held() || !atomic_load(shim_fork_word))
		return "it was called in the middle of another call";
	if (ch->file[0] != '/' && spawn_actions_move(ch->acts))
		return "a relative path that is looked for in another folder";
	r = exec_check(&im, ch->envp, why);
	return r > 0 ? why->text : r < 0 ? "it cannot be executed" : NULL;
}

static int run(pid_t *ret_pid, const struct child *ch, const posix_spawn_file_actions_t *acts,
	       const posix_spawnattr_t *attr, char *const argv[], int memfd)
{
	size_t room = exec_env_size(ch->envp, memfd);
	void *at = room ? malloc(room) : NULL;
	int r;

	if (room && !at)
		return ENOMEM;
	r = real.posix_spawn(ret_pid, ch->file, acts, attr, argv,
			     room ? exec_env_fill(ch->envp, memfd, at) : ch->envp);
	free(at);
	return r;
}

/* The image gets nothing: all of it is close-on-exec in the kernel. What the program
 * duplicates in the child would not be. */
static int give_nothing(pid_t *ret_pid, struct child *ch, int limit,
			const posix_spawnattr_t *attr, char *const argv[], const char *why)
{
	bool duplicates = spawn_actions_each_dup2(ch->acts, is_managed, NULL);
	int error = 0;

	if (!collect(ch, limit))
		return ENOMEM;
	for (int i = 0; i < ch->n; i++) {
		struct conn *c = conn_get(ch->fds[i]); /* NULL: another thread closed it */

		if (c)
			error = refuse_because(c, REFUSE_spawn, why);
		conn_put(c);
	}
	if (duplicates)
		return -(error ? error : refuse_call(NULL, REFUSE_spawn));
	return run(ret_pid, ch, ch->acts, attr, argv, -1);
}

/* Between begin and end of the hand-over nobody closes or replaces a connection: each
 * number is in the child what it was when it was collected. */
static int give(pid_t *ret_pid, struct child *ch, int limit, const posix_spawnattr_t *attr,
		char *const argv[])
{
	posix_spawn_file_actions_t acts;
	bool kept;
	int r = ENOMEM;

	if (!handover_begin(&ch->give, HEIR_LATER))
		return give_nothing(ret_pid, ch, limit, attr, argv,
				    "no memory or descriptor for a hand-over");
	kept = collect(ch, limit);
	for (int i = 0; i < ch->n; i++) {
		struct conn *c = fdtab_conn(fdtab_load(ch->fds[i]));

		if (c) /* else it was disconnected (connect, AF_UNSPEC) */
			handover_add(&ch->give, c);
	}
	handover_seal(&ch->give);
	kept = kept && keep(ch, ch->give.memfd);
	for (int i = 0; i < ch->give.arenas; i++)
		kept = kept && keep(ch, arena_fd(ch->give.given[i].arena));
	if (kept && spawn_actions_with(&acts, ch->fds, ch->n, ch->acts)) {
		r = run(ret_pid, ch, &acts, attr, argv, ch->give.memfd);
		spawn_actions_free(&acts);
	}
	handover_end(&ch->give, r == 0);
	return r;
}

static bool gives_anything(const struct child *ch, int limit)
{
	int first = 0;

	return handover_from(&first, limit, shim_is_own_process()) ||
	       spawn_actions_each_dup2(ch->acts, is_managed, NULL);
}

int spawn_image(pid_t *ret_pid, const char *file, bool search,
		const posix_spawn_file_actions_t *acts, const posix_spawnattr_t *attr,
		char *const argv[], char *const envp[])
{
	struct child ch = { .file = file, .acts = acts, .envp = envp };
	int limit = atomic_load(&shim_state) == 2 ? handover_limit() : 0, r;
	struct err why = { .text = "" };
	const char *no;
	char path[PATH_MAX];

	if (search && !strchr(file, '/')) {
		r = find(file, path);
		if (r != 0)
			return r;
		ch.file = path;
	}
	if (!limit)
		return run(ret_pid, &ch, acts, attr, argv, -1);
	if (!spawn_actions_known())
		return -refuse_call(NULL, REFUSE_spawn);
	if (!gives_anything(&ch, limit))
		return run(ret_pid, &ch, acts, attr, argv, -1);
	no = obstacle(&ch, &why);
	r = no ? give_nothing(ret_pid, &ch, limit, attr, argv, no)
	       : give(ret_pid, &ch, limit, attr, argv);
	free(ch.fds);
	return r;
}
