/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "program/preload_list.h"

bool process_has_shim(pid_t pid)
{
	static const char name[] = "/" SHIM_NAME;
	char path[32], text[4096 + sizeof name];
	size_t held = 0;
	bool found = false;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	fd = (int)KERNEL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && !found) {
		long n = KERNEL(SYS_read, fd, text + held, sizeof text - held);

		if (n <= 0)
			break;
		held += (size_t)n;
		found = memmem(text, held, name, sizeof name - 1) != NULL;
		/* The name may begin at the end of this piece. */
		n = held < sizeof name ? (long)held : (long)sizeof name;
		memmove(text, text + held - n, (size_t)n);
		held = (size_t)n;
	}
	if (fd >= 0)
		k_close(fd);
	return found;
}
