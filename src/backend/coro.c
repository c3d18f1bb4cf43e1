// SPDX-License-Identifier: MIT
/*
 * The coro backend: stackful coroutines on one OS thread, scheduled over libev. Here are its
 * options, what it needs of the machine, and the run from set-up to release; coro.h says where
 * the rest is.
 */
#include "coro.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "coro_chan.h"
#include "coro_file.h"
#include "coro_gen.h"
#include "coro_io.h"
#include "coro_post.h"
#include "coro_switch.h"
#include "postbox.h"

enum coro_option { CORO_OPTION_SWITCH, CORO_OPTION_STACK, CORO_OPTION_STACK_SIZE };
enum coro_switch_choice { CORO_SWITCH_ASM, CORO_SWITCH_UCONTEXT, CORO_SWITCH_BOOST };

enum {
	CORO_OWN_BYTES = 16 << 10,
	CORO_DENSE_BYTES = 1 << 10,
	CORO_LARGE_BYTES = 64 << 10, /* of the root's, and of the one for stack=copy */
	CORO_SPARE = 64,             /* tasks that end may overlap with others that begin */
	CORO_COPY_BLOCK_BYTES = 160, /* what a sleeper's live part takes */
};

static const struct param_row coro_options[] = {
	[CORO_OPTION_SWITCH] = {"switch", PARAM_CHOICE, "asm", 0, 0, "asm|ucontext|boost",
							"how to go from one stack to another"},
	[CORO_OPTION_STACK] = {"stack", PARAM_CHOICE, "own", 0, 0, "own|dense|copy",
						   "pages of its own, small ones side by side, or one that is copied"},
	[CORO_OPTION_STACK_SIZE] = {"stack_size", PARAM_BYTES, "0", 0, 64 << 20, NULL,
								"bytes a stack; 0: own 16KiB, dense 1KiB, copy 64KiB"},
	{0},
};

struct coro_runtime coro_rt;

static const struct task_ops coro_ops = {
	.spawn = coro_spawn,
	.join = coro_join,
	.sleep_until = coro_sleep_until,
	.yield = coro_yield,
	.accept = coro_accept,
	.connect = coro_connect,
	.read = coro_read,
	.write = coro_write,
	.close = coro_close,
	.read_timeout = coro_read_timeout,
	.file_read = coro_file_read,
	.gen_open = coro_gen_open,
	.gen_next = coro_plain_gen_next,
	.gen_yield = coro_plain_gen_yield,
	.gen_close = coro_gen_close,
	.chan_open = coro_chan_open,
	.chan_put = coro_chan_put,
	.chan_get = coro_chan_get,
	.chan_close = coro_chan_close,
	.chan_free = coro_chan_free,
	.lock_open = coro_lock_open,
	.lock_acquire = coro_lock_acquire,
	.lock_release = coro_lock_release,
	.lock_free = coro_lock_free,
	.post_open = coro_post_open,
	.post_next = coro_post_next,
	.post_reply = postbox_reply,
	.post_close = coro_post_close,
};

static const struct coro_switch *coro_switch_of(const struct backend_config *config)
{
	const struct coro_switch *const kinds[] = {
		[CORO_SWITCH_ASM] = coro_switch_asm,
		[CORO_SWITCH_UCONTEXT] = coro_switch_ucontext,
		[CORO_SWITCH_BOOST] = coro_switch_boost,
	};

	return kinds[config->options[CORO_OPTION_SWITCH]];
}

/* The size of a task's stack that a user asks for. */
static size_t coro_stack_bytes(const struct backend_config *config)
{
	static const size_t fallbacks[] = {
		[CORO_STACK_OWN] = CORO_OWN_BYTES,
		[CORO_STACK_DENSE] = CORO_DENSE_BYTES,
		[CORO_STACK_COPY] = CORO_LARGE_BYTES,
	};
	int64_t asked = config->options[CORO_OPTION_STACK_SIZE];

	return asked ? (size_t)asked : fallbacks[config->options[CORO_OPTION_STACK]];
}

static struct coro_stack_plan coro_plan(const struct backend_config *config)
{
	enum coro_stack_choice stack = (enum coro_stack_choice)config->options[CORO_OPTION_STACK];
	const struct coro_switch *sw = coro_switch_of(config);
	size_t bytes = coro_stack_bytes(config);
	struct coro_stack_plan plan = {
		.dense = stack == CORO_STACK_DENSE,
		.size = stack == CORO_STACK_COPY ? CORO_OWN_BYTES : bytes,
		.large_size =
			bytes > CORO_LARGE_BYTES || stack == CORO_STACK_COPY ? bytes : CORO_LARGE_BYTES,
		.page = (size_t)sysconf(_SC_PAGESIZE),
		.count = config->tasks_max + CORO_SPARE,
	};

	plan.size = (plan.size + (sw ? sw->stack_bytes : 0)) * CORO_STACK_SCALE;
	plan.large_size = (plan.large_size + config->stack_bytes) * CORO_STACK_SCALE;
	return plan;
}

static const char *coro_unavailable(const struct backend_config *config)
{
	static char reason[PARAM_ERROR_MAX];
	const struct coro_switch *sw = coro_switch_of(config);
	bool copy = config->options[CORO_OPTION_STACK] == CORO_STACK_COPY;
	size_t bytes = coro_stack_bytes(config);

	if (!sw)
		return config->options[CORO_OPTION_SWITCH] == CORO_SWITCH_BOOST
				   ? "switch=boost: Boost.Context was not there at build time"
				   : "switch=asm: no assembly for this architecture, use switch=ucontext";
	if (copy && (CORO_SAN || RUNNING_ON_VALGRIND))
		return "stack=copy: sanitizers and valgrind cannot follow copied stacks";
	if (copy && sw != coro_switch_asm)
		return "stack=copy: only with switch=asm";
	if (bytes >= config->stack_bytes)
		return NULL;
	snprintf(reason, sizeof(reason), "stack_size: %zu is too small, this role needs %zu", bytes,
			 config->stack_bytes);
	return reason;
}

