// SPDX-License-Identifier: MIT
/* Whole rows, or none. */
#include "rowfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

int rowfile_open(struct rowfile *file, const char *path, int how)
{
	struct stat status;

	*file = (struct rowfile){.created = how == O_EXCL};
	file->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | how, 0666);
	/* A pipe or a device with a name is no file that could be lost. */
	if (file->fd < 0 && how == O_EXCL && errno == EEXIST && stat(path, &status) == 0 &&
		!S_ISREG(status.st_mode)) {
		file->created = false;
		file->fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	if (file->fd < 0)
		return -errno;
	if (fstat(file->fd, &status) < 0) {
		int rc = -errno;

		close(file->fd);
		return rc;
	}
	file->regular = S_ISREG(status.st_mode);
	return 0;
}

/* A pipe may take the row in parts, and be full for a while if it is non-blocking. */
static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

int rowfile_write(struct rowfile *file, const char *row, size_t size)
{
	off_t start = file->regular ? lseek(file->fd, 0, SEEK_END) : 0;

	if (start < 0)
		return -errno;
	int rc = write_all(file->fd, row, size);
	if (rc && file->regular && ftruncate(file->fd, start) < 0)
		return -errno;
	return rc;
}

int rowfile_close(struct rowfile *file)
{
	int rc = close(file->fd) < 0 ? -errno : 0;

	file->fd = -1;
	return rc;
}
