/* SPDX-License-Identifier: Apache-2.0 */
#include "program/elf_check.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PHDRS_MAX 1024 /* the kernel's bound is 64 KiB of them */
#define SHDRS_MAX 4096
#define NOTES_MAX 65536 /* bytes of one PT_NOTE that are looked at */
#define NOTE_GO_BUILD_ID 4

enum got { GOT_ALL, GOT_SHORT, GOT_ERROR };

/* Exactly n bytes at off. */
static enum got read_all(const struct elf_source *src, void *buf, size_t n,
			 uint64_t off)
{
	uint8_t *to = buf;

	while (n) {
		ssize_t r;

		if (off > INT64_MAX)
			return GOT_SHORT;
		r = src->read_at(src->ctx, to, n, off);
		if (r < 0)
			return GOT_ERROR;
		if (r == 0 || (size_t)r > n)
			return GOT_SHORT;
		to += r;
		n -= (size_t)r;
		off += (uint64_t)r;
	}
	return GOT_ALL;
}

static struct result read_part(const struct elf_source *src, void *buf,
			       size_t n, uint64_t off, const char *what,
			       struct err *reterr)
{
	switch (read_all(src, buf, n, off)) {
	case GOT_ALL:
		return RESULT_OK;
	case GOT_ERROR:
		return FAIL_SYS(reterr, ERR_IO, errno, "cannot be read: %s",
				strerrordesc_np(errno));
	case GOT_SHORT:
		break;
	}
	return FAIL(reterr, ERR_PARSE,
		    "is a broken ELF file: its %s lies outside of it", what);
}

static struct result read_interp(const struct elf_source *src,
				 const ElfW(Phdr) *ph, struct elf_facts *f,
				 struct err *reterr)
{
	struct result r;

	if (f->interp[0]) /* the kernel takes the first */
		return RESULT_OK;
	if (ph->p_filesz < 2 || ph->p_filesz > sizeof f->interp)
		return FAIL(reterr, ERR_PARSE,
			    "is an ELF file whose loader's name has %llu bytes",
			    (unsigned long long)ph->p_filesz);
	r = read_part(src, f->interp, ph->p_filesz, ph->p_offset,
		      "loader's name", reterr);
	if (failed(r))
		return r;
	if (f->interp[ph->p_filesz - 1] != '\0' || !f->interp[0])
		return FAIL(reterr, ERR_PARSE, "is a broken ELF file: its "
					       "loader's name does not end");
	return RESULT_OK;
}

static uint64_t round_up(uint64_t n, uint64_t align)
{
	return (n + align - 1) / align * align;
}

/* Looks for Go's build ID among the notes of one segment. A note that cannot
 * be read ends the search: the kernel does not need it either. */
static bool notes_are_gos(const struct elf_source *src, const ElfW(Phdr) *ph)
{
	uint64_t end = ph->p_filesz < NOTES_MAX ? ph->p_filesz : NOTES_MAX;
	uint64_t align = ph->p_align == 8 ? 8 : 4;
	uint64_t at = 0;
	ElfW(Nhdr) nh;
	char name[4];

	if (ph->p_offset > INT64_MAX - NOTES_MAX)
		return false;
	while (end >= sizeof nh && at <= end - sizeof nh) {
		if (read_all(src, &nh, sizeof nh, ph->p_offset + at) != GOT_ALL)
			return false;
		at += sizeof nh;
		if (nh.n_type == NOTE_GO_BUILD_ID && nh.n_namesz == 4 &&
		    read_all(src, name, 4, ph->p_offset + at) == GOT_ALL &&
		    memcmp(name, "Go\0", 4) == 0)
			return true;
		/* 32-bit sizes in 64-bit sums cannot wrap. */
		at += round_up(nh.n_namesz, align) + round_up(nh.n_descsz, align);
	}
	return false;
}

