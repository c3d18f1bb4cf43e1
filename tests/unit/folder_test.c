// SPDX-License-Identifier: MIT
/*
 * Private folders: who may see them, when they go, and whose are left alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"

static char parent[64];

static int setup(void **state)
{
	(void)state;
	snprintf(parent, sizeof(parent), "/tmp/concbench-test-XXXXXX");
	return mkdtemp(parent) && setenv("TMPDIR", parent, 1) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(parent); /* fails where a test has left something */
}

static void put(const char *folder, const char *name)
{
	char path[FOLDER_PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void a_folder_is_private_and_goes_with_its_files(void **state)
{
	struct folder folder, other;
	struct stat stat_now;

	(void)state;
	assert_int_equal(folder_make(&folder), 0);
	assert_int_equal(strncmp(folder.path, parent, strlen(parent)), 0);
	assert_int_equal(stat(folder.path, &stat_now), 0);
	assert_int_equal(stat_now.st_mode & 0777, 0700);
	assert_int_equal(folder_make(&other), 0);
	put(folder.path, "a");
	put(folder.path, ".b");
	put(other.path, "c");
	folder_remove(&folder);
	assert_int_equal(access(other.path, F_OK), 0);
	folder_remove(&other);
	folder_remove(&other); /* there is none */
	assert_string_equal(other.path, "");
}

/* Makes a folder in a process that ends without removing it. */
static void leave_one_behind(char path[FOLDER_PATH_MAX])
{
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct folder folder;

		if (folder_make(&folder))
			_exit(1);
		put(folder.path, "a");
		_exit(write(ends[1], folder.path, sizeof(folder.path)) != sizeof(folder.path));
	}
	assert_int_equal(read(ends[0], path, FOLDER_PATH_MAX), FOLDER_PATH_MAX);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ends[0]);
	close(ends[1]);
}

static void an_orphan_is_removed_and_a_living_one_is_not(void **state)
{
	struct folder living, next;
	char orphan[FOLDER_PATH_MAX];

	(void)state;
	assert_int_equal(folder_make(&living), 0);
	put(living.path, "a");
	leave_one_behind(orphan);
	assert_int_equal(access(orphan, F_OK), 0);
	assert_int_equal(folder_make(&next), 0);
	assert_int_equal(access(orphan, F_OK), -1);
	assert_int_equal(access(living.path, F_OK), 0);
	folder_remove(&next);
	folder_remove(&living);
}

/* Another name, another kind of thing, and a folder that holds more than files. */
static void what_is_not_ours_stays(void **state)
{
	static const char *const folders[] = {"concbench-1234567", "concbench-12345",
										  "concbenchy123456", "concbench-deeper",
										  "concbench-deeper/folder"};
	struct folder folder;
	char path[FOLDER_PATH_MAX];

	(void)state;
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/%s", parent, folders[0]);
	put(path, "a");
	put(parent, "concbench-a_file");
	snprintf(path, sizeof(path), "%s/concbench-a_link", parent);
	assert_int_equal(symlink("concbench-1234567", path), 0);
	assert_int_equal(folder_make(&folder), 0);
	folder_remove(&folder);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/concbench-a_file", parent);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/%s/a", parent, folders[0]);
	assert_int_equal(unlink(path), 0);
	for (int i = 5; i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", parent, folders[i]);
		assert_int_equal(rmdir(path), 0);
	}
}

static void where_there_is_no_room_it_says_why(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct folder folder;

	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(folder_make(&folder), -ENOENT);
	assert_string_equal(folder.path, "");
	folder_remove(&folder);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	setenv("TMPDIR", path, 1);
	assert_int_equal(folder_make(&folder), -ENAMETOOLONG);
	setenv("TMPDIR", "", 1);
	assert_string_equal(folder_parent(), "/tmp");
	setenv("TMPDIR", parent, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_folder_is_private_and_goes_with_its_files, setup,
										teardown),
		cmocka_unit_test_setup_teardown(an_orphan_is_removed_and_a_living_one_is_not, setup,
										teardown),
		cmocka_unit_test_setup_teardown(what_is_not_ours_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(where_there_is_no_room_it_says_why, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
