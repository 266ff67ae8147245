/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* What tests/exports/harmless.def leaves to the kernel, which takes no byte from a socket for it and gives none. */
#include <dirent.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <termios.h>

#include "stream.h"

static void positions(int fd)
{
	char buf[1000];
	struct iovec iov = { buf, sizeof(buf) };

	fill(buf, sizeof(buf), 0);
	show("pread", pread(fd, buf, sizeof(buf), 0));
	show("pwrite", pwrite(fd, buf, sizeof(buf), 0));
	show("preadv", preadv(fd, &iov, 1, 0));
	show("pwritev", pwritev(fd, &iov, 1, 0));
	show("lseek", lseek(fd, 0, SEEK_CUR));
	show("mmap", mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
	show("ftruncate", ftruncate(fd, 0));
	show("fallocate", fallocate(fd, 0, 0, 10));
	show("posix_fadvise", posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL));
	show("readahead", readahead(fd, 0, 10));
	show("fsync", fsync(fd));
	show("lockf", lockf(fd, F_TEST, 0));
}

static void copies(int fd)
{
	char buf[1000];
	struct iovec iov = { buf, sizeof(buf) };
	FILE *f = tmpfile();
	int p[2];

	fill(buf, sizeof(buf), 0);
	CHECK(f && pipe(p) == 0 && fwrite(buf, 1, sizeof(buf), f) == sizeof(buf) && fflush(f) == 0);
	rewind(f);
	show("copy_file_range to it", copy_file_range(fileno(f), NULL, fd, NULL, 1000, 0));
	show("copy_file_range of it", copy_file_range(fd, NULL, fileno(f), NULL, 1000, 0));
	show("vmsplice", vmsplice(fd, &iov, 1, 0));
	CHECK(write(p[1], buf, 100) == 100);
	show("tee to it", tee(p[0], fd, 100, 0));
	show("tee of it", tee(fd, p[1], 100, 0));
}

static void kinds(int fd)
{
	char path[64];
	struct termios tio;
	struct itimerspec ts = { .it_value.tv_sec = 1 };

	show("fchdir", fchdir(fd));
	show("fdopendir", fdopendir(fd) ? 0 : -1);
	show("tcgetattr", tcgetattr(fd, &tio));
	show("tcgetpgrp", tcgetpgrp(fd));
	show("isatty", isatty(fd));
	show("timerfd_settime", timerfd_settime(fd, 0, &ts, NULL));
	show("isfdtype", isfdtype(fd, S_IFSOCK));
	show("sockatmark", sockatmark(fd));
	show("flock", flock(fd, LOCK_SH | LOCK_NB));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	show("open", open(path, O_RDWR));
	show("fopen", fopen(path, "w") ? 0 : -1);
}

static void client(int port)
{
	int fd = dial(port);

	write_all(fd, 0, 5000);
	await("answered");
	positions(fd);
	copies(fd);
	kinds(fd);
	read_exactly(fd, 0, 5000);
	write_all(fd, 5000, 10);
	close(fd);
}

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 5000);
	write_all(fd, 0, 5000);
	tell("answered");
	read_exactly(fd, 5000, 10);
	expect_eof(fd);
}

CLAIM(server, client)
