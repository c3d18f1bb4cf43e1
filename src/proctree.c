// SPDX-License-Identifier: MIT
/*
 * A process and its descendants. See proctree.h.
 */
#include "proctree.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfile.h"

/* "PID (name) state ppid ..."; the name may hold anything, also blanks and brackets. */
static bool parse_stat(const char *text, struct proctree_entry *entry)
{
	const char *fields = strrchr(text, ')');

	if (!fields)
		return false;
	entry->pid = (pid_t)strtol(text, NULL, 10);
	return sscanf(fields + 1,
				  " %*c %d %*d %*d %*d %*d %*u %" SCNd64 " %" SCNd64 " %*u %*u %" SCNd64 " %" SCNd64
				  " %" SCNd64 " %" SCNd64 " %*d %*d %" SCNd64,
				  &entry->ppid, &entry->faults, &entry->reaped_faults, &entry->user_ticks,
				  &entry->sys_ticks, &entry->reaped_user_ticks, &entry->reaped_sys_ticks,
				  &entry->threads) == 8;
}

static int append(struct proctree *tree, size_t *capacity, const struct proctree_entry *entry)
{
	if (tree->count == *capacity) {
		const size_t more = *capacity ? 2 * *capacity : 256;
		struct proctree_entry *entries = realloc(tree->entries, more * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		tree->entries = entries;
		*capacity = more;
	}
	tree->entries[tree->count++] = *entry;
	return 0;
}

/* All processes of the machine; one that ends meanwhile is passed over. */
static int read_all(struct proctree *all)
{
	char path[32], text[1024];
	struct proctree_entry entry;
	struct dirent *item;
	size_t capacity = 0;
	DIR *dir = opendir("/proc");
	int error = 0;

	if (!dir)
		return -errno;
	while (!error && (item = readdir(dir))) {
		if (item->d_name[0] < '1' || item->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.15s/stat", item->d_name);
		if (sysfile_read("", path, text, sizeof(text)) > 0 && parse_stat(text, &entry))
			error = append(all, &capacity, &entry);
	}
	closedir(dir);
	return error;
}

static int compare_ppid(const void *a, const void *b)
{
	const pid_t x = ((const struct proctree_entry *)a)->ppid;
	const pid_t y = ((const struct proctree_entry *)b)->ppid;

	return (x > y) - (x < y);
}

/* The first entry whose parent is not below `ppid`, in entries sorted by parent. */
static size_t first_child(const struct proctree *all, pid_t ppid)
{
	size_t low = 0, high = all->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (all->entries[middle].ppid < ppid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Appends the children of every entry behind the last one, until there are no more to look at. */
static int collect(struct proctree *all, struct proctree *tree, size_t *capacity)
{
	int error = 0;

	qsort(all->entries, all->count, sizeof(all->entries[0]), compare_ppid);
	for (size_t parent = 0; parent < tree->count && !error; parent++) {
		const pid_t pid = tree->entries[parent].pid;

		/* More than there are at all would be a circle, made by pids that were used anew. */
		for (size_t i = first_child(all, pid); !error && i < all->count; i++) {
			if (all->entries[i].ppid != pid || tree->count > all->count)
				break;
			error = append(tree, capacity, &all->entries[i]);
		}
	}
	return error;
}

int proctree_read(pid_t root, struct proctree *tree)
{
	struct proctree all = {0};
	size_t capacity = 0;
	int error = read_all(&all);

	*tree = (struct proctree){0};
	for (size_t i = 0; i < all.count && !error && tree->count == 0; i++)
		if (all.entries[i].pid == root)
			error = append(tree, &capacity, &all.entries[i]);
	if (!error)
		error = tree->count == 0 ? -ESRCH : collect(&all, tree, &capacity);
	free(all.entries);
	if (error)
		proctree_release(tree);
	return error;
}

void proctree_release(struct proctree *tree)
{
	free(tree->entries);
	*tree = (struct proctree){0};
}
