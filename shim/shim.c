/* SPDX-License-Identifier: Apache-2.0 */
#include "shim.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "adopt.h"
#include "event.h"
#include "exec_env.h"
#include "fork.h"
#include "ident.h"
#include "judge.h"
#include "kernel.h"
#include "linger.h"
#include "startup.h"
#include "streams.h"

_Atomic int shim_state;
pid_t shim_pid;

static const _Atomic int always = 1;
const _Atomic int *shim_fork_word = &always;

bool shim_is_own_process(void)
{
	pid_t pid = k_getpid();

	return pid == shim_pid || pid == -EPERM; /* in a sandbox nobody forks */
}

static void make_fork_word(void)
{
	_Atomic int *word = mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (word == MAP_FAILED)
		return;
	if (madvise(word, sizeof *word, MADV_WIPEONFORK) < 0) {
		munmap(word, sizeof *word);
		return;
	}
	atomic_store(word, 1);
	shim_fork_word = word;
}

/* In the child of a fork that was seen. */
void shim_after_fork(void)
{
	shim_pid = k_getpid();
	if (shim_fork_word != &always)
		atomic_store((_Atomic int *)(uintptr_t)shim_fork_word, 1);
}

void shim_start(void)
{
	int none = 0;

	real_init();
	if (!atomic_compare_exchange_strong(&shim_state, &none, 1))
		return;
	shim_pid = k_getpid();
	make_fork_word();
	exec_env_init();
	event_init();
	judge_init();
	ident_init(judge_agent_address());
	fork_init();
	atomic_store(&shim_state, 2);
}

/* exit(3) flushes streams, quick_exit(3) does not. */
static void end(bool flush)
{
	if (atomic_load(&shim_state) != 2 || !shim_is_own_process())
		return;
	if (flush)
		streams_flush();
	linger_exit();
}

static void ends_quickly(void)
{
	end(false);
}

__attribute__((constructor(101))) static void loaded(void)
{
	int saved = errno;

	shim_start();
	at_quick_exit(ends_quickly); /* the first one, so the last to run */
	adopt();
	streams_inherit();
	startup_wait();
	errno = saved;
}

__attribute__((destructor)) static void unloaded(void)
{
	end(true);
}
