/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel and the loader would make of an ELF file, as far as it
 * decides whether something can be preloaded. The file is hostile: every offset
 * and size in it is checked, and nothing is allocated.
 */
#ifndef SVIDWRAP_PROGRAM_ELF_CHECK_H
#define SVIDWRAP_PROGRAM_ELF_CHECK_H

#include <elf.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define ELF_NATIVE_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)
#define ELF_NATIVE_DATA (BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)

#define ELF_INTERP_MAX 256 /* bytes, NUL included; the kernel allows 4096 */

struct elf_facts {
	uint8_t class;      /* ELFCLASS32, ELFCLASS64 */
	uint8_t data;       /* ELFDATA2LSB, ELFDATA2MSB */
	uint16_t machine;   /* EM_X86_64 ... */
	/* The rest is known only where class and data are this program's. */
	bool executable;    /* ET_EXEC or ET_DYN */
	char interp[ELF_INTERP_MAX]; /* "": none, so statically linked */
	bool go;            /* linked by Go */
};

/* pread over a file or over memory: at most n bytes from offset off; the number
 * read, 0 at the end, -1 on errors. */
struct elf_source {
	ssize_t (*read_at)(void *ctx, void *buf, size_t n, uint64_t off);
	void *ctx;
};

/* errors: ERR_PARSE (no ELF file, or a broken one), ERR_IO. */
struct result elf_read(const struct elf_source *src, struct elf_facts *ret,
		       struct err *reterr);
/* The same for an open file. */
struct result elf_read_fd(int fd, struct elf_facts *ret, struct err *reterr);

/* Does the loader named by PT_INTERP belong to glibc? By its file name. */
bool elf_interp_is_glibc(const char *interp);
bool elf_interp_is_musl(const char *interp);

/* "x86-64", "AArch64", ...; "machine 999" into buf if unknown. */
const char *elf_machine_name(uint16_t machine, char buf[24]);

#endif
