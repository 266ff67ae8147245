/* SPDX-License-Identifier: Apache-2.0 */
#include "program/elf_check.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../support/malloc_fail.h"
#include "program/preload_list.h"
#include "program/script_line.h"

/* A file in memory, of exactly len bytes. */
struct image {
	const uint8_t *data;
	size_t len;
};

static ssize_t image_at(void *ctx, void *buf, size_t n, uint64_t off)
{
	const struct image *im = ctx;

	if (off >= im->len)
		return 0;
	if (n > im->len - off)
		n = im->len - off;
	memcpy(buf, im->data + off, n);
	return (ssize_t)n;
}

static struct result read_image(const void *data, size_t len,
				struct elf_facts *ret, struct err *why)
{
	struct image im = { data, len };
	struct elf_source src = { image_at, &im };

	return elf_read(&src, ret, why);
}

/* A small program: header, two segments, loader's name, a note. */
struct small {
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph[2];
	char interp[32];
	ElfW(Nhdr) nh;
	char name[4];
	char desc[8];
};

static struct small program(void)
{
	struct small s = {
		.eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELF_NATIVE_CLASS,
				     ELF_NATIVE_DATA, EV_CURRENT },
			.e_type = ET_DYN,
			.e_machine = EM_X86_64,
			.e_phoff = offsetof(struct small, ph),
			.e_phentsize = sizeof(ElfW(Phdr)),
			.e_phnum = 2 },
		.ph = { { .p_type = PT_INTERP,
			  .p_offset = offsetof(struct small, interp),
			  .p_filesz = 28 },
			{ .p_type = PT_NOTE,
			  .p_align = 4,
			  .p_offset = offsetof(struct small, nh),
			  .p_filesz = sizeof(ElfW(Nhdr)) + 12 } },
		.interp = "/lib64/ld-linux-x86-64.so.2",
		.nh = { .n_namesz = 4, .n_descsz = 8, .n_type = 4 },
		.name = "GNU",
	};

	return s;
}

static enum err_class judge(const struct small *s, struct elf_facts *f)
{
	struct err why;

	return read_image(s, sizeof *s, f, &why).cls;
}

static void a_program_and_its_loader_are_read(void **unused)
{
	struct small s = program();
	struct elf_facts f;

	assert_int_equal(judge(&s, &f), ERR_NONE);
	assert_true(f.executable);
	assert_false(f.go);
	assert_int_equal(f.machine, EM_X86_64);
	assert_string_equal(f.interp, "/lib64/ld-linux-x86-64.so.2");
}

static void this_very_program_is_dynamic(void **unused)
{
	struct elf_facts f;
	struct err why;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_int_equal(elf_read_fd(fd, &f, &why).cls, ERR_NONE);
	close(fd);
	assert_true(elf_interp_is_glibc(f.interp));
	assert_int_equal(f.class, ELF_NATIVE_CLASS);
}

static void without_pt_interp_it_is_static(void **unused)
{
	struct small s = program();
	struct elf_facts f;

	s.ph[0].p_type = PT_LOAD;
	assert_int_equal(judge(&s, &f), ERR_NONE);
	assert_string_equal(f.interp, "");
}

static void gos_note_is_found_behind_another(void **unused)
{
	struct {
		struct small s;
		ElfW(Nhdr) nh;
		char name[4];
	} two = { program(), { 4, 0, 4 }, "Go" };
	struct elf_facts f;
	struct err why;

	two.s.ph[1].p_filesz += sizeof two.nh + 4;
	assert_int_equal(read_image(&two, sizeof two, &f, &why).cls, ERR_NONE);
	assert_true(f.go);
	two.nh.n_type = 3;
	assert_int_equal(read_image(&two, sizeof two, &f, &why).cls, ERR_NONE);
	assert_false(f.go);
}

static void gos_section_is_found_without_its_note(void **unused)
{
	struct {
		struct small s;
		ElfW(Shdr) sh[2];
		char names[16];
	} im = { .s = program(), .names = ".go.buildinfo" };
	struct elf_facts f;
	struct err why;

	im.s.eh.e_shoff = (uintptr_t)&im.sh - (uintptr_t)&im;
	im.s.eh.e_shentsize = sizeof(ElfW(Shdr));
	im.s.eh.e_shnum = 2;
	im.s.eh.e_shstrndx = 1;
	im.sh[0].sh_name = 100; /* outside */
	im.sh[1].sh_offset = (uintptr_t)&im.names - (uintptr_t)&im;
	assert_int_equal(read_image(&im, sizeof im, &f, &why).cls, ERR_NONE);
	assert_true(f.go);
	im.names[4] = 'X';
	assert_int_equal(read_image(&im, sizeof im, &f, &why).cls, ERR_NONE);
	assert_false(f.go);
}

