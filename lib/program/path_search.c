/* SPDX-License-Identifier: Apache-2.0 */
#include "program/path_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *path_search_begin(void)
{
	const char *path = getenv("PATH");

	return path ? path : "/bin:/usr/bin";
}

bool path_search_next(const char **at, const char *name, char ret[PATH_MAX])
{
	bool fits = false;

	while (*at && !fits) {
		const char *end = strchrnul(*at, ':');
		int len = end - *at < PATH_MAX ? (int)(end - *at) : PATH_MAX;

		fits = snprintf(ret, PATH_MAX, "%.*s%s%s", len, *at, len ? "/" : "", name) < PATH_MAX;
		*at = *end ? end + 1 : NULL;
	}
	return fits;
}
