/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries whose calls would not reach us. One that is loaded with RTLD_DEEPBIND finds
 * libc's functions before ours: the flag is taken away (APR sets it for every module
 * of Apache's). One in a namespace of its own (dlmopen) has a libc of its own.
 */
#include <dlfcn.h>
#include <stddef.h>

#include "judge.h"
#include "refuse.h"
#include "shim.h"

#ifndef __x86_64__
#error "dlopen is a jump for x86-64 alone"
#endif

/* A jump, since libc looks for the library where its caller's would be (RUNPATH), and
 * knows the caller by the return address. */
EXPORT __attribute__((naked)) void *dlopen(const char *file, int mode)
{
	__asm__("	andl	%0, %%esi\n"
		"	movq	real+%c1(%%rip), %%rax\n"
		"	testq	%%rax, %%rax\n"
		"	jne	1f\n"
		"	pushq	%%rdi\n"
		"	pushq	%%rsi\n"
		"	subq	$8, %%rsp\n"
		"	call	real_init\n"
		"	addq	$8, %%rsp\n"
		"	popq	%%rsi\n"
		"	popq	%%rdi\n"
		"	movq	real+%c1(%%rip), %%rax\n"
		"1:	jmp	*%%rax\n"
		:
		: "i"(~RTLD_DEEPBIND), "i"(offsetof(struct real, dlopen)));
}

/* Of a library that was named: libc's own functions are past the policy, so ours take their
 * place. Not where another preload comes between, which means libc's with good reason. */
static __attribute__((used)) void *symbol_of(void *handle, const char *name)
{
	static void *const ours[] = {
#define SYM(result, name, params) (void *)name,
#define OLD SYM
#define ALIAS(result, name, params, of)
#include "symbols.def"
#undef SYM
#undef OLD
#undef ALIAS
	};
	void *found, *const *theirs = (void *const *)&real;

	real_init();
	found = real.dlsym(handle, name);
	for (size_t i = 0; found && i < sizeof ours / sizeof *ours; i++)
		if (theirs[i] == found)
			return ours[i];
	return found;
}

/* RTLD_DEFAULT (0) finds ours by itself. RTLD_NEXT (-1) goes by the caller's address, so
 * that is a jump. */
EXPORT __attribute__((naked)) void *dlsym(void *handle, const char *name)
{
	__asm__("	leaq	1(%%rdi), %%rax\n"
		"	cmpq	$1, %%rax\n"
		"	ja	symbol_of\n"
		"	movq	real+%c0(%%rip), %%rax\n"
		"	testq	%%rax, %%rax\n"
		"	jne	1f\n"
		"	pushq	%%rdi\n"
		"	pushq	%%rsi\n"
		"	subq	$8, %%rsp\n"
		"	call	real_init\n"
		"	addq	$8, %%rsp\n"
		"	popq	%%rsi\n"
		"	popq	%%rdi\n"
		"	movq	real+%c0(%%rip), %%rax\n"
		"1:	jmp	*%%rax\n"
		:
		: "i"(offsetof(struct real, dlsym)));
}

EXPORT void *dlmopen(Lmid_t space, const char *file, int mode)
{
	int saved = errno;

	shim_up();
	if (space == LM_ID_BASE || atomic_load(&shim_state) != 2 || !judge_enforces())
		return real.dlmopen(space, file, mode);
	(void)refuse_call(NULL, REFUSE_dlmopen);
	errno = saved;
	/* For dlerror, which only libc can set. */
	return real.dlopen("svidwrap: a namespace of its own would be past the policy", RTLD_LAZY);
}
