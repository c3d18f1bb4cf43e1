// SPDX-License-Identifier: MIT
/*
 * One pass of a trial: fresh processes that do one cell's work once, from the arena to the last
 * reaped process. A trial is made of up to four kinds of passes (enum arena_pass).
 *
 *   driver                                   role processes, one process group
 *   ------                                   ---------------------------------
 *   memfd: page + arena          --fd 3-->   map it, CPU placement, timer slack
 *   report pipe                  --fd 4-->   backend reserves, socket listens; 'r'
 *   all ready: noise, open gate  --futex->   probe, body runs ... window ... 'c'
 *   noise, usage at the window's ends        (planned windows: 'p' long before)
 *   reap all, or kill at the deadline        _exit
 */
#ifndef CONCBENCH_PASS_H
#define CONCBENCH_PASS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "backend.h"
#include "cell.h"
#include "folder.h"
#include "noise.h"
#include "result.h"
#include "workload.h"

enum {
	PASS_ARENA_FD = 3,
	PASS_REPORT_FD = 4,
	PASS_FDS_FROM = 16, /* what is handed to a role lies above what it becomes there */
	PASS_PAGE = 4096,
	PASS_EXIT_UNSUPPORTED = 3, /* exit code of a role: arena.reason says why it cannot run */
};

/* What one role process has to be. */
struct pass_role {
	char backend[32];
	char foreign[PARAM_TEXT_MAX]; /* path of a foreign program, else "" */
	int64_t options[BACKEND_OPTIONS_MAX];
	uint32_t tasks_max;
	int cpu;     /* -1: as the scheduler likes */
	bool spread; /* each of its tasks on the next CPU (spread.h) */
};

/* The first page of the memfd; the arena follows. */
struct pass_page {
	char workload[64];
	struct pass_role roles[WORKLOAD_ROLES_MAX];
	char folder[FOLDER_PATH_MAX]; /* the roles' working directory; "": the driver's own */
	pid_t driver;
	/* Written by role 0. */
	double probe_ns; /* mean of one probe before and one after the work */
	char guard[32];
	struct backend_depths depths;
};

struct pass_spec {
	const struct cell *cell;
	enum arena_pass kind;
	uint64_t rounds, batch;
	const char *param;  /* one that has `value` instead of the cell's; NULL: none */
	int64_t value;      /* likewise */
	int64_t window_ns;  /* that a calibrating pass fills; 0: the cell's */
	bool unsampled;     /* the throughput pass takes no latency samples either */
	int64_t timeout_ns; /* from the start of the first process */
};

struct pass_outcome {
	enum result_status status; /* ok, unsupported, failed, timeout or interrupted */
	char reason[RESULT_TEXT_MAX];
	struct pass_page *page; /* the mapping, of `bytes` */
	struct arena *arena;
	size_t bytes;
	int64_t params[ARENA_PARAMS_MAX]; /* as this pass had them */
	struct noise_sample noise[2];     /* at the two ends of the window */
	/*
	 * What was used between noise[0] and noise[1], as seen from outside. Planned windows: by each
	 * role. Watched ones: by the descendants of the role that still live.
	 */
	struct arena_usage usage[WORKLOAD_ROLES_MAX];
	/* Memory pass: of all role processes, and what the kernel took since the gate. */
	int64_t user_bytes, kernel_bytes;
};

/*
 * Runs the pass. Everything that goes wrong inside it is in outcome->status and reason. Returns 0,
 * or -errno when it could not even be started. After either, release the outcome.
 */
int pass_run(const struct pass_spec *spec, struct noise_reader *noise,
			 struct pass_outcome *outcome);

void pass_release(struct pass_outcome *outcome);

#endif