static void another_class_is_named_and_not_read_on(void **unused)
{
	struct small s = program();
	struct elf_facts f;

	s.eh.e_ident[EI_CLASS] = 3 - ELF_NATIVE_CLASS;
	s.eh.e_machine = EM_386;
	s.eh.e_phoff = UINT32_MAX;
	assert_int_equal(judge(&s, &f), ERR_NONE);
	assert_int_equal(f.machine, EM_386);
	s.eh.e_ident[EI_DATA] = 3 - ELF_NATIVE_DATA;
	assert_int_equal(judge(&s, &f), ERR_NONE);
	assert_int_equal(f.machine, EM_386 << 8);
}

static void broken_files_are_refused(void **unused)
{
	struct elf_facts f;
#define BROKEN(change) \
	do { \
		struct small s = program(); \
		change; \
		assert_int_equal(judge(&s, &f), ERR_PARSE); \
	} while (0)
	BROKEN(s.eh.e_ident[1] = 'e');
	BROKEN(s.eh.e_phoff = sizeof s);
	BROKEN(s.eh.e_phoff = (ElfW(Off))-1);
	BROKEN(s.eh.e_phoff = (ElfW(Off))INT64_MAX);
	BROKEN(s.eh.e_phnum = 0);
	BROKEN(s.eh.e_phnum = 5);
	BROKEN(s.eh.e_phnum = 65535);
	BROKEN(s.eh.e_phentsize--);
	BROKEN(s.ph[0].p_filesz = 0);
	BROKEN(s.ph[0].p_filesz = 27); /* no NUL */
	BROKEN(s.ph[0].p_filesz = ELF_INTERP_MAX + 1);
	BROKEN(s.ph[0].p_filesz = (ElfW(Xword))-1);
	BROKEN(s.ph[0].p_offset = (ElfW(Off))-1);
	BROKEN(s.ph[0].p_offset = sizeof s - 4);
	BROKEN(s.interp[0] = '\0');
#undef BROKEN
}

/* The bytes are there; only our buffer is too small. */
static void a_loaders_name_longer_than_the_buffer_is_refused(void **unused)
{
	struct {
		struct small s;
		char more[2 * ELF_INTERP_MAX];
	} im = { .s = program() };
	struct elf_facts f;
	struct err why;

	im.s.ph[0].p_offset = sizeof im.s;
	memset(im.more, 'x', sizeof im.more);
	im.more[ELF_INTERP_MAX - 1] = '\0';
	im.more[ELF_INTERP_MAX] = '\0';
	im.s.ph[0].p_filesz = ELF_INTERP_MAX;
	assert_int_equal(read_image(&im, sizeof im, &f, &why).cls, ERR_NONE);
	im.s.ph[0].p_filesz = ELF_INTERP_MAX + 1;
	assert_int_equal(read_image(&im, sizeof im, &f, &why).cls, ERR_PARSE);
}

static void hostile_notes_and_sections_end_the_search(void **unused)
{
	struct elf_facts f;
#define HOSTILE(change) \
	do { \
		struct small s = program(); \
		change; \
		assert_int_equal(judge(&s, &f), ERR_NONE); \
		assert_false(f.go); \
	} while (0)
	HOSTILE(s.nh.n_namesz = UINT32_MAX; s.nh.n_descsz = UINT32_MAX);
	HOSTILE(s.ph[1].p_offset = (ElfW(Off))-1);
	HOSTILE(s.ph[1].p_filesz = (ElfW(Xword))-1);
	HOSTILE(s.ph[1].p_filesz = 3);
	HOSTILE(s.nh.n_namesz = 0; s.nh.n_descsz = 0);
	HOSTILE(s.eh.e_shnum = 65535; s.eh.e_shoff = 1;
		s.eh.e_shentsize = sizeof(ElfW(Shdr)));
	HOSTILE(s.eh.e_shnum = 2; s.eh.e_shoff = (ElfW(Off))-64;
		s.eh.e_shentsize = sizeof(ElfW(Shdr)));
#undef HOSTILE
}

