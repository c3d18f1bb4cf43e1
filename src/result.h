// SPDX-License-Identifier: MIT
/*
 * One trial's result: one CSV row (schema 1). results/README.md says what each column means.
 *
 * The struct's fields bear the columns' names. A figure that was not measured is RESULT_NONE (or
 * NAN, or an empty text) and becomes an empty field, never 0.
 */
#ifndef CONCBENCH_RESULT_H
#define CONCBENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>

struct hist;

#define RESULT_NONE INT64_MIN

enum { RESULT_SCHEMA = 1, RESULT_TEXT_MAX = 256, RESULT_PARAMS_MAX = 768 };

enum result_status {
	RESULT_OK,
	RESULT_UNSUPPORTED, /* this backend cannot do it, or not here; `reason` says why */
	RESULT_LIMITED,     /* the machine does not allow this many; `reason` names the limit */
	RESULT_INVALID,     /* the receipt does not hold */
	RESULT_FAILED,
	RESULT_TIMEOUT,
	RESULT_INTERRUPTED,
};

struct result {
	/* identity */
	int64_t schema;
	char run_id[40];
	char started_utc[32];
	char label[RESULT_TEXT_MAX];
	char tool_version[32];
	char commit[48];
	char build_id[48];
	int64_t seq, planned;
	char pair_id[48];
	char side[4];
	char workload[64];
	int64_t workload_version;
	char backend[64];
	char variant[RESULT_TEXT_MAX];
	char params[RESULT_PARAMS_MAX];
	int64_t rep;
	/* outcome */
	enum result_status status;
	char reason[RESULT_TEXT_MAX];
	/* receipt */
	int64_t tasks, tasks_peak, rounds, ops, bytes, errors;
	char digest[24]; /* 16 hexadecimal digits */
	/* time */
	int64_t wall_ns;
	double throughput_ops_per_s, spawn_ns_per_task, drain_ns_per_task;
	int64_t cpu_user_ns, cpu_sys_ns;
	double cpu_ns_per_op;
	int64_t client_cpu_ns, client_bound;
	/* latency */
	char lat_kind[32];
	int64_t lat_count, lat_batch, lat_early, lat_dropped;
	/* Times of one operation; reals, because a batch of 2.3 ns operations is not one of 2 ns. */
	double lat_min_ns, lat_mean_ns;
	double lat_p50_ns, lat_p90_ns, lat_p99_ns, lat_p999_ns, lat_p9999_ns;
	double lat_max_ns;
	/* cost */
	int64_t ctxsw_voluntary, ctxsw_involuntary, faults_minor;
	double mem_bytes_per_task;
	int64_t max_rss_bytes;
	char guard[32];
	/* noise */
	int64_t psi_cpu_some_ns, steal_ns, throttled_ns, foreign_cpu_ns;
	double probe_ns;
	int64_t noisy;
	/* environment */
	char host_id[32];
	char cpu_model[128];
	int64_t cpus;
	char kernel[128];
	char virt[64];
	char governor[32];
	char compiler[64];
	char cflags[RESULT_TEXT_MAX];
	char libev[16];
	char clock[32];
	double clock_cost_ns;
	int64_t timer_slack_ns;
	int64_t seed;
	/* Columns that were added later stand behind all others. */
	double limit_ns_per_op;
	/* open loop */
	int64_t late, backlog_end;
	double achieved_ratio;
	int64_t svc_count;
	double svc_mean_ns, svc_p50_ns, svc_p90_ns, svc_p99_ns, svc_p999_ns, svc_max_ns;
	double speedup; /* against one of the workload's speedup_param */
	int64_t ready_max, timers_max;
};

enum result_kind {
	RESULT_INTEGER, /* int64_t >= 0; RESULT_NONE is empty */
	RESULT_REAL,    /* double >= 0; NAN is empty; written with up to 6 decimals */
	RESULT_TEXT,    /* char[size] */
	RESULT_STATUS,  /* enum result_status, by its word */
};

enum result_flags {
	RESULT_REQUIRED = 1, /* the column is in every file */
	RESULT_FILLED = 2,   /* and its field is never empty */
};

/* One column: its name, and where it lies in struct result. */
struct result_column {
	const char *name;
	enum result_kind kind;
	size_t offset;
	size_t size; /* of a text */
	unsigned flags;
};

/* All columns, in the order of the file. */
extern const struct result_column result_columns[];
extern const size_t n_result_columns;

/* The column called `name` (`len` bytes), or NULL. */
const struct result_column *result_column_find(const char *name, size_t len);

/* Sets every field to "not measured", `schema` to the present one and `status` to RESULT_OK. */
void result_init(struct result *result);

/*
 * Sets the latency figures from a histogram of samples that are the times of `batch` (>= 1)
 * operations each: lat_count, lat_batch and the times of one operation. A percentile stays empty
 * where fewer than HIST_BEYOND_MIN samples lie beyond it; without samples only the counts are set.
 * lat_kind, lat_early and lat_dropped are the caller's.
 */
void result_set_latency(struct result *result, const struct hist *hist, int64_t batch);

/* Likewise the service times' figures; they are never batched. */
void result_set_service(struct result *result, const struct hist *hist);

/* "ok", "unsupported", ... */
const char *result_status_word(enum result_status status);

/* The status of a word (`len` bytes): 0, or -EINVAL. */
int result_status_parse(const char *word, size_t len, enum result_status *status);

#endif
