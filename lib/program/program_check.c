/* SPDX-License-Identifier: Apache-2.0 */
#include "program/program_check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "program/script_line.h"

#define REFUSE(reterr, status, ...) \
	(refuse_cls(FAIL(reterr, ERR_UNSUPPORTED, __VA_ARGS__)), (status))

/* The status is the answer; the class is not looked at. */
static void refuse_cls(struct result r)
{
	(void)r;
}

/* The loader ignores a library that it cannot map, and runs the program: a
 * noexec mount, for one. So do here what it will do. */
static struct result try_map(const char *path, int fd, struct err *reterr)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return FAIL_SYS(reterr, ERR_IO, errno,
				"%s: cannot be mapped for execution: %s; is it "
				"on a noexec mount?", path,
				strerrordesc_np(errno));
	munmap(p, 4096);
	return RESULT_OK;
}

struct result preload_inspect(const struct sys *sys, struct preload *lib,
			      struct err *reterr)
{
	int fd = sys->open(lib->path, O_RDONLY | O_CLOEXEC, 0);
	struct err why;
	struct result r;

	if (fd < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "%s: %s", lib->path,
				strerrordesc_np(errno));
	r = elf_read_fd(fd, &lib->elf, &why);
	if (failed(r))
		r = FAIL(reterr, r.cls, "%s: %s; install it again", lib->path,
			 why.text);
	else
		r = try_map(lib->path, fd, reterr);
	sys->close(fd);
	return r;
}

/* A file that is to be executed, open for reading. */
struct candidate {
	const char *path;
	int fd;
	struct stat st;
};

static int open_candidate(const struct sys *sys, const char *path,
			  struct candidate *ret, struct err *reterr)
{
	*ret = (struct candidate){ .path = path, .fd = -1 };
	if (stat(path, &ret->st) < 0)
		return REFUSE(reterr, errno == ENOENT || errno == ENOTDIR ?
					      EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
			      "%s: %s; check the path", path,
			      strerrordesc_np(errno));
	if (S_ISDIR(ret->st.st_mode))
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is a directory; name a program in it", path);
	if (!S_ISREG(ret->st.st_mode))
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is not a regular file; name a program", path);
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: cannot be executed: %s; check its mode and "
			      "the mount's noexec", path,
			      strerrordesc_np(errno));
	ret->fd = sys->open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	if (ret->fd < 0)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: cannot be read (%s), so nobody knows whether "
			      "the shim would be loaded; make it readable",
			      path, strerrordesc_np(errno));
	return 0;
}

/* Would exec of this file be "secure" (ld.so(8))? Then LD_PRELOAD is ignored
 * for a path with slashes. As the kernel decides in bprm_fill_uid() and
 * cap_bprm_creds_from_file(). */
static int check_privilege(const struct candidate *c, struct err *reterr)
{
	const struct stat *st = &c->st;
	struct statvfs vfs;
	bool nosuid = fstatvfs(c->fd, &vfs) == 0 && (vfs.f_flag & ST_NOSUID);
	bool no_new = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;

	if (getuid() != geteuid() || getgid() != getegid())
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: real and effective user or group differ, so "
			      "the loader ignores LD_PRELOAD; start svidwrap "
			      "without set-user-ID", c->path);
	if (nosuid)
		return 0;
	if ((st->st_mode & S_ISUID) && st->st_uid != getuid() && !no_new)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is set-user-ID (owner %u), so the loader "
			      "ignores LD_PRELOAD; run it as that user or "
			      "remove the bit", c->path, (unsigned)st->st_uid);
	/* Without group execute the bit means locking, not a group. */
	if ((st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP) &&
	    st->st_gid != getgid() && !no_new)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is set-group-ID (group %u), so the loader "
			      "ignores LD_PRELOAD; run it in that group or "
			      "remove the bit", c->path, (unsigned)st->st_gid);
	/* no_new_privs takes the capabilities and leaves the exec "secure". */
	if (getuid() != 0 &&
	    fgetxattr(c->fd, "security.capability", NULL, 0) > 0)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: has file capabilities, so the loader ignores "
			      "LD_PRELOAD; remove them (setcap -r) and grant "
			      "ambient capabilities instead", c->path);
	return 0;
}

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static int check_loader(const struct candidate *c, const struct elf_facts *f,
			const struct preload *lib, struct err *reterr)
{
	if (f->go)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is a Go program: it makes its system calls "
			      "without the C library, so there is nothing to "
			      "interpose; use go-spiffe in it", c->path);
	if (!f->interp[0])
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is statically linked, so nothing can be "
			      "preloaded; use a dynamically linked build",
			      c->path);
	if (elf_interp_is_musl(f->interp))
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is linked with musl (%s), the shim needs "
			      "glibc; use a build for glibc", c->path,
			      f->interp);
	if (!elf_interp_is_glibc(f->interp))
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: its loader %s is not glibc's; use a build "
			      "for glibc", c->path, f->interp);
	if (access(f->interp, X_OK) < 0)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: its loader %s: %s; install it", c->path,
			      f->interp, strerrordesc_np(errno));
	/* Another C library may lack the symbol versions that the shim needs,
	 * and its loader would then run the program without it. */
	if (!same_file(f->interp, lib->interp))
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: its loader %s is not that of svidwrap's C "
			      "library (%s); use a build for this system",
			      c->path, f->interp, lib->interp);
	return 0;
}

