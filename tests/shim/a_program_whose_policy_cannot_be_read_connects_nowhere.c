/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused alone no-tls */
/*
 * `svidwrap run` checks the policy first; this program comes to a bad one without it,
 * by running itself again with another SVIDWRAP_POLICY.
 */
#include <sys/stat.h>

#include "libc.h"

static void nothing_is_open(int port)
{
	struct sockaddr_in sin = loopback(0);
	socklen_t len = sizeof(sin);
	int plain = plain_listener(port, &port), fd = socket(AF_INET, SOCK_STREAM, 0);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd p = { .fd = plain, .events = POLLIN };

	CHECK(try_connect(fd, port) == -1 && errno == EACCES);
	CHECK(LIBC(poll)(&p, 1, 50) == 0);
	CHECK(bind(listener, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	CHECK(listen(listener, 16) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&sin, &len) == 0);
	int peer = plain_dial(ntohs(sin.sin_port));
	CHECK(LIBC(send)(peer, "in clear", 8, 0) == 8);
	CHECK(accept(listener, NULL, NULL) == -1 && errno == ECONNABORTED);
	plain_peer_hears_nothing(peer);
}

static void write_policy(const char *path, mode_t mode, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
	CHECK(chmod(path, mode) == 0);
}

/* Whether the log has the event and the file's name in one line. */
static bool logged(const char *log, const char *path)
{
	FILE *f = fopen(log, "r");
	char line[2048];
	bool found = false;

	CHECK(f);
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, "\"policy_rejected\"") && strstr(line, path);
	fclose(f);
	return found;
}

/* Runs this program again under the policy at path. */
static void again(const char *what, const char *path, int port)
{
	char log[512], number[16];

	snprintf(number, sizeof(number), "%d", port);
	meeting_path(log, "bad-policy.log");
	unlink(log);
	pid_t pid = spawn_child();
	if (pid == 0) {
		setenv("SVIDWRAP_POLICY", path, 1);
		setenv("SVIDWRAP_LOG", log, 1);
		setenv("POLICY_IS_BAD", "1", 1);
		execl("/proc/self/exe", "again", "alone", number, NULL);
		_exit(9);
	}
	reap(pid);
	CHECK(logged(log, path));
	say("%s: refused, and logged", what);
}

static void alone(int port)
{
	char path[512];

	if (getenv("POLICY_IS_BAD")) {
		nothing_is_open(port);
		return;
	}
	meeting_path(path, "bad-policy");
	again("absent", path, port);
	write_policy(path, 0600, "version: 1\ndefault: bypass\nrules: {\n");
	again("not YAML", path, port);
	write_policy(path, 0600, "version: 1\ndefault: bypass\nrulse: []\n");
	again("an unknown key", path, port);
	write_policy(path, 0666, "version: 1\ndefault: bypass\n");
	again("writable by others", path, port);
}

CLAIM_ALONE(alone)
