// SPDX-License-Identifier: MIT
/*
 * The table of metrics.
 */
#include "metrics.h"

#include <math.h>
#include <string.h>

/* Where a column lies in struct result, and whether it is an integer there. */
#define AT(field)                                                                 \
	offsetof(struct result, field), _Generic(((struct result *)0)->field, int64_t \
											 : true, double                       \
											 : false)

/*
 * The tails are judged but do not gate: between two runs of one build on a shared machine they
 * move by more than their margins, so they would be inconclusive nearly always and take power from
 * the rest. Where a host is quiet, overrides let them gate.
 */
const struct metric metrics[] = {
	{"throughput", "throughput_ops_per_s", "/s", "slower", "faster", true, true, 0.05, 0,
	 AT(throughput_ops_per_s)},
	{"cpu", "cpu_ns_per_op", "ns", "more CPU", "less CPU", false, true, 0.05, 0, AT(cpu_ns_per_op)},
	{"p50", "lat_p50_ns", "ns", "slower", "faster", false, true, 0.05, 0.5, AT(lat_p50_ns)},
	{"p99", "lat_p99_ns", "ns", "slower", "faster", false, false, 0.10, 0.01, AT(lat_p99_ns)},
	{"p999", "lat_p999_ns", "ns", "slower", "faster", false, false, 0.20, 0.001, AT(lat_p999_ns)},
	{"memory", "mem_bytes_per_task", "B", "more memory", "less memory", false, true, 0.05, 0,
	 AT(mem_bytes_per_task)},
};

const size_t n_metrics = sizeof(metrics) / sizeof(metrics[0]);

_Static_assert(sizeof(metrics) / sizeof(metrics[0]) <= METRICS_MAX, "METRICS_MAX is too small");

const struct metric *metric_find(const char *name)
{
	for (size_t i = 0; i < n_metrics; i++) {
		if (!strcmp(metrics[i].name, name))
			return &metrics[i];
	}
	return NULL;
}

double metric_value(const struct metric *metric, const struct result *result)
{
	const char *at = (const char *)result + metric->offset;
	double samples = result->lat_count == RESULT_NONE ? 0 : (double)result->lat_count;
	double value;

	if (metric->is_integer) {
		int64_t integer;

		memcpy(&integer, at, sizeof(integer));
		value = integer == RESULT_NONE ? NAN : (double)integer;
	} else {
		memcpy(&value, at, sizeof(value));
	}
	/* The 1e-6 absorbs the rounding of shares that binary fractions cannot hold. */
	if (metric->share_beyond > 0 && samples * metric->share_beyond < METRIC_TAIL_SAMPLES - 1e-6)
		return NAN;
	return isfinite(value) && value > 0 ? value : NAN;
}

double metric_sign(const struct metric *metric)
{
	return metric->higher_is_better ? -1 : 1;
}
