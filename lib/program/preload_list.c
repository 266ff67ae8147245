/* SPDX-License-Identifier: Apache-2.0 */
#include "program/preload_list.h"

#include <stdlib.h>
#include <string.h>

bool preload_list_is_shim(const char *entry, size_t len)
{
	size_t n = strlen(SHIM_NAME);

	return len >= n && memcmp(entry + len - n, SHIM_NAME, n) == 0 &&
	       (len == n || entry[len - n - 1] == '/');
}

const char *preload_list_shim(const char *list, size_t *ret_len)
{
	for (size_t len; list && *list; list += len) {
		list += strspn(list, PRELOAD_SEPARATORS);
		len = strcspn(list, PRELOAD_SEPARATORS);
		if (!preload_list_is_shim(list, len))
			continue;
		*ret_len = len;
		return list;
	}
	return NULL;
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
		if (!len || preload_list_is_shim(old, len))
			continue;
		list[n++] = ':';
		memcpy(list + n, old, len);
		n += len;
	}
	list[n] = '\0';
	return list;
}
