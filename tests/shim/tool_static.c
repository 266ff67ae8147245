/* SPDX-License-Identifier: Apache-2.0 */
/* run: tool */
/* Statically linked, so that nothing can be preloaded: says whether one of the
 * descriptors that it is named is a socket, or whether one comes at `from PATH`. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int comes(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof(control) };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(sun.sun_path, path, sizeof(sun.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 || recvmsg(fd, &msg, 0) < 0)
		return 8;
	return CMSG_FIRSTHDR(&msg) ? 7 : 0;
}

int main(int argc, char **argv)
{
	struct stat st;

	if (argc == 3 && strcmp(argv[1], "from") == 0)
		return comes(argv[2]);
	for (int i = 1; i < argc; i++)
		if (fstat(atoi(argv[i]), &st) == 0 && S_ISSOCK(st.st_mode))
			return 7;
	return 0;
}
