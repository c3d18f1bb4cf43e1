// SPDX-License-Identifier: MIT
/*
 * Bodies that do less work than they were asked for, on real backends: the receipt finds out. The
 * honest bodies go through the same hands first, so that only the cheating can be what it finds.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file_read.h"
#include "folder.h"
#include "cross_submit.h"
#include "net.h"
#include "pipeline.h"
#include "planned.h"
#include "pool_dispatch.h"
#include "receipt.h"
#include "sleep_fanout.h"
#include "task.h"

enum { ROUNDS = 2, DEADLINE_S = 30, MESSAGES = 20 };

/* ---- sleepers ---- */

struct nap {
	uint32_t task;
	uint64_t round;
	int64_t deadline_ns;
};

static void nap(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct nap *own = arg;

	(void)fd;
	arena_task_begin(arena, own->task, clock_now_ns());
	task_sleep_until(t, own->deadline_ns);
	sleep_fanout_wake(arena, own->round, own->task, own->deadline_ns);
}

/* Rounds of naps of `sleep_ns`, by the tasks from `first` on. */
static void nap_rounds(const struct task_ops *t, struct arena *arena, uint32_t first,
					   int64_t sleep_ns)
{
	uint32_t tasks = (uint32_t)arena_param(arena, SLEEP_FANOUT_TASKS);

	arena_window_open(arena);
	for (uint64_t number = 0; arena_round_wanted(arena, number); number++) {
		struct sleep_fanout_round round = sleep_fanout_round_start(arena, number);
		struct nap arg = {.round = number, .deadline_ns = clock_now_ns() + sleep_ns};

		for (arg.task = first; arg.task < tasks; arg.task++)
			task_spawn(t, nap, &arg, sizeof(arg), -1);
		task_join(t);
		sleep_fanout_round_end(arena, &round);
	}
	arena_window_close(arena);
}

static void skip_a_sleeper(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	nap_rounds(t, arena, 1, arena_param(arena, SLEEP_FANOUT_SLEEP));
}

/* One after the other, none of them asleep. */
static void skip_the_sleep(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint32_t tasks = (uint32_t)arena_param(arena, SLEEP_FANOUT_TASKS);

	(void)arg;
	(void)fd;
	arena_window_open(arena);
	for (uint64_t number = 0; arena_round_wanted(arena, number); number++) {
		struct sleep_fanout_round round = sleep_fanout_round_start(arena, number);
		struct nap nap_arg = {.round = number};

		for (nap_arg.task = 0; nap_arg.task < tasks; nap_arg.task++) {
			task_spawn(t, nap, &nap_arg, sizeof(nap_arg), -1);
			task_join(t);
		}
		sleep_fanout_round_end(arena, &round);
	}
	arena_window_close(arena);
}

/* ---- generators ---- */

static void count_up(const struct task_ops *t, struct arena *arena, struct gen *self,
					 const void *arg)
{
	uint64_t a = 0, b = 1;

	(void)arena;
	(void)arg;
	/* Ends when the generator is closed. */
	while (gen_yield(t, self, a)) {
		uint64_t next = a + b;

		a = b;
		b = next;
	}
}

/* Pulls the values of one round but for the last `skipped`, and claims them all. */
static void pull_but(const struct task_ops *t, struct arena *arena, uint64_t skipped)
{
	uint64_t values = (uint64_t)arena_param(arena, 1);

	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++) {
		struct gen *gen = gen_open(t, count_up, NULL, 0);
		uint64_t sum = 0;

		for (uint64_t i = 0; gen && i < values - skipped; i++)
			sum += gen_next(t, gen).value;
		arena_round_end(arena, values, sum);
		if (gen)
			gen_close(t, gen);
	}
	arena_window_close(arena);
}

static void skip_no_value(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	pull_but(t, arena, 0);
}

static void skip_a_value(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	pull_but(t, arena, 1);
}

/* ---- echo ---- */