static struct backend_demand coro_demand(const struct backend_config *config)
{
	struct coro_stack_plan plan = coro_plan(config);
	struct backend_demand demand = {
		.fds_fixed =
			7, /* epoll, a timerfd, a pidfd, two that libev may open, two for reading files */
		.bytes_per_task = sizeof(struct coro) + sizeof(struct timerq_entry),
	};

	switch ((enum coro_stack_choice)config->options[CORO_OPTION_STACK]) {
	case CORO_STACK_OWN:
		/* Whole pages below a top that is lowered by up to 2 KiB, and a share of page tables. */
		demand.bytes_per_task +=
			(config->stack_bytes + 2048 + plan.page - 1) / plan.page * plan.page + 64;
		if (coro_stack_guard(&plan) == CORO_GUARD_MPROTECT)
			demand.maps_per_task = 2;
		break;
	case CORO_STACK_DENSE:
		demand.bytes_per_task += coro_stack_stride(&plan);
		break;
	case CORO_STACK_COPY:
		demand.bytes_per_task += CORO_COPY_BLOCK_BYTES;
		break;
	}
	return demand;
}

static void coro_release(void)
{
	coro_file_release();
	if (coro_rt.loop)
		ev_loop_destroy(coro_rt.loop);
	coro_rt.loop = NULL;
	coro_copy_release(&coro_rt.copy);
	coro_stacks_release(&coro_rt.stacks);
	coro_io_release();
	if (coro_rt.coros)
		munmap(coro_rt.coros, coro_rt.capacity * sizeof(struct coro));
	coro_rt.coros = NULL;
}

static int coro_reserve(const struct coro_stack_plan *plan)
{
	int error;

	coro_rt.coros = coro_map(coro_rt.capacity * sizeof(struct coro), 0);
	if (!coro_rt.coros)
		return -ENOMEM;
	error = coro_io_reserve();
	if (!error)
		error = coro_file_reserve();
	if (!error)
		error = coro_stacks_reserve(&coro_rt.stacks, plan);
	if (!error && coro_rt.stack == CORO_STACK_COPY) {
		struct coro_stack run = coro_stack_large(&coro_rt.stacks);

		error = coro_copy_reserve(&coro_rt.copy, run.top, run.size, coro_rt.capacity);
	}
	return error;
}

static int coro_prepare(const struct backend_config *config)
{
	struct coro_stack_plan plan = coro_plan(config);
	int error;

	coro_release();
	coro_rt = (struct coro_runtime){
		.sw = coro_switch_of(config),
		.stack = (enum coro_stack_choice)config->options[CORO_OPTION_STACK],
		.capacity = CORO_FIRST + config->tasks_max + CORO_SPARE,
		.arena = config->arena,
		.spread = config->spread,
		.ops = coro_ops,
	};
	coro_rt.swap = coro_rt.sw->swap;
	coro_rt.wait = coro_rt.sw->wait;
	coro_rt.ops.gen_next =
		coro_rt.stack == CORO_STACK_COPY ? coro_copy_gen_next : coro_rt.sw->gen_next;
	coro_rt.ops.gen_yield = coro_rt.sw->gen_yield;
	plan.count = coro_rt.capacity;
	error = coro_reserve(&plan);
	if (!error) {
		coro_rt.loop = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
		error = coro_rt.loop ? 0 : -ENOMEM;
	}
	if (error)
		coro_release();
	return error;
}

/*
 * A signal frame alone is larger than a small stack (12 KB with AVX-512), so signals that somebody
 * may handle are kept away; those that end the process by default need no stack.
 */
static void coro_block_signals(sigset_t *before)
{
	static const int kept[] = {SIGSEGV, SIGBUS, SIGFPE,  SIGILL, SIGTRAP, SIGABRT,
							   SIGSYS,  SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t blocked;

	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		sigdelset(&blocked, kept[i]);
	sigprocmask(SIG_SETMASK, &blocked, before);
}

static int coro_run(const struct backend_config *config, const struct backend_body *body)
{
	sigset_t before;
	int error;

	coro_block_signals(&before);
	error = coro_schedule(body->task, body->fd);
	coro_post_release();
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (config->depths)
		*config->depths = (struct backend_depths){
			.known = true,
			.ready_max = coro_rt.behind_max + 1, /* the root was ready */
			.timers_max = coro_rt.timers.length_max,
		};
	coro_release();
	return error;
}

static const char *coro_guard(void)
{
	/* With one stack for all, what protects it is the guard page below it. */
	if (coro_rt.stack == CORO_STACK_COPY)
		return coro_stack_guard_name(CORO_GUARD_MPROTECT);
	return coro_stack_guard_name(coro_rt.stacks.guard);
}

const struct backend coro_backend = {
	.name = "coro",
	.summary = "stackful coroutines on one thread, over libev",
	.style = BACKEND_TASK,
	.carrier = BACKEND_CARRIER_SWITCH,
	.options = coro_options,
	.task = &coro_ops,
	.nonblocking = true,
	.unavailable = coro_unavailable,
	.demand = coro_demand,
	.prepare = coro_prepare,
	.run = coro_run,
	.guard = coro_guard,
};
