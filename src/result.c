// SPDX-License-Identifier: MIT
/*
 * The columns of the CSV, in the order of schema 1. New ones are only ever appended.
 */
#include "result.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hist.h"

/* clang-format off */

/* A column is called as its field is. */
#define FIELD(field, kind, flags) \
	{#field, kind, offsetof(struct result, field), sizeof(((struct result *)0)->field), flags}
#define INTEGER(field) FIELD(field, RESULT_INTEGER, 0)
#define REAL(field) FIELD(field, RESULT_REAL, 0)
#define TEXT(field) FIELD(field, RESULT_TEXT, 0)
/* What says which run and which cell a row belongs to, and whether it counts. */
#define KEY(field, kind) FIELD(field, kind, RESULT_REQUIRED | RESULT_FILLED)

const struct result_column result_columns[] = {
	/* identity */
	KEY(schema, RESULT_INTEGER),
	KEY(run_id, RESULT_TEXT),
	TEXT(started_utc),
	TEXT(label),
	TEXT(tool_version),
	TEXT(commit),
	TEXT(build_id),
	KEY(seq, RESULT_INTEGER),
	KEY(planned, RESULT_INTEGER),
	TEXT(pair_id),
	TEXT(side),
	KEY(workload, RESULT_TEXT),
	KEY(workload_version, RESULT_INTEGER),
	KEY(backend, RESULT_TEXT),
	FIELD(variant, RESULT_TEXT, RESULT_REQUIRED), /* empty for a backend without options */
	FIELD(params, RESULT_TEXT, RESULT_REQUIRED),
	KEY(rep, RESULT_INTEGER),
	/* outcome */
	KEY(status, RESULT_STATUS),
	TEXT(reason),
	/* receipt */
	INTEGER(tasks),
	INTEGER(tasks_peak),
	INTEGER(rounds),
	INTEGER(ops),
	INTEGER(bytes),
	INTEGER(errors),
	TEXT(digest),
	/* time */
	INTEGER(wall_ns),
	REAL(throughput_ops_per_s),
	REAL(spawn_ns_per_task),
	REAL(drain_ns_per_task),
	INTEGER(cpu_user_ns),
	INTEGER(cpu_sys_ns),
	REAL(cpu_ns_per_op),
	INTEGER(client_cpu_ns),
	INTEGER(client_bound),
	/* latency */
	TEXT(lat_kind),
	INTEGER(lat_count),
	INTEGER(lat_batch),
	INTEGER(lat_early),
	INTEGER(lat_dropped),
	REAL(lat_min_ns),
	REAL(lat_mean_ns),
	REAL(lat_p50_ns),
	REAL(lat_p90_ns),
	REAL(lat_p99_ns),
	REAL(lat_p999_ns),
	REAL(lat_p9999_ns),
	REAL(lat_max_ns),
	/* cost */
	INTEGER(ctxsw_voluntary),
	INTEGER(ctxsw_involuntary),
	INTEGER(faults_minor),
	REAL(mem_bytes_per_task),
	INTEGER(max_rss_bytes),
	TEXT(guard),
	/* noise */
	INTEGER(psi_cpu_some_ns),
	INTEGER(steal_ns),
	INTEGER(throttled_ns),
	INTEGER(foreign_cpu_ns),
	REAL(probe_ns),
	INTEGER(noisy),
	/* environment */
	TEXT(host_id),
	TEXT(cpu_model),
	INTEGER(cpus),
	TEXT(kernel),
	TEXT(virt),
	TEXT(governor),
	TEXT(compiler),
	TEXT(cflags),
	TEXT(libev),
	TEXT(clock),
	REAL(clock_cost_ns),
	INTEGER(timer_slack_ns),
	INTEGER(seed),
	REAL(limit_ns_per_op),
	INTEGER(late),
	INTEGER(backlog_end),
	REAL(achieved_ratio),
	INTEGER(svc_count),
	REAL(svc_mean_ns),
	REAL(svc_p50_ns),
	REAL(svc_p90_ns),
	REAL(svc_p99_ns),
	REAL(svc_p999_ns),
	REAL(svc_max_ns),
	REAL(speedup),
	INTEGER(ready_max),
	INTEGER(timers_max),
};
/* clang-format on */

const size_t n_result_columns = sizeof(result_columns) / sizeof(result_columns[0]);

static const char *const status_words[] = {
	[RESULT_OK] = "ok",
	[RESULT_UNSUPPORTED] = "unsupported",
	[RESULT_LIMITED] = "limited",
	[RESULT_INVALID] = "invalid",
	[RESULT_FAILED] = "failed",
	[RESULT_TIMEOUT] = "timeout",
	[RESULT_INTERRUPTED] = "interrupted",
};
static const size_t n_status_words = sizeof(status_words) / sizeof(status_words[0]);

const struct result_column *result_column_find(const char *name, size_t len)
{
	for (size_t i = 0; i < n_result_columns; i++)
		if (strlen(result_columns[i].name) == len && memcmp(result_columns[i].name, name, len) == 0)
			return &result_columns[i];
	return NULL;
}

void result_init(struct result *result)
{
	memset(result, 0, sizeof(*result));
	for (size_t i = 0; i < n_result_columns; i++) {
		char *field = (char *)result + result_columns[i].offset;

		if (result_columns[i].kind == RESULT_INTEGER)
			memcpy(field, &(int64_t){RESULT_NONE}, sizeof(int64_t));
		else if (result_columns[i].kind == RESULT_REAL)
			memcpy(field, &(double){NAN}, sizeof(double));
	}
	result->schema = RESULT_SCHEMA;
	result->status = RESULT_OK;
}

/* A percentile, in ns of one of the `operations` that a sample is made of; NAN: not reportable. */
static double result_percentile(const struct hist *hist, double percent, double operations)
{
	int64_t ns = hist_percentile_reportable(hist, percent);

	return ns == HIST_NONE ? NAN : (double)ns / operations;
}

void result_set_latency(struct result *result, const struct hist *hist, int64_t batch)
{
	double operations = (double)batch;

	result->lat_count = hist->count;
	result->lat_batch = batch;
	if (hist->count == 0)
		return;
	result->lat_min_ns = (double)hist->min_ns / operations;
	result->lat_mean_ns = hist_mean(hist) / operations;
	result->lat_max_ns = (double)hist->max_ns / operations;
	result->lat_p50_ns = result_percentile(hist, 50, operations);
	result->lat_p90_ns = result_percentile(hist, 90, operations);
	result->lat_p99_ns = result_percentile(hist, 99, operations);
	result->lat_p999_ns = result_percentile(hist, 99.9, operations);
	result->lat_p9999_ns = result_percentile(hist, 99.99, operations);
}

void result_set_service(struct result *result, const struct hist *hist)
{
	result->svc_count = hist->count;
	if (hist->count == 0)
		return;
	result->svc_mean_ns = hist_mean(hist);
	result->svc_max_ns = (double)hist->max_ns;
	result->svc_p50_ns = result_percentile(hist, 50, 1);
	result->svc_p90_ns = result_percentile(hist, 90, 1);
	result->svc_p99_ns = result_percentile(hist, 99, 1);
	result->svc_p999_ns = result_percentile(hist, 99.9, 1);
}

const char *result_status_word(enum result_status status)
{
	return status_words[status];
}

int result_status_parse(const char *word, size_t len, enum result_status *status)
{
	for (size_t i = 0; i < n_status_words; i++) {
		if (strlen(status_words[i]) == len && memcmp(status_words[i], word, len) == 0) {
			*status = (enum result_status)i;
			return 0;
		}
	}
	return -EINVAL;
}
