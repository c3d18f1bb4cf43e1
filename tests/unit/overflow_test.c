// SPDX-License-Identifier: MIT
/*
 * A task that runs out of its stack: the trial says so, on every kind of stack that coro has, and
 * no other memory is reported as good. Each case runs in a process of its own, which has to end
 * with an error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "backend.h"

enum { FRAME_BYTES = 256, DEPTH = 4096 };

/* Uses its buffer after the call, so that no compiler makes a loop of it. */
static int recurse(int depth)
{
	volatile char frame[FRAME_BYTES];

	for (int i = 0; i < FRAME_BYTES; i += 64)
		frame[i] = (char)depth;
	return depth == 0 ? frame[0] : recurse(depth - 1) + frame[64];
}

static void overflowing(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	volatile int sink = recurse(DEPTH);

	(void)t;
	(void)arena;
	(void)arg;
	(void)fd;
	(void)sink;
}

static void root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	if (task_spawn(t, overflowing, NULL, 0, -1) == 0 && task_join(t) == 0)
		arena->rounds_done = 1;
}

/* The option's number of a choice of coro. */
static int64_t choice(const struct param_row *row, const char *word)
{
	char error[PARAM_ERROR_MAX];
	struct param_value value;

	assert_int_equal(param_parse(row, word, &value, error), 0);
	return value.number;
}

static void overflow_on(const char *stack)
{
	const struct backend *coro = backend_find("coro", 4);
	struct arena_sizing sizing = {.n_slices = 1, .n_tasks = 1, .n_samples = 1};
	struct arena *arena =
		mmap(NULL, arena_size(&sizing), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct backend_config config = {.stack_bytes = 512, .tasks_max = 4, .arena = arena};
	struct backend_body body = {.task = root, .fd = -1};
	int status = 0;
	pid_t pid;

	assert_ptr_not_equal(arena, MAP_FAILED);
	arena_init(arena, &sizing);
	config.options[param_find(coro->options, "stack", 5) - coro->options] =
		choice(param_find(coro->options, "stack", 5), stack);
	if (coro->unavailable(&config)) {
		print_message("%s\n", coro->unavailable(&config));
		skip();
	}
	pid = fork();
	if (pid == 0)
		_exit(coro->prepare(&config) == 0 && coro->run(&config, &body) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_not_equal(status, 0);
	assert_string_equal(arena->reason, "stack overflow");
	assert_int_equal(arena->rounds_done, 0);
	munmap(arena, arena_size(&sizing));
}

static void own_stack(void **state)
{
	(void)state;
	overflow_on("own");
}

static void copied_stack(void **state)
{
	(void)state;
	overflow_on("copy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_stack),
		cmocka_unit_test(copied_stack),
	};

	return cmocka_run_group_tests_name("overflow", tests, NULL, NULL);
}
