/* SPDX-License-Identifier: Apache-2.0 */
/* Seccomp filters: as over sshd's unprivileged child, and one that forbids nothing. */
#ifndef SVIDWRAP_TESTS_SHIM_FILTER_H
#define SVIDWRAP_TESTS_SHIM_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "stream.h"

#define ALLOW(number)                                           \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##number, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* kills: for anything but read, write and waiting. */
static inline void install(bool kills)
{
	struct sock_filter few[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(read), ALLOW(write), ALLOW(poll), ALLOW(ppoll), ALLOW(exit_group),
		ALLOW(brk), ALLOW(mmap), ALLOW(munmap), ALLOW(futex), ALLOW(getpid),
		ALLOW(clock_gettime), ALLOW(close),
#ifdef __SANITIZE_ADDRESS__ /* its runtime's own */
		ALLOW(sigaltstack), ALLOW(madvise), ALLOW(gettid), ALLOW(sched_yield),
#endif
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog prog = { (unsigned short)(kills ? sizeof(few) / sizeof(*few) : 1),
				   kills ? few : all };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0);
}

#endif
