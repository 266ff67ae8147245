/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program's own seccomp filter (seccomp(2)) does to a system call that is not
 * the program's but ours, and would end it.
 */
#ifndef SVIDWRAP_PROGRAM_SECCOMP_FILTER_H
#define SVIDWRAP_PROGRAM_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Does the filter let system call `number` of x86-64 pass, with arguments of 0? Its
 * answer may depend on them: a filter that looks at arguments is asked about zeros.
 * filter: n instructions of classic BPF as the kernel takes them; one that it would
 * not take (a jump out of the program, no return) lets nothing pass. Pure.
 * ctx: signal.
 */
bool seccomp_filter_allows(const struct sock_filter *filter, unsigned n, uint32_t number);

#endif