/* A binary may have lost its notes; the section name is left by strip. */
static bool sections_are_gos(const struct elf_source *src,
			     const ElfW(Ehdr) *eh)
{
	ElfW(Shdr) names, sh;
	char name[sizeof ".go.buildinfo"];

	if (eh->e_shentsize != sizeof sh || eh->e_shnum > SHDRS_MAX ||
	    eh->e_shstrndx >= eh->e_shnum || eh->e_shoff > INT64_MAX / 2 ||
	    read_all(src, &names, sizeof names,
		     eh->e_shoff + (uint64_t)eh->e_shstrndx * sizeof sh) !=
		    GOT_ALL || names.sh_offset > INT64_MAX / 2)
		return false;
	for (unsigned i = 0; i < eh->e_shnum; i++) {
		if (read_all(src, &sh, sizeof sh,
			     eh->e_shoff + i * sizeof sh) != GOT_ALL)
			return false;
		if (read_all(src, name, sizeof name,
			     names.sh_offset + sh.sh_name) == GOT_ALL &&
		    memcmp(name, ".go.buildinfo", sizeof name) == 0)
			return true;
	}
	return false;
}

static struct result read_segments(const struct elf_source *src,
				   const ElfW(Ehdr) *eh, struct elf_facts *f,
				   struct err *reterr)
{
	ElfW(Phdr) ph;
	struct result r;

	if (eh->e_phentsize != sizeof ph || eh->e_phnum < 1 ||
	    eh->e_phnum > PHDRS_MAX || eh->e_phoff > INT64_MAX / 2)
		return FAIL(reterr, ERR_PARSE,
			    "is an ELF file without usable program headers");
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		r = read_part(src, &ph, sizeof ph, eh->e_phoff + i * sizeof ph,
			      "program headers", reterr);
		if (failed(r))
			return r;
		if (ph.p_type == PT_INTERP) {
			r = read_interp(src, &ph, f, reterr);
			if (failed(r))
				return r;
		} else if (ph.p_type == PT_NOTE && !f->go) {
			f->go = notes_are_gos(src, &ph);
		}
	}
	return RESULT_OK;
}

struct result elf_read(const struct elf_source *src, struct elf_facts *ret,
		       struct err *reterr)
{
	struct elf_facts f = { 0 };
	uint8_t ident[EI_NIDENT + 4]; /* and e_type, e_machine */
	ElfW(Ehdr) eh;
	struct result r;

	if (read_all(src, ident, sizeof ident, 0) != GOT_ALL ||
	    memcmp(ident, ELFMAG, SELFMAG) != 0)
		return FAIL(reterr, ERR_PARSE, "is not an ELF file");
	f.class = ident[EI_CLASS];
	f.data = ident[EI_DATA];
	f.machine = f.data == ELFDATA2MSB ?
			    (uint16_t)(ident[18] << 8 | ident[19]) :
			    (uint16_t)(ident[19] << 8 | ident[18]);
	if (f.class == ELF_NATIVE_CLASS && f.data == ELF_NATIVE_DATA) {
		r = read_part(src, &eh, sizeof eh, 0, "header", reterr);
		if (failed(r))
			return r;
		f.executable = eh.e_type == ET_EXEC || eh.e_type == ET_DYN;
		if (f.executable) {
			r = read_segments(src, &eh, &f, reterr);
			if (failed(r))
				return r;
		}
		if (!f.go)
			f.go = sections_are_gos(src, &eh);
	}
	*ret = f;
	return RESULT_OK;
}

static ssize_t file_at(void *ctx, void *buf, size_t n, uint64_t off)
{
	return pread(*(int *)ctx, buf, n, (off_t)off);
}

struct result elf_read_fd(int fd, struct elf_facts *ret, struct err *reterr)
{
	struct elf_source src = { .read_at = file_at, .ctx = &fd };

	return elf_read(&src, ret, reterr);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool elf_interp_is_glibc(const char *interp)
{
	/* x86, Arm, RISC-V, LoongArch; ppc64 and s390x; MIPS and others */
	static const char *const prefixes[] = { "ld-linux", "ld64.so.",
						"ld.so." };

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(base_name(interp), prefixes[i],
			    strlen(prefixes[i])) == 0)
			return true;
	return false;
}

bool elf_interp_is_musl(const char *interp)
{
	return strncmp(base_name(interp), "ld-musl-", 8) == 0;
}

const char *elf_machine_name(uint16_t machine, char buf[24])
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ EM_386, "i386" },	    { EM_X86_64, "x86-64" },
		{ EM_ARM, "Arm" },	    { EM_AARCH64, "AArch64" },
		{ EM_PPC64, "POWER" },	    { EM_S390, "s390" },
		{ EM_RISCV, "RISC-V" },	    { EM_MIPS, "MIPS" },
		{ EM_LOONGARCH, "LoongArch" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].machine == machine)
			return names[i].name;
	snprintf(buf, 24, "machine %u", machine);
	return buf;
}
