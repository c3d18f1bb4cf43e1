// SPDX-License-Identifier: MIT
/*
 * Which build of the program this is. Strings that live as long as the program.
 */
#ifndef CONCBENCH_VERSION_H
#define CONCBENCH_VERSION_H

const char *version_tool(void);     /* "0.1.0" */
const char *version_commit(void);   /* "1a2b3c4d5e6f", with "-dirty" where it applies */
const char *version_compiler(void); /* "gcc 12.2.0" */
const char *version_cflags(void);   /* what was asked of the compiler beyond the fixed flags */

enum { VERSION_BUILD_ID_MAX = 48, VERSION_LIBEV_MAX = 16 };

/*
 * The linker's build-id of the running program, in hexadecimal, from its own notes: equal for
 * equal binaries, whatever the commit says. "" when it was linked without one. Returns `buf`.
 */
char *version_build_id(char buf[VERSION_BUILD_ID_MAX]);

/* The libev that is loaded, "4.33". Returns `buf`. */
char *version_libev(char buf[VERSION_LIBEV_MAX]);

#endif