/* A client that sends and reads `size` bytes a message, whatever was asked for, and claims all. */
static void converse(const struct task_ops *t, struct arena *arena, size_t size)
{
	struct arena_slice *slice = arena_slice(arena, 1); /* behind the server's only one */
	int fd = task_connect(t, (uint16_t)atomic_load(&arena->port));
	char message[64] = {0};

	arena_window_plan(arena, clock_now_ns(), clock_now_ns() + CLOCK_NS_PER_S);
	for (int i = 0; i < MESSAGES; i++) {
		size_t got = 0;

		if (task_write(t, fd, message, size) != (ssize_t)size)
			break;
		/* Ends with the reply, or the stream. */
		while (got < size) {
			ssize_t n = task_read(t, fd, message, size - got);

			if (n <= 0)
				break;
			got += (size_t)n;
		}
		slice->ops++;
		slice->window_ops++;
		slice->bytes += sizeof(message);
	}
	task_close(t, fd);
}

static void send_whole(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	converse(t, arena, 64);
}

static void send_half(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	converse(t, arena, 32);
}

/* A server that sends as many bytes as it got, but not those: it need not have read them. */
static void answer_anything(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct arena_slice *slice = arena_slice(arena, 0);
	int connection = task_accept(t, fd);
	char buf[64];
	ssize_t n;

	(void)arg;
	task_close(t, fd);
	/* Ends with the stream. */
	while ((n = task_read(t, connection, buf, sizeof(buf))) > 0) {
		slice->bytes += (uint64_t)n;
		memset(buf, 0x55, (size_t)n);
		if (task_write(t, connection, buf, (size_t)n) != n)
			break;
	}
	slice->ops = slice->bytes / 64;
	task_close(t, connection);
}

/* ---- pool ---- */

/* A submitter that has no pool: it answers its jobs itself, and job number `twice` for the next. */
static void answer_alone(struct arena *arena, int64_t work_ns, uint64_t twice)
{
	struct pool_dispatch_round round = {0};

	arena_window_open(arena);
	while (arena_round_wanted(arena, round.number)) {
		while (pool_dispatch_waits(arena, &round)) {
			uint64_t job = pool_dispatch_next(arena, &round);

			pool_dispatch_see(arena, &round, pool_dispatch_run(work_ns, job - (job == twice + 1)));
		}
		pool_dispatch_round_end(arena, &round);
	}
	arena_window_close(arena);
}

static void do_each_job(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arg;
	(void)fd;
	answer_alone(arena, arena_param(arena, POOL_DISPATCH_WORK), UINT64_MAX);
}

static void do_a_job_twice(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arg;
	(void)fd;
	answer_alone(arena, arena_param(arena, POOL_DISPATCH_WORK), 2);
}

static void skip_the_work(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arg;
	(void)fd;
	answer_alone(arena, 0, UINT64_MAX);
}

/* ---- pipeline ---- */

/* One item after the other, from stage number `first` on, and none of them waits. */
static void rush_from(struct arena *arena, uint32_t first)
{
	const uint64_t items = (uint64_t)arena_param(arena, PIPELINE_ITEMS);
	const uint32_t stages = (uint32_t)arena_param(arena, PIPELINE_STAGES);
	struct pipeline_round round = {0};

	arena_window_open(arena);
	while (arena_round_wanted(arena, round.number)) {
		for (uint64_t number = 0; number < items; number++) {
			uint64_t item = number;

			for (uint32_t stage = first; stage < stages; stage++)
				item = pipeline_leave(arena, stage, item);
			pipeline_out(&round, item);
		}
		pipeline_round_end(arena, &round);
	}
	arena_window_close(arena);
}

static void rush(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arg;
	(void)fd;
	rush_from(arena, 0);
}

static void leave_out_a_stage(const struct task_ops *t, struct arena *arena, const void *arg,
							  int fd)
{
	(void)t;
	(void)arg;
	(void)fd;
	rush_from(arena, 1);
}

