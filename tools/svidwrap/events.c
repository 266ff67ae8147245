/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "event_line.h"

#define LINE_MAX_BYTES 65536 /* of which audit_format fills 8 KiB */
#define POLL_MS 200

struct reader {
	const char *path;
	int fd;
	bool json;
	bool skipping; /* the rest of a line that was too long */
	size_t len;
	char line[LINE_MAX_BYTES];
};

static void emit(struct reader *r)
{
	if (r->json) {
		fwrite(r->line, 1, r->len, stdout);
		putchar('\n');
	} else {
		event_line_print(stdout, r->line, r->len);
	}
	r->len = 0;
}

static void take(struct reader *r, const char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (buf[i] == '\n') {
			if (!r->skipping)
				emit(r);
			r->skipping = false;
		} else if (r->len < sizeof r->line) {
			r->line[r->len++] = buf[i];
		} else if (!r->skipping) { /* shown in part, once */
			emit(r);
			r->skipping = true;
		}
		if (r->skipping)
			r->len = 0;
	}
}

/* To the present end of the file. 0, or an errno. */
static int drain(struct reader *r)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(r->fd, buf, sizeof buf)) > 0)
		take(r, buf, (size_t)n);
	return n < 0 ? errno : 0;
}

/* Was the file renamed away or cut (logrotate's create and copytruncate)? */
static bool rotated(const struct reader *r, bool *ret_cut)
{
	struct stat there, here;
	off_t at = lseek(r->fd, 0, SEEK_CUR);

	*ret_cut = false;
	if (fstat(r->fd, &here) == 0 && S_ISREG(here.st_mode) &&
	    here.st_size < at)
		*ret_cut = true;
	return stat(r->path, &there) == 0 && (there.st_dev != here.st_dev ||
					      there.st_ino != here.st_ino);
}

static void follow(struct reader *r)
{
	const struct timespec nap = { 0, POLL_MS * 1000000L };
	bool cut;
	int fd;

	/* Ends with a signal, or when nobody reads any more. */
	while (fflush(stdout) == 0 && !ferror(stdout)) {
		nanosleep(&nap, NULL);
		if (rotated(r, &cut)) {
			drain(r); /* what came before the rename */
			fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
			if (fd >= 0) {
				close(r->fd);
				r->fd = fd;
			}
		} else if (cut) {
			lseek(r->fd, 0, SEEK_SET);
		}
		drain(r);
	}
}

static int read_log(const struct command *self, struct reader *r,
		    bool keep_on)
{
	int e;

	r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd < 0) {
		say(self, "%s: %s; is it the file that --log or SVIDWRAP_LOG "
			  "names?", r->path, strerrordesc_np(errno));
		return 1;
	}
	e = drain(r);
	if (!e && keep_on)
		follow(r);
	if (r->len) /* a last line without its end */
		emit(r);
	close(r->fd);
	if (e) {
		say(self, "%s: %s", r->path, strerrordesc_np(e));
		return 1;
	}
	return 0;
}

int cmd_events(const struct command *self, int argc, char **argv)
{
	bool keep_on = false, json = false;
	const struct option_def defs[] = { { "follow", NULL, &keep_on },
					   { "json", NULL, &json } };
	int status, n = options_parse(self, argc, argv, defs, 2, &status);
	const char *env = getenv("SVIDWRAP_LOG");
	struct reader *r;

	if (n < 0)
		return status;
	if (n > 1) {
		say(self, "%s: one file at a time; see 'svidwrap help events'",
		    argv[1]);
		return EXIT_USAGE;
	}
	if (n == 0 && !(env && *env)) {
		say(self, "no log is named; give FILE or set SVIDWRAP_LOG (or "
			  "look in the system log: journalctl -t svidwrap)");
		return EXIT_USAGE;
	}
	r = calloc(1, sizeof *r);
	if (!r) {
		say(self, "out of memory");
		return 1;
	}
	r->path = n ? argv[0] : env;
	r->json = json;
	status = read_log(self, r, keep_on);
	free(r);
	return status;
}
