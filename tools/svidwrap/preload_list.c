/* SPDX-License-Identifier: Apache-2.0 */
#include "preload_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_shim(const char *entry, size_t len)
{
	size_t n = strlen(SHIM_NAME);

	return len >= n && memcmp(entry + len - n, SHIM_NAME, n) == 0 &&
	       (len == n || entry[len - n - 1] == '/');
}

char *preload_list_with(const char *ours, const char *old)
{
	size_t n = strlen(ours), len;
	char *list = malloc(n + 1 + (old ? strlen(old) + 1 : 0));

	if (!list)
		return NULL;
	memcpy(list, ours, n);
	for (; old && *old; old += len) {
		old += strspn(old, PRELOAD_SEPARATORS);
		len = strcspn(old, PRELOAD_SEPARATORS);
		if (!len || is_shim(old, len))
			continue;
		list[n++] = ':';
		memcpy(list + n, old, len);
		n += len;
	}
	list[n] = '\0';
	return list;
}