/* ---- files ---- */

/* Reads file number 0 for each other, or nothing at all. */
static void read_less(const struct task_ops *t, struct arena *arena, bool nothing)
{
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++) {
		for (uint32_t task = 0; task < arena->n_tasks; task++) {
			struct file_read_share share = file_read_share_begin(arena, task, round);

			while (share.next < share.end) {
				struct file_read read = file_read_begin(arena, &share);

				read.result = (ssize_t)read.len;
				if (!nothing)
					task_file_read(t, file_read_name(arena, 0), read.buf, read.len,
								   FILE_IO_BLOCKING);
				file_read_end(arena, &share, &read);
			}
			file_read_share_end(arena, &share);
		}
		file_read_round_end(arena);
	}
	arena_window_close(arena);
}

static void read_the_first_file(const struct task_ops *t, struct arena *arena, const void *arg,
								int fd)
{
	(void)arg;
	(void)fd;
	if (file_read_prepare(arena) == 0)
		read_less(t, arena, false);
}

static void read_nothing(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	if (file_read_prepare(arena) == 0)
		read_less(t, arena, true);
}

/* ---- calls from other threads ---- */

/* Leaves after `most` calls; what call number `wrong` returns is another's result. */
static void make_calls(const struct task_ops *t, struct arena *arena, uint64_t most, uint64_t wrong)
{
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++) {
		struct postbox *box = post_open(t, cross_submit_poster, 1, 2);
		struct gen_value call;
		uint64_t made = 0;

		while (made < most && (call = post_next(t, box)).more) {
			made++;
			post_reply(t, box, cross_submit_answer(call.value + (call.value == wrong)));
		}
		post_close(t, box);
		cross_submit_round_end(arena, made);
	}
	arena_window_close(arena);
}

static void make_each_call(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	make_calls(t, arena, UINT64_MAX, UINT64_MAX);
}

static void skip_a_call(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	make_calls(t, arena, (uint64_t)arena_param(arena, CROSS_SUBMIT_CALLS) - 1, UINT64_MAX);
}

static void mix_up_a_call(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	make_calls(t, arena, UINT64_MAX, 7);
}

/* ---- one pass, in processes like a trial's ---- */

struct cheat {
	const char *workload, *settings[4];
	task_fn *bodies[WORKLOAD_ROLES_MAX]; /* NULL: the workload's own */
	const char *reason;                  /* part of it; NULL: the receipt holds */
};

static struct arena *arena_for(const struct cell *cell)
{
	int64_t numbers[ARENA_PARAMS_MAX];
	struct arena_sizing sizing;
	struct arena *arena;

	cell_numbers(cell, numbers);
	sizing = cell->workload->sizing(numbers, ROUNDS);
	arena =
		mmap(NULL, arena_size(&sizing), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(arena, MAP_FAILED);
	arena_init(arena, &sizing);
	memcpy(arena->params, numbers, sizeof(numbers));
	arena->pass = ARENA_PASS_THROUGHPUT;
	arena->rounds = ROUNDS;
	return arena;
}

/* Starts a role in a process of its own. */
static pid_t role_start(const struct cell *cell, struct arena *arena, int role,
						const struct backend_body *body, const struct folder *folder)
{
	struct backend_config config = cell_config(cell, role, arena);
	const struct backend *backend = cell->roles[role].backend;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (folder->path[0] && chdir(folder->path))
			_exit(2);
		if (backend->prepare && backend->prepare(&config))
			_exit(2);
		_exit(backend->run(&config, body) != 0);
	}
	return pid;
}

