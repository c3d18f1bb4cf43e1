// SPDX-License-Identifier: MIT
/*
 * A backend: one concurrency model. One row of src/backends.c each, one file in src/backend/.
 */
#ifndef CONCBENCH_BACKEND_H
#define CONCBENCH_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "param.h"
#include "task.h"

enum { BACKEND_OPTIONS_MAX = 8 };

/* Which body of a role a backend runs. */
enum backend_style {
	BACKEND_TASK,
	BACKEND_EVENT,
	BACKEND_CALL,
	BACKEND_FOREIGN, /* a program that is not ours; no body at all */
};

/* What a hand-over between two of its tasks is made of; the machine's limit depends on it. */
enum backend_carrier {
	BACKEND_CARRIER_CALL,
	BACKEND_CARRIER_CALLBACK,
	BACKEND_CARRIER_SWITCH,
	BACKEND_CARRIER_THREAD,
	BACKEND_CARRIER_PROCESS,
	BACKEND_CARRIER_UNKNOWN, /* a program that is not ours */
};

/* The most that its queues held at a time, from the start of the body to its end. */
struct backend_depths {
	bool known;
	uint32_t ready_max;  /* tasks, or callbacks, that could run and waited for their turn */
	uint32_t timers_max; /* deadlines that were pending */
};

/* What a backend is told before the gate. */
struct backend_config {
	int64_t options[BACKEND_OPTIONS_MAX]; /* the numbers of its options, in the table's order */
	size_t stack_bytes;                   /* that the role's task body needs */
	uint32_t tasks_max; /* tasks or generators alive at a time, root not counted */
	struct arena *arena;
	struct spread *spread;         /* gives each task its CPU; NULL: they stay where the root is */
	struct backend_depths *depths; /* filled in at the end of run by one that has queues; or NULL */
};

/* The body to run: the member for the backend's style. */
struct backend_body {
	task_fn *task;
	event_fn *event;
	int (*call)(struct arena *arena);
	int fd; /* the listening socket, or -1; it moves into the body */
};

/* What one task takes of things that run out, and what the backend takes once. */
struct backend_demand {
	uint32_t pids_per_task;
	uint32_t maps_per_task; /* memory mappings (vm.max_map_count) */
	uint32_t fds_per_task;  /* besides those of the workload */
	uint32_t fds_fixed;
	uint64_t bytes_per_task; /* memory, the kernel's share included */
};

struct backend {
	const char *name;
	const char *summary;
	enum backend_style style;
	enum backend_carrier carrier;
	const struct param_row *options; /* NULL: none */
	const struct task_ops *task;     /* for BACKEND_TASK */
	bool forks;                      /* its tasks and generators are processes */
	bool nonblocking;                /* wants its listening socket non-blocking */

	/* Why this configuration cannot run here, in one line (static or in config); NULL: it can. */
	const char *(*unavailable)(const struct backend_config *config);
	struct backend_demand (*demand)(const struct backend_config *config);
	/* Before the gate: reserves address space, touches nothing a task would touch. 0 or -errno. */
	int (*prepare)(const struct backend_config *config);
	/* After the gate: runs the body; returns when all its tasks have ended. 0 or -errno. */
	int (*run)(const struct backend_config *config, const struct backend_body *body);
	/* How stacks are protected ("mprotect", "canary", ...); NULL: the backend has none of its own.
	 */
	const char *(*guard)(void);
};

extern const struct backend *const backends[];
extern const size_t n_backends;

/* The backend called `name` (`len` bytes), or NULL. */
const struct backend *backend_find(const char *name, size_t len);

#endif
