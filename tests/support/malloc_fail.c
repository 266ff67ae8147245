/* SPDX-License-Identifier: Apache-2.0 */
#include "malloc_fail.h"

#include <stdlib.h>
#include <string.h>

static bool armed, hit;
static unsigned left;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

void malloc_fail_at(unsigned n)
{
	left = n;
	hit = false;
	armed = true;
}

bool malloc_fail_hit(void)
{
	armed = false;
	return hit;
}

static bool fails(void)
{
	if (!armed)
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	hit = true;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}
