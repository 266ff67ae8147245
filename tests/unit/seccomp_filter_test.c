/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel is the oracle: a child installs the filter and makes the calls. */
#include "program/seccomp_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define MAX 40
#define DENIED (SECCOMP_RET_ERRNO | 77)
#define NR offsetof(struct seccomp_data, nr)
#define ARCH offsetof(struct seccomp_data, arch)

/* They take no arguments, and never fail. */
static const int calls[] = { SYS_getpid, SYS_getuid, SYS_getgid, SYS_geteuid, SYS_getegid,
			     SYS_getppid, SYS_gettid, SYS_sched_yield };
#define CALLS (sizeof calls / sizeof *calls)

struct answers {
	bool accepted, passed[CALLS];
	size_t made; /* the last of them may have been the child's end */
};

/* The child's own end is let pass before the filter is asked. */
static const struct sock_filter head[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
#define HEAD (sizeof head / sizeof *head)

static void ask_kernel(const struct sock_filter *f, unsigned n, struct answers *ret)
{
	struct sock_fprog prog = { (unsigned short)n, (struct sock_filter *)f };
	struct answers *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		shared->accepted = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
		for (size_t i = 0; i < CALLS; i++) {
			shared->made = i + 1;
			shared->passed[i] = syscall(calls[i], 0, 0, 0, 0, 0, 0) >= 0;
		}
		syscall(SYS_exit_group, 0);
	}
	waitpid(pid, NULL, 0);
	*ret = *shared;
	munmap(shared, sizeof *shared);
}

static bool agree(const struct sock_filter *f, unsigned n)
{
	struct answers a;

	ask_kernel(f, n, &a);
	for (size_t i = 0; a.accepted && i < a.made; i++)
		if (seccomp_filter_allows(f, n, (uint32_t)calls[i]) != a.passed[i])
			fail_msg("call %d: the kernel %s it", calls[i], a.passed[i] ? "lets pass" : "denies");
	return a.accepted;
}

/* Forward jumps, any operands; the end returns. */
static unsigned any_program(struct sock_filter *f)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM, BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM, BPF_ST, BPF_STX, BPF_LD | BPF_W | BPF_LEN, BPF_LDX | BPF_W | BPF_LEN,
		BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
		BPF_ALU | BPF_ADD | BPF_K, BPF_ALU | BPF_SUB | BPF_X, BPF_ALU | BPF_MUL | BPF_K,
		BPF_ALU | BPF_DIV | BPF_K, BPF_ALU | BPF_AND | BPF_K, BPF_ALU | BPF_OR | BPF_X,
		BPF_ALU | BPF_XOR | BPF_K, BPF_ALU | BPF_LSH | BPF_K, BPF_ALU | BPF_RSH | BPF_K,
		BPF_ALU | BPF_NEG,
		BPF_JMP | BPF_JA, BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JGT | BPF_K,
		BPF_JMP | BPF_JGE | BPF_X, BPF_JMP | BPF_JSET | BPF_K,
		BPF_RET | BPF_K, BPF_RET | BPF_A,
	};
	unsigned n = HEAD;

	memcpy(f, head, sizeof head);
	for (unsigned body = 4 + (unsigned)rand() % 20; body > 0; body--, n++) {
		uint16_t code = codes[(size_t)rand() % (sizeof codes / sizeof *codes)];
		uint32_t k = (uint32_t)rand() % 40;
		uint8_t jt = (uint8_t)(rand() % 5), jf = (uint8_t)(rand() % 5);

		if (code == (BPF_LD | BPF_W | BPF_ABS))
			k = k % 2 ? NR : ARCH;
		else if (BPF_CLASS(code) == BPF_RET)
			k = k % 2 ? SECCOMP_RET_ALLOW : DENIED;
		else if (BPF_MODE(code) == BPF_MEM || BPF_CLASS(code) == BPF_ST || BPF_CLASS(code) == BPF_STX)
			k %= BPF_MEMWORDS;
		else if (BPF_CLASS(code) == BPF_JMP && k % 2)
			k = (uint32_t)calls[k % CALLS];
		if (code == (BPF_JMP | BPF_JA))
			k = jt;
		f[n] = (struct sock_filter){ code, jt, jf, k };
	}
	for (int i = 0; i < 6; i++)
		f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, i % 2 ? SECCOMP_RET_ALLOW : DENIED);
	return n;
}

static void random_filters_answer_as_in_the_kernel(void **unused)
{
	struct sock_filter f[MAX];
	int accepted = 0;

	srand(1);
	for (int i = 0; i < 600; i++)
		accepted += agree(f, any_program(f));
	assert_true(accepted > 100);
}

static void lists_answer_as_in_the_kernel(void **unused)
{
	const struct sock_filter allow_list[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARCH),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpid, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, DENIED),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	unsigned n = sizeof allow_list / sizeof *allow_list;

	assert_true(agree(allow_list, n));
	assert_true(seccomp_filter_allows(allow_list, n, SYS_getpid));
	assert_false(seccomp_filter_allows(allow_list, n, SYS_recvfrom));
}

/* The kernel takes none of these. */
static void what_is_no_filter_lets_nothing_pass(void **unused)
{
	const struct sock_filter bad[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR),			     /* no return */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)), /* too far */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, UINT32_MAX - 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 1),
		BPF_JUMP(BPF_JMP | BPF_JA, UINT32_MAX, 0, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 255, 255),
		BPF_STMT(BPF_ST, BPF_MEMWORDS),
		BPF_STMT(BPF_LD | BPF_MEM, BPF_MEMWORDS),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		BPF_STMT(0xffff, 0),
	};

	assert_false(seccomp_filter_allows(bad, 0, 0));
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct sock_filter two[] = { bad[i], BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };

		assert_false(seccomp_filter_allows(two, i == 0 ? 1 : 2, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_filters_answer_as_in_the_kernel),
		cmocka_unit_test(lists_answer_as_in_the_kernel),
		cmocka_unit_test(what_is_no_filter_lets_nothing_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
