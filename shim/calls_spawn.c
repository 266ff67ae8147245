/* SPDX-License-Identifier: Apache-2.0 */
/* Children that libc makes: posix_spawn, and what is built on it. */
#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lock.h"
#include "shim.h"
#include "spawn.h"

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *acts,
		       const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	int saved = errno, r;

	shim_up();
	r = spawn_image(pid, path, false, acts, attr, argv, envp);
	errno = saved;
	return r;
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *acts,
			const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	int saved = errno, r;

	shim_up();
	r = spawn_image(pid, file, true, acts, attr, argv, envp);
	errno = saved;
	return r;
}

static int shell(pid_t *pid, const char *command, const posix_spawn_file_actions_t *acts,
		 const posix_spawnattr_t *attr)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };

	return posix_spawn(pid, _PATH_BSHELL, acts, attr, argv, environ);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* system(3): SIGINT and SIGQUIT are ignored while any thread is in it. */
static struct lock system_lock;
static int systems;
static struct sigaction before[2];
static const int ignored[] = { SIGINT, SIGQUIT };

static void ignore(bool on)
{
	const struct sigaction ign = { .sa_handler = SIG_IGN };

	lock_acquire(&system_lock);
	if (on ? systems++ == 0 : --systems == 0)
		for (int i = 0; i < 2; i++)
			sigaction(ignored[i], on ? &ign : &before[i], on ? &before[i] : NULL);
	lock_release(&system_lock);
}

static int run_and_wait(const char *command)
{
	sigset_t chld, old, def;
	posix_spawnattr_t attr;
	int r, status;
	pid_t pid;

	ignore(true);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &chld, &old);
	sigemptyset(&def);
	for (int i = 0; i < 2; i++)
		if (before[i].sa_handler != SIG_IGN)
			sigaddset(&def, ignored[i]);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &old);
	posix_spawnattr_setsigdefault(&attr, &def);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	r = shell(&pid, command, NULL, &attr);
	posix_spawnattr_destroy(&attr);
	status = r == 0 ? wait_for(pid) : W_EXITCODE(127, 0);
	ignore(false);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0)
		errno = r;
	return status;
}

EXPORT int system(const char *command)
{
	shim_up();
	return command && spawn_matters() ? run_and_wait(command) : real.system(command);
}

/* Streams of our own popen. */
struct process {
	struct process *next;
	FILE *f;
	pid_t pid;
};

static struct lock processes_lock;
static struct process *processes;

/* popen(3): the streams of earlier calls are closed in the child. */
static void close_earlier(posix_spawn_file_actions_t *acts, int target)
{
	lock_acquire(&processes_lock);
	for (struct process *p = processes; p; p = p->next)
		if (fileno(p->f) != target)
			posix_spawn_file_actions_addclose(acts, fileno(p->f));
	lock_release(&processes_lock);
}

static FILE *start(struct process *p, const char *command, bool reads, bool cloexec)
{
	int ends[2], mine, target = reads ? 1 : 0, r;
	posix_spawn_file_actions_t acts;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	mine = reads ? 0 : 1;
	posix_spawn_file_actions_init(&acts);
	r = posix_spawn_file_actions_adddup2(&acts, ends[!mine], target);
	close_earlier(&acts, target);
	if (r == 0)
		r = shell(&p->pid, command, &acts, NULL);
	p->f = r == 0 ? real.fdopen(ends[mine], reads ? "r" : "w") : NULL;
	if (p->f) {
		lock_acquire(&processes_lock);
		p->next = processes;
		processes = p;
		lock_release(&processes_lock);
	}
	posix_spawn_file_actions_destroy(&acts);
	close(ends[!mine]);
	if (!p->f)
		close(ends[mine]);
	else if (!cloexec)
		fcntl(ends[mine], F_SETFD, 0);
	if (r != 0)
		errno = r;
	return p->f;
}

EXPORT FILE *popen(const char *command, const char *mode)
{
	bool reads = strchr(mode, 'r');
	struct process *p;
	FILE *f;

	shim_up();
	if (!command || reads == (strchr(mode, 'w') != NULL) || !spawn_matters())
		return real.popen(command, mode);
	p = calloc(1, sizeof *p);
	f = p ? start(p, command, reads, strchr(mode, 'e')) : NULL;
	if (!f)
		free(p);
	return f;
}
EXPORT_ALIAS(popen) FILE *_IO_popen(const char *command, const char *mode);

void spawn_fork_child(void)
{
	lock_reset(&system_lock);
	lock_reset(&processes_lock);
}

static struct process *take(FILE *f)
{
	struct process *ret = NULL;

	lock_acquire(&processes_lock);
	for (struct process **at = &processes; *at && !ret; at = ret ? at : &(*at)->next)
		if ((*at)->f == f) {
			ret = *at;
			*at = ret->next;
		}
	lock_release(&processes_lock);
	return ret;
}

EXPORT int pclose(FILE *f)
{
	struct process *p;
	int status;

	shim_up();
	p = take(f);
	if (!p)
		return real.pclose(f);
	fclose(f);
	status = wait_for(p->pid);
	free(p);
	return status;
}
