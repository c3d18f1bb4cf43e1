// SPDX-License-Identifier: MIT
/*
 * A made-up /proc and /sys in a folder of its own, for modules that take a `root` (sysfile.h).
 */
#ifndef CONCBENCH_FAKE_TREE_H
#define CONCBENCH_FAKE_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fake_tree {
	char root[64];
};

static inline void fake_tree_init(struct fake_tree *tree)
{
	strcpy(tree->root, "/tmp/concbench-XXXXXX");
	if (!mkdtemp(tree->root))
		abort();
}

/* Writes `text` to `path` below the root, and makes the folders above it. */
static inline void fake_tree_put(const struct fake_tree *tree, const char *path, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", tree->root, path);
	for (char *slash = full + strlen(tree->root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	file = fopen(full, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static inline int fake_tree_unlink(const char *path, const struct stat *st, int type,
								   struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline void fake_tree_release(struct fake_tree *tree)
{
	nftw(tree->root, fake_tree_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
