/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include <sys/sendfile.h>

#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	char path[512], buf[1000];

	greet_server(fd);
	meeting_path(path, "file");
	int file = open(path, O_RDWR | O_CREAT, 0600);
	fill(buf, sizeof(buf), 0);
	CHECK(write(file, buf, sizeof(buf)) == sizeof(buf) && lseek(file, 0, SEEK_SET) == 0);
	REFUSED(sendfile, sendfile(fd, file, NULL, sizeof(buf)));
	go_on_client(fd);
}

CLAIM(refused_server, client)
