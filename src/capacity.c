// SPDX-License-Identifier: MIT
/*
 * The preflight. See capacity.h; the table of limits is at the end.
 */
#include "capacity.h"

#include <dirent.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cgroup.h"
#include "sysfile.h"

/*
 * What is left alone for others who come and go while the trial runs, and for what the roles take
 * beside their tasks (libraries' mappings, the driver's own descriptors).
 */
enum { RESERVE_FDS = 16, RESERVE_PIDS = 64, RESERVE_MAPS = 256, RESERVE_PORTS = 64 };

/* The kernel hands out no pid below this again once the numbers have wrapped around. */
enum { LOWEST_PIDS = 300 };

/* One limit as it stands: what it says, and how much of it can still be had. -1: cannot be read. */
struct room {
	int64_t value, left;
};

static const struct room unknown = {-1, -1};

static struct room room_of(int64_t value, int64_t taken)
{
	if (value < 0 || value == INT64_MAX)
		return unknown;
	return (struct room){value, value > taken ? value - taken : 0};
}

static int64_t limit_value(rlim_t limit)
{
	return limit >= INT64_MAX ? INT64_MAX : (int64_t)limit;
}

static struct room room_fds(const char *root)
{
	struct rlimit limit;

	(void)root;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return unknown;
	return room_of(limit_value(limit.rlim_cur), RESERVE_FDS);
}

/* Threads and processes of the user `uid`, from /proc/PID/status; -1 without /proc. */
static int64_t count_threads_of(const char *root, uid_t uid)
{
	char path[SYSFILE_PATH_MAX], status[2048];
	struct dirent *entry;
	int64_t threads = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/status", entry->d_name);
		if (sysfile_read(root, path, status, sizeof(status)) > 0 &&
			sysfile_field(status, "Uid:") == (int64_t)uid)
			threads += sysfile_field(status, "Threads:");
	}
	closedir(dir);
	return threads;
}

/* The kernel does not hold root to this one. */
static struct room room_user_processes(const char *root)
{
	struct rlimit limit;

	if (getuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) || limit.rlim_cur >= INT64_MAX)
		return unknown;
	return room_of((int64_t)limit.rlim_cur, count_threads_of(root, getuid()) + RESERVE_PIDS);
}

/* Threads alive on the machine: the number behind the slash in /proc/loadavg ("... 1/90 5927"). */
static int64_t count_threads(const char *root)
{
	char text[128];
	const char *slash;

	sysfile_read(root, "/proc/loadavg", text, sizeof(text));
	slash = strchr(text, '/');
	return slash ? strtoll(slash + 1, NULL, 10) : 0;
}

static struct room room_pids(const char *root)
{
	return room_of(sysfile_number(root, "/proc/sys/kernel/pid_max"),
				   LOWEST_PIDS + count_threads(root) + RESERVE_PIDS);
}

static struct room room_threads(const char *root)
{
	return room_of(sysfile_number(root, "/proc/sys/kernel/threads-max"),
				   count_threads(root) + RESERVE_PIDS);
}

static struct room room_maps(const char *root)
{
	return room_of(sysfile_number(root, "/proc/sys/vm/max_map_count"), RESERVE_MAPS);
}

/*
 * Sockets in use are taken for ephemeral ports in use, which is on the safe side. TIME_WAIT is
 * not counted: a port waits for one destination only, and every trial listens on a new one.
 */
static struct room room_ports(const char *root)
{
	char text[1024];
	int64_t first, last, used;

	if (sysfile_read(root, "/proc/sys/net/ipv4/ip_local_port_range", text, sizeof(text)) <= 0 ||
		sscanf(text, "%" SCNd64 " %" SCNd64, &first, &last) != 2 || last < first)
		return unknown;
	sysfile_read(root, "/proc/net/sockstat", text, sizeof(text));
	used = sysfile_field(text, "TCP: inuse");
	return room_of(last - first + 1, (used > 0 ? used : 0) + RESERVE_PORTS);
}

/* A sixteenth stays free: below that the kernel reclaims, and everything slows down. */
static struct room room_memory(const char *root)
{
	char text[2048];
	int64_t available_kib;

	sysfile_read(root, "/proc/meminfo", text, sizeof(text));
	available_kib = sysfile_field(text, "MemAvailable:");
	if (available_kib < 0)
		return unknown;
	return room_of(available_kib * 1024, available_kib * 1024 / 16);
}

/* The group's own reading of a controller's room. */
typedef struct room cgroup_room_fn(const struct cgroup *cgroup);

static struct room cgroup_room_pids(const struct cgroup *cgroup)
{
	return room_of(cgroup_number(cgroup, "pids.max"),
				   cgroup_number(cgroup, "pids.current") + RESERVE_PIDS);
}

