// SPDX-License-Identifier: MIT
/*
 * CPU use of a process tree, from outside. See usage.h.
 */
#include "usage.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "proctree.h"
#include "sysfile.h"

/* CPU time of a process and its threads, ended ones included; -1 when it is gone. */
static int64_t process_cpu_ns(pid_t pid)
{
	struct timespec cpu;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &cpu))
		return -1;
	return cpu.tv_sec * CLOCK_NS_PER_S + cpu.tv_nsec;
}

/*
 * Adds the CPU time of one process. Its clock is exact; how the time divides is known in ticks,
 * which are rounded down, so what lies between the two goes to both sides alike.
 */
static void add_cpu(const struct proctree_entry *entry, int64_t tick_ns, struct arena_usage *usage)
{
	const int64_t user_ns = entry->user_ticks * tick_ns;
	const int64_t sys_ns = entry->sys_ticks * tick_ns;
	const int64_t total_ns = process_cpu_ns(entry->pid);
	const int64_t rest_ns = total_ns > user_ns + sys_ns ? total_ns - user_ns - sys_ns : 0;

	usage->user_ns += user_ns + rest_ns / 2 + entry->reaped_user_ticks * tick_ns;
	usage->sys_ns += sys_ns + (rest_ns - rest_ns / 2) + entry->reaped_sys_ticks * tick_ns;
}

/* Adds what `status` of a thread says: its context switches, and its process's peak of memory. */
static void add_status(const char *path, struct arena_usage *usage)
{
	char text[4096];
	int64_t voluntary, involuntary, peak_kib;

	if (sysfile_read("", path, text, sizeof(text)) <= 0)
		return;
	voluntary = sysfile_field(text, "voluntary_ctxt_switches:");
	involuntary = sysfile_field(text, "nonvoluntary_ctxt_switches:");
	peak_kib = sysfile_field(text, "VmHWM:");
	usage->voluntary += voluntary > 0 ? voluntary : 0;
	usage->involuntary += involuntary > 0 ? involuntary : 0;
	if (peak_kib * 1024 > usage->max_rss_bytes)
		usage->max_rss_bytes = peak_kib * 1024;
}

static void add_threads(const struct proctree_entry *entry, struct arena_usage *usage)
{
	char path[64];
	struct dirent *item;
	DIR *dir;

	if (entry->threads == 1) {
		snprintf(path, sizeof(path), "/proc/%d/status", entry->pid);
		add_status(path, usage);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/task", entry->pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((item = readdir(dir))) {
		if (item->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.15s/status", entry->pid, item->d_name);
		add_status(path, usage);
	}
	closedir(dir);
}

/* The sum over a tree, from its entry number `first` on: entry 0 is the root. */
static int add_tree(pid_t root, size_t first, struct arena_usage *usage)
{
	const int64_t tick_ns = CLOCK_NS_PER_S / sysconf(_SC_CLK_TCK);
	struct proctree tree;
	int error;

	*usage = (struct arena_usage){0};
	error = proctree_read(root, &tree);
	if (error)
		return error;
	/* The clocks first and in one go: the rest takes ten times as long, and they are exact. */
	for (size_t i = first; i < tree.count; i++)
		add_cpu(&tree.entries[i], tick_ns, usage);
	for (size_t i = first; i < tree.count; i++) {
		add_threads(&tree.entries[i], usage);
		usage->faults += tree.entries[i].faults + tree.entries[i].reaped_faults;
	}
	proctree_release(&tree);
	return 0;
}

int usage_of_tree(pid_t root, struct arena_usage *usage)
{
	return add_tree(root, 0, usage);
}

int usage_of_descendants(pid_t root, struct arena_usage *usage)
{
	return add_tree(root, 1, usage);
}

static int64_t growth(int64_t begin, int64_t end)
{
	return end > begin ? end - begin : 0;
}

struct arena_usage usage_between(const struct arena_usage *begin, const struct arena_usage *end)
{
	struct arena_usage used = {
		.user_ns = end->user_ns - begin->user_ns,
		.sys_ns = end->sys_ns - begin->sys_ns,
		.voluntary = growth(begin->voluntary, end->voluntary),
		.involuntary = growth(begin->involuntary, end->involuntary),
		.faults = growth(begin->faults, end->faults),
		.max_rss_bytes = end->max_rss_bytes,
	};
	const int64_t total_ns = growth(0, used.user_ns + used.sys_ns);

	if (used.user_ns < 0 || used.sys_ns < 0) {
		used.user_ns = used.user_ns < 0 ? 0 : total_ns;
		used.sys_ns = total_ns - used.user_ns;
	}
	return used;
}
