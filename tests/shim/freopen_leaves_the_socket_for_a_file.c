/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	char path[512], line[32];
	FILE *f = fdopen(fd, "w"), *r;

	CHECK(f && fprintf(f, "%s\n", MARKER) > 0);
	meeting_path(path, "file");
	CHECK(freopen(path, "w", f) == f && fileno(f) == fd);
	fputs("for the file\n", f);
	CHECK(fclose(f) == 0);
	r = fopen(path, "r");
	CHECK(r && fgets(line, sizeof(line), r) && !fgets(line, sizeof(line), r));
	say("%s", line);
	CHECK(freopen(path, "r", r) == r && fgets(line, sizeof(line), r));
	CHECK(freopen("/nonexistent/x", "r", r) == NULL);
}

static void client(int port)
{
	int fd = dial(port);
	FILE *f = fdopen(fd, "r");
	char line[64];

	CHECK(fgets(line, sizeof(line), f) && !fgets(line, sizeof(line), f) && feof(f));
	CHECK(freopen("/dev/null", "r", f) == f && getc(f) == EOF);
}

CLAIM(server, client)
