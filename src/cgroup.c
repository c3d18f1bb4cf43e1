// SPDX-License-Identifier: MIT
/*
 * The place of this process in the cgroup tree. See cgroup.h.
 */
#include "cgroup.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whether the comma-separated `list` of `length` bytes holds `word`. */
static bool list_holds(const char *list, size_t length, const char *word)
{
	const size_t word_length = strlen(word);

	for (const char *end = list + length; list < end;) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const size_t item = (size_t)((comma ? comma : end) - list);

		if (item == word_length && memcmp(list, word, item) == 0)
			return true;
		list += item + 1;
	}
	return false;
}

/*
 * Finds the line "ID:CONTROLLERS:PATH" of /proc/self/cgroup that names `controller`, or with ""
 * the line of version 2, whose list is empty. Puts PATH into `path`.
 */
static bool find_line(const char *text, const char *controller, char *path, size_t size)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const size_t id = strcspn(line, ":\n");
		const char *list = line + id + (line[id] == ':');
		const size_t length = strcspn(list, ":\n");
		const char *rest = list + length;

		if (*rest != ':')
			continue;
		if (*controller ? !list_holds(list, length, controller) : length > 0)
			continue;
		snprintf(path, size, "%.*s", (int)strcspn(rest + 1, "\n"), rest + 1);
		return true;
	}
	return false;
}

static bool exists(const struct cgroup *cgroup)
{
	char full[SYSFILE_PATH_MAX];

	if (snprintf(full, sizeof(full), "%s%s", cgroup->root, cgroup->path) >= (int)sizeof(full))
		return false;
	return access(full, F_OK) == 0;
}

/* Goes to `path` below the mount point; to the mount point itself where that does not exist. */
static bool place(struct cgroup *cgroup, const char *mount, const char *path)
{
	cgroup->top = strlen(mount);
	if (snprintf(cgroup->path, sizeof(cgroup->path), "%s%s", mount,
				 strcmp(path, "/") == 0 ? "" : path) < (int)sizeof(cgroup->path) &&
		exists(cgroup))
		return true;
	snprintf(cgroup->path, sizeof(cgroup->path), "%s", mount);
	return exists(cgroup);
}

int cgroup_find(const char *root, const char *controller, struct cgroup *cgroup)
{
	char text[4096], path[SYSFILE_PATH_MAX], mount[64];

	*cgroup = (struct cgroup){.root = root};
	if (sysfile_read(root, "/proc/self/cgroup", text, sizeof(text)) <= 0)
		return -ENOENT;
	cgroup->version = 1;
	snprintf(mount, sizeof(mount), "/sys/fs/cgroup/%s", controller);
	if (find_line(text, controller, path, sizeof(path)) && place(cgroup, mount, path))
		return 0;
	cgroup->version = 2;
	if (find_line(text, "", path, sizeof(path)) &&
		(place(cgroup, "/sys/fs/cgroup/unified", path) || place(cgroup, "/sys/fs/cgroup", path)))
		return 0;
	cgroup->version = 0;
	return -ENOENT;
}

bool cgroup_up(struct cgroup *cgroup)
{
	char *slash = strrchr(cgroup->path, '/');

	if (strlen(cgroup->path) <= cgroup->top)
		return false;
	*slash = '\0';
	return true;
}

ssize_t cgroup_read(const struct cgroup *cgroup, const char *file, char *buf, size_t size)
{
	char path[SYSFILE_PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", cgroup->path, file);
	return sysfile_read(cgroup->root, path, buf, size);
}

int64_t cgroup_number(const struct cgroup *cgroup, const char *file)
{
	char path[SYSFILE_PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", cgroup->path, file);
	return sysfile_number(cgroup->root, path);
}

/* The quota that this very group sets, in CPUs; NAN for none. */
static double quota_of(const struct cgroup *cgroup)
{
	int64_t quota_us, period_us;
	char text[64];

	if (cgroup->version == 1) {
		quota_us = cgroup_number(cgroup, "cpu.cfs_quota_us");
		period_us = cgroup_number(cgroup, "cpu.cfs_period_us");
	} else if (cgroup_read(cgroup, "cpu.max", text, sizeof(text)) <= 0 ||
			   sscanf(text, "%" SCNd64 " %" SCNd64, &quota_us, &period_us) != 2) {
		return NAN; /* no such file, or "max" */
	}
	return quota_us > 0 && period_us > 0 ? (double)quota_us / (double)period_us : NAN;
}

double cgroup_cpu_quota(const char *root, struct cgroup *cgroup)
{
	struct cgroup at;
	double quota, least = NAN;

	if (cgroup_find(root, "cpu", &at)) {
		*cgroup = at;
		return NAN;
	}
	*cgroup = at;
	do {
		quota = quota_of(&at);
		if (!isnan(quota) && !(least <= quota)) {
			least = quota;
			*cgroup = at;
		}
	} while (cgroup_up(&at));
	return least;
}
