// SPDX-License-Identifier: MIT
/*
 * Memory in use. See memory.h.
 */
#include "memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proctree.h"
#include "sysfile.h"

/* Sums up smaps, which lists the mappings one by one; for kernels without (a full) smaps_rollup. */
static int64_t pss_of_mappings_kib(pid_t pid)
{
	char path[32], line[512], perms[5];
	int64_t sum_kib = 0, pss_kib;
	bool private = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		/* A mapping begins with "BEGIN-END PERMS ..."; PERMS end in p or, when shared, in s. */
		if (sscanf(line, "%*x-%*x %4s", perms) == 1) {
			private = perms[3] == 'p';
			continue;
		}
		pss_kib = sysfile_field(line, "Pss:");
		if (private && pss_kib > 0)
			sum_kib += pss_kib;
	}
	fclose(file);
	return sum_kib;
}

/* Pss of one process without shared memory, in KiB, or -errno. */
static int64_t pss_kib(pid_t pid)
{
	char path[40], text[2048];
	int64_t anon, file;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	length = sysfile_read("", path, text, sizeof(text));
	if (length < 0 && length != -ENOENT)
		return length;
	anon = sysfile_field(text, "Pss_Anon:");
	file = sysfile_field(text, "Pss_File:");
	return anon >= 0 && file >= 0 ? anon + file : pss_of_mappings_kib(pid);
}

int memory_of_tree(pid_t root, int64_t *bytes)
{
	struct proctree tree;
	int error = proctree_read(root, &tree);

	*bytes = 0;
	if (error)
		return error;
	for (size_t i = 0; i < tree.count && !error; i++) {
		const int64_t kib = pss_kib(tree.entries[i].pid);

		/* -ESRCH: it has ended and waits to be reaped; it has no memory any more. */
		if (kib >= 0)
			*bytes += kib * 1024;
		else if (kib != -ESRCH)
			error = (int)kib;
	}
	proctree_release(&tree);
	return error;
}

int memory_of_kernel(int64_t *bytes)
{
	static const char *const keys[] = {"KernelStack:", "PageTables:", "SUnreclaim:"};
	char text[4096];
	int64_t kib;

	*bytes = 0;
	sysfile_read("", "/proc/meminfo", text, sizeof(text));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		kib = sysfile_field(text, keys[i]);
		if (kib < 0)
			return -ENOENT;
		*bytes += kib * 1024;
	}
	return 0;
}
