// SPDX-License-Identifier: MIT
/* Folders that do not outlive their makers for long; see folder.h. */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_PREFIX "concbench-"

enum {
	FOLDER_SUFFIX_LENGTH = 6, /* of mkdtemp */
	/* Each failed try means that another process took our folder for an orphan just then. */
	FOLDER_TRIES = 100,
};

const char *folder_parent(void)
{
	const char *parent = getenv("TMPDIR");

	return parent && *parent ? parent : "/tmp";
}

/* Opens a folder of ours and locks it. The descriptor; -1 where it is gone or its maker lives. */
static int folder_lock(int parent_fd, const char *path)
{
	int fd = openat(parent_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return -1;
	/* Whoever locked it before may have removed it. */
	if (fstat(fd, &stat) == 0 && stat.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
		fstat(fd, &stat) == 0 && stat.st_nlink > 0)
		return fd;
	close(fd);
	return -1;
}

/* Removes the files of an open folder. */
static void folder_empty(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;

	if (!dir) {
		if (own >= 0)
			close(own);
		return;
	}
	while ((entry = readdir(dir)))
		unlinkat(fd, entry->d_name, 0); /* fails for "." and ".." */
	closedir(dir);
}

static bool folder_is_named(const char *name)
{
	size_t length = strlen(FOLDER_PREFIX);

	return strncmp(name, FOLDER_PREFIX, length) == 0 &&
		   strlen(name) == length + FOLDER_SUFFIX_LENGTH;
}

/* Removes folders that nobody holds. What cannot be removed stays. */
static void folder_sweep(void)
{
	DIR *dir = opendir(folder_parent());
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int fd;

		if (!folder_is_named(entry->d_name))
			continue;
		fd = folder_lock(dirfd(dir), entry->d_name);
		if (fd < 0)
			continue;
		folder_empty(fd);
		unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
		close(fd);
	}
	closedir(dir);
}

int folder_make(struct folder *folder)
{
	folder_sweep();
	for (int i = 0; i < FOLDER_TRIES; i++) {
		int n = snprintf(folder->path, sizeof(folder->path), "%s/" FOLDER_PREFIX "XXXXXX",
						 folder_parent());

		if (n >= (int)sizeof(folder->path)) {
			folder->path[0] = '\0';
			return -ENAMETOOLONG;
		}
		if (!mkdtemp(folder->path)) {
			folder->path[0] = '\0';
			return -errno;
		}
		folder->fd = folder_lock(AT_FDCWD, folder->path);
		if (folder->fd >= 0)
			return 0;
		rmdir(folder->path);
	}
	folder->path[0] = '\0';
	return -EBUSY;
}

void folder_remove(struct folder *folder)
{
	if (!folder->path[0])
		return;
	folder_empty(folder->fd);
	rmdir(folder->path);
	close(folder->fd);
	folder->path[0] = '\0';
}