/* Each byte flipped and each length: ASan and UBSan judge. */
static void no_damage_is_read_beyond(void **unused)
{
	struct small s = program();
	struct elf_facts f;
	struct err why;

	for (size_t len = 0; len <= sizeof s; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, &s, len);
		(void)read_image(copy, len, &f, &why);
		free(copy);
	}
	for (size_t i = 0; i < sizeof s; i++)
		for (int v = 0; v < 256; v += 51) {
			struct small t = s;

			((uint8_t *)&t)[i] ^= (uint8_t)(v ? v : 128);
			(void)judge(&t, &f);
		}
}

static void loaders_are_told_apart(void **unused)
{
	assert_true(elf_interp_is_glibc("/lib/ld-linux-aarch64.so.1"));
	assert_true(elf_interp_is_glibc("/lib64/ld64.so.2"));
	assert_false(elf_interp_is_glibc("/lib/ld-musl-x86_64.so.1"));
	assert_false(elf_interp_is_glibc("/ld-linux/own"));
	assert_true(elf_interp_is_musl("/lib/ld-musl-x86_64.so.1"));
}

static void script(const char *head, const char *interp, const char *command)
{
	struct script_line l;
	struct err why;
	char *copy = malloc(strlen(head));

	memcpy(copy, head, strlen(head));
	assert_int_equal(script_line_parse(copy, strlen(head), &l, &why).cls,
			 ERR_NONE);
	free(copy);
	assert_string_equal(l.interp, interp);
	assert_string_equal(l.command, command);
}

static void script_lines_are_read_as_the_kernel_and_env_do(void **unused)
{
	script("#!/bin/sh\n", "/bin/sh", "");
	script("#! \t/bin/sh -e \necho", "/bin/sh", "");
	script("#!sh", "sh", "");
	script("#!/usr/bin/env python3\n", "/usr/bin/env", "python3");
	script("#!/usr/bin/env two words\n", "/usr/bin/env", "two words");
	script("#!/usr/bin/env -S A=1 -i -u B node --x\n", "/usr/bin/env",
	       "node");
	script("#!/usr/bin/env -i\n", "/usr/bin/env", "");
}

static void script_lines_without_an_interpreter_are_refused(void **unused)
{
	char cut[SCRIPT_LINE_MAX];
	struct script_line l;
	struct err why;

	assert_int_equal(script_line_parse("#!", 2, &l, &why).cls, ERR_PARSE);
	assert_int_equal(script_line_parse("#!  \n/bin/sh", 12, &l, &why).cls,
			 ERR_PARSE);
	memset(cut, 'a', sizeof cut);
	memcpy(cut, "#!/", 3);
	assert_int_equal(script_line_parse(cut, sizeof cut, &l, &why).cls,
			 ERR_PARSE);
}

static void preload(const char *old, const char *want)
{
	char *got = preload_list_with("/x/libsvidwrap.so", old);

	assert_string_equal(got, want);
	free(got);
}

static void ours_is_first_and_once_in_ld_preload(void **unused)
{
	preload(NULL, "/x/libsvidwrap.so");
	preload("", "/x/libsvidwrap.so");
	preload("a.so b.so:c.so", "/x/libsvidwrap.so:a.so:b.so:c.so");
	preload(" ::a.so:/old/libsvidwrap.so /x/libsvidwrap.so ",
		"/x/libsvidwrap.so:a.so");
	preload("libsvidwrap.so:notlibsvidwrap.so",
		"/x/libsvidwrap.so:notlibsvidwrap.so");
	malloc_fail_at(0);
	assert_null(preload_list_with("/x/libsvidwrap.so", "a.so"));
	assert_true(malloc_fail_hit());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_and_its_loader_are_read),
		cmocka_unit_test(this_very_program_is_dynamic),
		cmocka_unit_test(without_pt_interp_it_is_static),
		cmocka_unit_test(gos_note_is_found_behind_another),
		cmocka_unit_test(gos_section_is_found_without_its_note),
		cmocka_unit_test(another_class_is_named_and_not_read_on),
		cmocka_unit_test(broken_files_are_refused),
		cmocka_unit_test(a_loaders_name_longer_than_the_buffer_is_refused),
		cmocka_unit_test(hostile_notes_and_sections_end_the_search),
		cmocka_unit_test(no_damage_is_read_beyond),
		cmocka_unit_test(loaders_are_told_apart),
		cmocka_unit_test(script_lines_are_read_as_the_kernel_and_env_do),
		cmocka_unit_test(script_lines_without_an_interpreter_are_refused),
		cmocka_unit_test(ours_is_first_and_once_in_ld_preload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