/* Page cache that nobody has used lately is given up before anyone is refused. */
static struct room cgroup_room_memory(const struct cgroup *cgroup)
{
	const bool old = cgroup->version == 1;
	const int64_t limit = cgroup_number(cgroup, old ? "memory.limit_in_bytes" : "memory.max");
	int64_t used = cgroup_number(cgroup, old ? "memory.usage_in_bytes" : "memory.current");
	int64_t cache;
	char text[4096];

	/* Version 1 says "no limit" by the largest multiple of a page. */
	if (limit < 0 || limit >= INT64_MAX - 65536)
		return unknown;
	cgroup_read(cgroup, "memory.stat", text, sizeof(text));
	cache = sysfile_field(text, old ? "total_inactive_file " : "inactive_file ");
	used -= cache > 0 ? cache : 0;
	return room_of(limit, (used > 0 ? used : 0) + limit / 16);
}

/* The least room in the own group and all above it. */
static struct room cgroup_room(const char *root, const char *controller, cgroup_room_fn *ask)
{
	struct room least = unknown, room;
	struct cgroup cgroup;

	if (cgroup_find(root, controller, &cgroup))
		return unknown;
	do {
		room = ask(&cgroup);
		if (room.left >= 0 && (least.left < 0 || room.left < least.left))
			least = room;
	} while (cgroup_up(&cgroup));
	return least;
}

static struct room room_cgroup_pids(const char *root)
{
	return cgroup_room(root, "pids", cgroup_room_pids);
}

static struct room room_cgroup_memory(const char *root)
{
	return cgroup_room(root, "memory", cgroup_room_memory);
}

static const struct limit {
	const char *name;
	size_t amount; /* offset in struct capacity_amount of what it limits */
	struct room (*room)(const char *root);
} limits[] = {
#define AMOUNT(field) offsetof(struct capacity_amount, field)
	{"RLIMIT_NOFILE", AMOUNT(fds), room_fds},
	{"RLIMIT_NPROC", AMOUNT(pids), room_user_processes},
	{"kernel.pid_max", AMOUNT(pids), room_pids},
	{"kernel.threads-max", AMOUNT(pids), room_threads},
	{"cgroup pids.max", AMOUNT(pids), room_cgroup_pids},
	{"vm.max_map_count", AMOUNT(maps), room_maps},
	{"net.ipv4.ip_local_port_range", AMOUNT(ports), room_ports},
	{"memory available", AMOUNT(bytes), room_memory},
	{"cgroup memory.max", AMOUNT(bytes), room_cgroup_memory},
};

static uint64_t amount_of(const struct capacity_amount *amounts, const struct limit *limit)
{
	return *(const uint64_t *)((const char *)amounts + limit->amount);
}

/* Tasks that one limit allows. */
static uint64_t tasks_within(const struct room *room, uint64_t per_task, uint64_t fixed)
{
	const uint64_t left = (uint64_t)room->left;

	if (left < fixed)
		return 0;
	return per_task == 0 ? UINT64_MAX : (left - fixed) / per_task;
}

static void write_text(struct capacity_verdict *verdict, const struct limit *limit,
					   const struct room *room, uint64_t asked)
{
	const bool bytes = limit->amount == AMOUNT(bytes);

	snprintf(verdict->text, sizeof(verdict->text),
			 "%s %" PRId64 "%s allows %" PRIu64 " tasks, %" PRIu64 " asked for", limit->name,
			 bytes ? room->value >> 20 : room->value, bytes ? " MiB" : "", verdict->feasible,
			 asked);
}

static void raise_soft_fds(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* Where even that is forbidden, the soft limit is the one that is reported. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

bool capacity_check(const struct capacity_source *source, const struct capacity_need *need,
					struct capacity_verdict *verdict)
{
	const char *root = source ? source->root : "";

	*verdict = (struct capacity_verdict){.feasible = UINT64_MAX};
	raise_soft_fds();
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct limit *limit = &limits[i];
		const uint64_t per_task = amount_of(&need->per_task, limit);
		const uint64_t fixed = amount_of(&need->fixed, limit);
		struct room room = unknown;
		uint64_t tasks;

		/* What nobody takes is not even asked for: some answers cost a walk through /proc. */
		if (per_task > 0 || fixed > 0)
			room = limit->room(root);
		if (room.left < 0)
			continue;
		tasks = tasks_within(&room, per_task, fixed);
		if (tasks >= verdict->feasible)
			continue;
		verdict->feasible = tasks;
		verdict->limit = limit->name;
		if (tasks < need->tasks)
			write_text(verdict, limit, &room, need->tasks);
	}
	return verdict->feasible >= need->tasks;
}
