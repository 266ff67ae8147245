/* SPDX-License-Identifier: Apache-2.0 */
/* Each change is made right after a close that leaves much on its way: it goes as
 * without svidwrap, one thread is left, and all that was written arrives. After a
 * drop the same holds for the next close. */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "lingering.h"

int capset(struct __user_cap_header_struct *, struct __user_cap_data_struct *);

static struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
static struct sock_fprog filter = { 1, &allow };

static long no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static long no_new_privs_by_number(void)
{
	return syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static long drop_capabilities(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	return capset(&h, none);
}

static long filter_by_number(void)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

static long filter_by_prctl(void)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static long user_by_number(void)
{
	return syscall(SYS_setresuid, getuid(), getuid(), getuid());
}

static long new_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long own_mount_namespace(void)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	long r = setns(fd, CLONE_NEWNS);
	int e = errno;
	close(fd);
	errno = e;
	return r;
}

static const struct {
	const char *name;
	long (*change)(void);
	bool drops;
} rounds[] = {
	{ "no_new_privs", no_new_privs, true },
	{ "no_new_privs by number", no_new_privs_by_number, true },
	{ "capset", drop_capabilities, true },
	{ "seccomp by number", filter_by_number, true },
	{ "seccomp by prctl", filter_by_prctl, true },
	{ "setresuid by number", user_by_number, true },
	{ "unshare of the user namespace", new_user_namespace, false },
	{ "setns", own_mount_namespace, false },
};
#define ROUNDS (int)(sizeof(rounds) / sizeof(*rounds))

static void server(int port)
{
	int listener = listen_on(port), small = 64 * KIB;

	CHECK(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);

	for (int i = 0; i < ROUNDS; i++) {
		hear_all(listener, 2 * i, 100);
		if (rounds[i].drops)
			hear_all(listener, 2 * i + 1, 100);
	}
}

static void play(int port, int i)
{
	close(dial_and_write(port, 2 * i));
	show(rounds[i].name, rounds[i].change());
	CHECK(threads() == 1);
	if (!rounds[i].drops)
		return;
	close(dial_and_write(port, 2 * i + 1));
	CHECK(threads() == 1);
}

static void client(int port)
{
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = spawn_child();

		if (pid == 0) {
			play(port, i);
			_exit(0);
		}
		reap(pid);
	}
}

CLAIM(server, client)
