/* SPDX-License-Identifier: Apache-2.0 */
#include "spawn_actions.h"

#include <stdlib.h>
#include <string.h>


enum tag { DO_CLOSE, DO_DUP2, DO_OPEN, DO_CHDIR, DO_FCHDIR };

struct action {
	int tag;
	union {
		struct {
			int fd, newfd;
		} dup2;
		struct { /* the largest */
			int fd;
			char *path;
			int oflag;
			mode_t mode;
		} open;
	};
};

static struct action *list_of(const posix_spawn_file_actions_t *acts)
{
	return (struct action *)acts->__actions;
}

bool spawn_actions_known(void)
{
	posix_spawn_file_actions_t try;
	bool known = posix_spawn_file_actions_init(&try) == 0;
	const struct action *a;

	if (!known)
		return false;
	known = posix_spawn_file_actions_adddup2(&try, 101, 102) == 0 &&
		posix_spawn_file_actions_addchdir_np(&try, "/") == 0 &&
		posix_spawn_file_actions_addfchdir_np(&try, 3) == 0 &&
		posix_spawn_file_actions_adddup2(&try, 103, 104) == 0 && try.__used == 4;
	a = list_of(&try);
	known = known && a[0].tag == DO_DUP2 && a[0].dup2.fd == 101 && a[0].dup2.newfd == 102 &&
		a[1].tag == DO_CHDIR && a[2].tag == DO_FCHDIR && a[3].tag == DO_DUP2 &&
		a[3].dup2.fd == 103 && a[3].dup2.newfd == 104;
	posix_spawn_file_actions_destroy(&try);
	return known;
}

bool spawn_actions_each_dup2(const posix_spawn_file_actions_t *acts,
			     bool (*each)(int fd, int newfd, void *ctx), void *ctx)
{
	bool any = false;

	for (int i = 0; acts && i < acts->__used; i++) {
		const struct action *a = &list_of(acts)[i];

		if (a->tag == DO_DUP2 && each(a->dup2.fd, a->dup2.newfd, ctx))
			any = true;
	}
	return any;
}

bool spawn_actions_move(const posix_spawn_file_actions_t *acts)
{
	for (int i = 0; acts && i < acts->__used; i++)
		if (list_of(acts)[i].tag == DO_CHDIR || list_of(acts)[i].tag == DO_FCHDIR)
			return true;
	return false;
}

static bool among(int fd, const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		if (fds[i] == fd)
			return true;
	return false;
}

bool spawn_actions_with(posix_spawn_file_actions_t *ret, const int *fds, int n,
			const posix_spawn_file_actions_t *acts)
{
	int theirs = acts ? acts->__used : 0;
	struct action *list = calloc((size_t)(n + theirs) + 1, sizeof *list);

	if (!list)
		return false;
	/* posix_spawn_file_actions_adddup2(3): onto itself clears the flag. */
	for (int i = 0; i < n; i++)
		list[i] = (struct action){ .tag = DO_DUP2, .dup2 = { fds[i], fds[i] } };
	if (theirs)
		memcpy(list + n, list_of(acts), (size_t)theirs * sizeof *list);
	for (int i = n; i < n + theirs; i++)
		if (list[i].tag == DO_DUP2 && list[i].dup2.newfd == 2 && among(list[i].dup2.fd, fds, n))
			list[i].dup2.fd = 2; /* decision 0015 */
	memset(ret, 0, sizeof *ret);
	ret->__allocated = ret->__used = n + theirs;
	ret->__actions = (struct __spawn_action *)list;
	return true;
}

void spawn_actions_free(posix_spawn_file_actions_t *acts)
{
	free(acts->__actions);
}
