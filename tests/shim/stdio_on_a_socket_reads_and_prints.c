/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* fdopen of a connected socket, of one not yet connected, and of an accepted one. */
#include "stream.h"

#define LINES 4000

static void print_lines(FILE *f)
{
	char line[33] = "";

	for (int i = 0; i < LINES; i++) {
		fill(line, 32, (uint64_t)i * 32);
		CHECK(fprintf(f, "%s", line) == 32);
	}
	show("fflush", fflush(f));
}

static void read_lines(FILE *f)
{
	char *line = NULL, want[32];
	size_t room = 0;

	for (int i = 0; i < LINES; i++) {
		fill(want, sizeof(want), (uint64_t)i * 32);
		CHECK(getline(&line, &room, f) == 32 && memcmp(line, want, 32) == 0);
	}
	free(line);
}

static void odds(FILE *f, int fd)
{
	CHECK(fileno(f) == fd && fileno_unlocked(f) == fd);
	errno = 0;
	show("ftell", ftell(f));
	errno = 0;
	show("fseek", fseek(f, 0, SEEK_SET));
	show("isatty", isatty(fileno(f)));
	show("ferror", ferror(f));
	errno = 0;
	show("mode of nothing", fdopen(fd, "x") ? 0 : -1);
}

static void server(int port)
{
	int fd = serve_one(port);
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	char word[32];
	int n;

	CHECK(in && out);
	odds(in, fd);
	read_lines(in);
	CHECK(fscanf(in, "%31s %d", word, &n) == 2 && getc(in) == '\n');
	say("scanned %s %d", word, n);
	CHECK(ungetc('u', in) == 'u' && getc(in) == 'u');
	print_lines(out);
	show("dprintf", dprintf(fd, "%s and %d\n", MARKER, 42));
	CHECK(setvbuf(out, NULL, _IONBF, 0) == 0);
	CHECK(fputs("unbuffered\n", out) > 0);
	CHECK(getc(in) == EOF && feof(in));
	show("fclose of one", fclose(out));
	show("fclose", fclose(in));
	CHECK(fcntl(fd, F_GETFD) == -1);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	FILE *f = fdopen(fd, "w"), *in;
	char line[64];

	CHECK(f && try_connect(fd, port) == 0);
	print_lines(f);
	CHECK(fprintf(f, "%s %d\n", "forty-two", 42) > 0);
	CHECK(fflush(f) == 0);
	in = fdopen(dup(fd), "r");
	CHECK(in);
	read_lines(in);
	CHECK(fgets(line, sizeof(line), in));
	say("%.*s", (int)strlen(line) - 1, line);
	CHECK(fgets(line, sizeof(line), in));
	say("%.*s", (int)strlen(line) - 1, line);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	CHECK(!fgets(line, sizeof(line), in) && feof(in) && !ferror(in));
	signal(SIGPIPE, SIG_IGN);
	CHECK(fputs("too late\n", f) > 0);
	errno = 0;
	show("fflush after shutdown", fflush(f));
	CHECK(ferror(f));
	fclose(in);
	fclose(f);
}

CLAIM(server, client)