static void roles_run(const struct cell *cell, struct arena *arena, const struct cheat *cheat)
{
	struct folder folder = {.path = ""};
	pid_t pids[WORKLOAD_ROLES_MAX];

	if (cell->workload->wants_folder)
		assert_int_equal(folder_make(&folder), 0);
	for (int i = 0; i < cell->workload->n_roles; i++) {
		const struct workload_role *role = &cell->workload->roles[i];
		struct backend_body body = {.task = cheat->bodies[i] ? cheat->bodies[i] : role->task,
									.fd = -1};

		if (role->listens) {
			body.fd = net_listen(cell->roles[i].backend->nonblocking);
			assert_true(body.fd >= 0);
			atomic_store(&arena->port, (uint32_t)net_port(body.fd));
		}
		pids[i] = role_start(cell, arena, i, &body, &folder);
		if (body.fd >= 0)
			close(body.fd);
	}
	for (int i = 0; i < cell->workload->n_roles; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	folder_remove(&folder);
}

static void expect_receipt(const struct cell *cell, const struct arena *arena, const char *expected)
{
	const struct receipt_order order = {
		.workload = cell->workload,
		.params = arena->params,
		.rounds = ROUNDS,
	};
	char reason[RESULT_TEXT_MAX] = "";
	struct receipt receipt;
	int rc = receipt_take(&order, arena, &receipt, reason, sizeof(reason));

	assert_string_equal(arena->reason, "");
	if (rc != (expected ? -EBADMSG : 0) || (expected && !strstr(reason, expected)))
		fail_msg("%s on %s: %d, \"%s\"", cell->workload->name, cell->roles[0].backend->name, rc,
				 reason);
}

/* On coroutines and on threads, on all sides. */
static void run_cheat(const struct cheat *cheat)
{
	struct planned words = {
		.workloads = cheat->workload, .backends = "coro,thread", .repetitions = 1};
	struct plan plan;

	memcpy(words.settings, cheat->settings, sizeof(cheat->settings));
	plan = planned(&words);
	assert_int_equal(plan.n_cells, 2);
	for (size_t i = 0; i < plan.n_cells; i++) {
		struct arena *arena = arena_for(&plan.cells[i]);

		roles_run(&plan.cells[i], arena, cheat);
		expect_receipt(&plan.cells[i], arena, cheat->reason);
		munmap(arena, arena->size);
	}
	plan_release(&plan);
}

/* ---- the tests ---- */

#define NAPS                   \
	"sleep_fanout",            \
	{                          \
		"tasks=5", "sleep=2ms" \
	}
#define NAPS_TO_ONE_DEADLINE                        \
	"sleep_fanout",                                 \
	{                                               \
		"tasks=5", "sleep=250ms", "deadline=common" \
	}
#define LONG_NAPS              \
	"sleep_fanout",            \
	{                          \
		"tasks=5", "sleep=10s" \
	}
#define VALUES                      \
	"fib_generators",               \
	{                               \
		"generators=1", "values=50" \
	}
#define MESSAGES_OF_64                                           \
	"tcp_echo",                                                  \
	{                                                            \
		"conns=1", "client=self", "duration=100ms", "warmup=1ms" \
	}
#define JOBS                  \
	"pool_dispatch",          \
	{                         \
		"jobs=20", "work=1us" \
	}
#define LONG_JOBS            \
	"pool_dispatch",         \
	{                        \
		"jobs=20", "work=1s" \
	}

#define ITEMS                                \
	"pipeline",                              \
	{                                        \
		"items=20", "sleep=0", "mode=gather" \
	}
#define ITEMS_THAT_WAIT                        \
	"pipeline",                                \
	{                                          \
		"items=20", "sleep=10s", "mode=stream" \
	}

#define FILES                                          \
	"file_read",                                       \
	{                                                  \
		"reads=20", "files=3", "inflight=2", "io=auto" \
	}

#define CALLS                    \
	"cross_submit",              \
	{                            \
		"calls=20", "inflight=2" \
	}

static void honest_bodies_pass(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){NAPS, {NULL}, NULL});
	run_cheat(&(struct cheat){NAPS_TO_ONE_DEADLINE, {NULL}, NULL});
	run_cheat(&(struct cheat){VALUES, {NULL}, NULL});
	run_cheat(&(struct cheat){VALUES, {skip_no_value}, NULL});
	run_cheat(&(struct cheat){MESSAGES_OF_64, {NULL}, NULL});
	run_cheat(&(struct cheat){MESSAGES_OF_64, {NULL, send_whole}, NULL});
	run_cheat(&(struct cheat){JOBS, {NULL}, NULL});
	run_cheat(&(struct cheat){JOBS, {do_each_job}, NULL});
	run_cheat(&(struct cheat){CALLS, {NULL}, NULL});
	run_cheat(&(struct cheat){CALLS, {make_each_call}, NULL});
	run_cheat(&(struct cheat){ITEMS, {NULL}, NULL});
	run_cheat(&(struct cheat){ITEMS, {rush}, NULL});
	run_cheat(&(struct cheat){FILES, {NULL}, NULL});
}

