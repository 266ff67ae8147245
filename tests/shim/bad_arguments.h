/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments that no program should pass. */
#ifndef SVIDWRAP_TESTS_SHIM_BAD_ARGUMENTS_H
#define SVIDWRAP_TESTS_SHIM_BAD_ARGUMENTS_H

#include <limits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "stream.h"

/* By way of a variable: compilers know what NULL does to a read. */
static const struct {
	const char *name;
	uintptr_t address;
} nowhere[] = {
	{ "NULL", 0 },
	{ "low", 8 },
	{ "non-canonical", (uintptr_t)1 << 60 },
	{ "the kernel's", (uintptr_t)-4096 },
};
#define NOWHERE (int)(sizeof(nowhere) / sizeof(*nowhere))

static inline void *bad(int i)
{
	const volatile uintptr_t *a = &nowhere[i].address;

	return (void *)*a;
}

#endif
