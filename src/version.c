// SPDX-License-Identifier: MIT
/*
 * Which build of the program this is. The Makefile compiles this file with VERSION, COMMIT and
 * CFLAGS_TEXT set.
 */
#include "version.h"

/* libev first: it and ELF both know an EV_NONE, and ELF's is a macro. */
#include <ev.h>

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#ifndef VERSION
#define VERSION "unknown"
#endif
#ifndef COMMIT
#define COMMIT "unknown"
#endif
#ifndef CFLAGS_TEXT
#define CFLAGS_TEXT ""
#endif

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *version_tool(void)
{
	return VERSION;
}

const char *version_commit(void)
{
	return COMMIT;
}

const char *version_compiler(void)
{
#if defined(__clang__)
	return "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__);
#else
	return "gcc " TEXT(__GNUC__) "." TEXT(__GNUC_MINOR__) "." TEXT(__GNUC_PATCHLEVEL__);
#endif
}

const char *version_cflags(void)
{
	return CFLAGS_TEXT;
}

/* Writes `length` bytes in hexadecimal, as many as there is room for. */
static void write_hex(const unsigned char *bytes, size_t length, char buf[VERSION_BUILD_ID_MAX])
{
	for (size_t i = 0; i < length && i < (VERSION_BUILD_ID_MAX - 1) / 2; i++)
		sprintf(buf + 2 * i, "%02x", bytes[i]);
}

/* A notes segment is a row of {header, name, contents}, the latter two padded to 4 bytes. */
static void search_notes(const char *at, const char *end, char buf[VERSION_BUILD_ID_MAX])
{
	while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *note = (const void *)at;
		const char *name = at + sizeof(*note);
		const char *contents = name + ((note->n_namesz + 3U) & ~3U);

		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
			write_hex((const unsigned char *)contents, note->n_descsz, buf);
			return;
		}
		at = contents + ((note->n_descsz + 3U) & ~3U);
		if (at > end)
			return;
	}
}

/* dl_iterate_phdr calls this for the program itself first; 1 makes that the only call. */
static int search_program(struct dl_phdr_info *info, size_t size, void *buf)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		const char *at = (const char *)(info->dlpi_addr + header->p_vaddr);

		/* .note.gnu.property is aligned to 8 and lies in a segment of its own. */
		if (header->p_type == PT_NOTE && header->p_align <= 4)
			search_notes(at, at + header->p_memsz, buf);
	}
	return 1;
}

char *version_build_id(char buf[VERSION_BUILD_ID_MAX])
{
	buf[0] = '\0';
	dl_iterate_phdr(search_program, buf);
	return buf;
}

char *version_libev(char buf[VERSION_LIBEV_MAX])
{
	snprintf(buf, VERSION_LIBEV_MAX, "%d.%d", ev_version_major(), ev_version_minor());
	return buf;
}