static void a_sleeper_that_was_never_started_is_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){NAPS, {skip_a_sleeper}, "a round had 4 operations, 5 expected"});
}

static void sleepers_that_do_not_sleep_are_found_by_the_common_deadline(void **state)
{
	(void)state;
	run_cheat(
		&(struct cheat){NAPS_TO_ONE_DEADLINE, {skip_the_sleep}, "1 tasks were alive at once"});
}

static void sleepers_that_do_not_sleep_are_found_by_the_time_they_took(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){LONG_NAPS, {skip_the_sleep}, "in less than half the time"});
}

static void a_value_that_was_never_pulled_is_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){VALUES, {skip_a_value}, "the digest is "});
}

static void bytes_that_were_never_sent_are_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){
		MESSAGES_OF_64, {NULL, send_half}, "640 bytes at the server, 1280 at the client"});
}

static void an_echo_of_something_else_is_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){MESSAGES_OF_64, {answer_anything}, "operations failed"});
}

static void a_job_done_twice_for_another_is_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){JOBS, {do_a_job_twice}, "the digest is "});
}

static void jobs_without_their_work_are_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){LONG_JOBS, {skip_the_work}, "in less than half the time"});
}

static void items_that_do_not_wait_are_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){ITEMS_THAT_WAIT, {rush}, "in less than half the time"});
}

static void a_stage_left_out_is_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){ITEMS, {leave_out_a_stage}, "the digest is "});
}

static void a_file_that_was_never_read_is_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){FILES, {read_the_first_file}, "the digest is "});
	run_cheat(&(struct cheat){FILES, {read_nothing}, "the digest is "});
}

static void a_call_that_was_never_made_is_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){CALLS, {skip_a_call}, "a round had 19 operations"});
}

static void a_result_of_another_call_is_found(void **state)
{
	(void)state;
	run_cheat(&(struct cheat){CALLS, {mix_up_a_call}, "the digest is "});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_bodies_pass),
		cmocka_unit_test(a_sleeper_that_was_never_started_is_found),
		cmocka_unit_test(sleepers_that_do_not_sleep_are_found_by_the_common_deadline),
		cmocka_unit_test(sleepers_that_do_not_sleep_are_found_by_the_time_they_took),
		cmocka_unit_test(a_value_that_was_never_pulled_is_found),
		cmocka_unit_test(bytes_that_were_never_sent_are_found),
		cmocka_unit_test(an_echo_of_something_else_is_found),
		cmocka_unit_test(a_job_done_twice_for_another_is_found),
		cmocka_unit_test(jobs_without_their_work_are_found),
		cmocka_unit_test(a_call_that_was_never_made_is_found),
		cmocka_unit_test(a_result_of_another_call_is_found),
		cmocka_unit_test(items_that_do_not_wait_are_found),
		cmocka_unit_test(a_stage_left_out_is_found),
		cmocka_unit_test(a_file_that_was_never_read_is_found),
	};

	alarm(DEADLINE_S); /* a body that hangs is a failure too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
