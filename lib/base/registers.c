/* SPDX-License-Identifier: Apache-2.0 */
#include "base/registers.h"

#ifndef __x86_64__
#error "say here how vector registers are zeroed"
#endif

#define SSE(n) "pxor %%xmm" #n ",%%xmm" #n "\n\t"
#define AVX512(n) "vpxord %%zmm" #n ",%%zmm" #n ",%%zmm" #n "\n\t"

/*
 * Not inlined: to its callers all these registers are clobbered, as by any
 * function. Which of them libc copies through depends on the processor, not on
 * what this was compiled for: memcpy uses 16 to 31 where there is AVX-512.
 */
__attribute__((noinline)) void registers_cleanse(void)
{
	if (__builtin_cpu_supports("avx512f"))
		__asm__ volatile(AVX512(16) AVX512(17) AVX512(18) AVX512(19)
				 AVX512(20) AVX512(21) AVX512(22) AVX512(23)
				 AVX512(24) AVX512(25) AVX512(26) AVX512(27)
				 AVX512(28) AVX512(29) AVX512(30) AVX512(31) ::);
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vzeroall" ::); /* 0 to 15, whole */
	else
		__asm__ volatile(SSE(0) SSE(1) SSE(2) SSE(3) SSE(4) SSE(5)
				 SSE(6) SSE(7) SSE(8) SSE(9) SSE(10) SSE(11)
				 SSE(12) SSE(13) SSE(14) SSE(15) ::);
}