static int check_elf(const struct candidate *c, const struct preload *lib,
		     struct err *reterr)
{
	struct elf_facts f;
	struct err why;
	char mine[24], its[24];
	int status = check_privilege(c, reterr);

	if (status)
		return status;
	if (failed(elf_read_fd(c->fd, &f, &why)))
		return refuse_cls(FAIL(reterr, ERR_PARSE,
				       "%s: %s; only ELF programs and scripts "
				       "with a #! line can be run", c->path,
				       why.text)), EXIT_CANNOT_RUN;
	if (f.class != lib->elf.class || f.data != lib->elf.data ||
	    f.machine != lib->elf.machine)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is a %s-bit program for %s, libsvidwrap.so is "
			      "%s-bit for %s; use a build like it", c->path,
			      f.class == ELFCLASS32 ? "32" : "64",
			      elf_machine_name(f.machine, its),
			      lib->elf.class == ELFCLASS32 ? "32" : "64",
			      elf_machine_name(lib->elf.machine, mine));
	if (!f.executable)
		return REFUSE(reterr, EXIT_CANNOT_RUN,
			      "%s: is an ELF file, but no program", c->path);
	return check_loader(c, &f, lib, reterr);
}

/* One step: a program is judged; a script names the next file in `next`,
 * which is left empty at the end of the chain. */
static int check_step(const struct sys *sys, const char *path,
		      const struct preload *lib, char next[PATH_MAX],
		      char command[PATH_MAX], struct err *reterr)
{
	char head[SCRIPT_LINE_MAX];
	struct candidate c;
	struct script_line line;
	ssize_t n;
	int status = open_candidate(sys, path, &c, reterr);

	next[0] = command[0] = '\0';
	if (status)
		return status;
	n = pread(c.fd, head, sizeof head, 0);
	if (n >= 2 && head[0] == '#' && head[1] == '!') {
		if (failed(script_line_parse(head, (size_t)n, &line, reterr)))
			status = REFUSE(reterr, EXIT_CANNOT_RUN,
					"%s: its #! line names no usable "
					"interpreter; correct it", path);
		else {
			snprintf(next, PATH_MAX, "%s", line.interp);
			snprintf(command, PATH_MAX, "%s", line.command);
		}
	} else {
		status = check_elf(&c, lib, reterr);
	}
	sys->close(c.fd);
	return status;
}

/* The chain's failure is about the script that was asked for. */
static int blame(const char *script, int status, struct err *reterr)
{
	struct err why = *reterr;

	(void)status;
	return REFUSE(reterr, EXIT_CANNOT_RUN, "%.120s: its interpreter %.370s",
		      script, why.text);
}

int program_check(const struct sys *sys, const char *path,
		  const struct preload *lib, program_find_fn *find,
		  struct err *reterr)
{
	char at[PATH_MAX], next[PATH_MAX], command[PATH_MAX];
	char pending[PATH_MAX] = ""; /* what env(1) is to run */

	if (snprintf(at, sizeof at, "%s", path) >= (int)sizeof at)
		return REFUSE(reterr, EXIT_NOT_FOUND, "the path is too long");
	/* The kernel follows 5 levels; env may start as many again. */
	for (int i = 0; i < 10; i++) {
		int status = check_step(sys, at, lib, next, command, reterr);

		if (!status && command[0] && find)
			snprintf(pending, sizeof pending, "%s", command);
		if (!status && !next[0]) {
			if (!pending[0])
				return 0;
			status = find(pending, next, reterr);
			pending[0] = '\0';
		}
		if (status)
			return i ? blame(path, status, reterr) : status;
		memcpy(at, next, sizeof at);
	}
	return REFUSE(reterr, EXIT_CANNOT_RUN,
		      "%s: its interpreters are scripts of scripts; name a "
		      "program", path);
}
