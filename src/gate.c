// SPDX-License-Identifier: MIT
/*
 * One family of series through the gate: step-down p-values, simultaneous limits, verdicts.
 *
 * Read from the end: gate_run sets up, looks in both directions (for the worse, for the better),
 * and judges. A direction is a factor of +1 or -1 on every T, so the mirrored question runs the
 * same code, and swapping A and B mirrors the result exactly.
 */
#include "gate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gate_estimate.h"
#include "gate_flips.h"
#include "gate_stat.h"
#include "stats.h"

/* Beyond a factor of 16 either way nothing is searched: there is no limit. */
#define LIMIT_MAX 2.7726

/* Flips that tie exactly may differ by rounding; this decides in favour of a tie. */
#define TIE 1e-9

struct ranked {
	double t;
	uint32_t series;
};

struct family {
	const struct gate_design *design;
	const struct gate_series *series;
	struct gate_result *results;
	struct gate_flips flips;
	double q0;
	struct gate_sums *sums; /* of each series, at delta = 0 */
	struct ranked *members; /* series with enough pairs, by ascending T sqrt(n) */
	uint32_t n_members;

	/* For one direction at a time: */
	double direction;
	double *t_flip;    /* T sqrt(n) of one series under every flip */
	double *max;       /* the largest of the family under every flip, */
	uint32_t *max_at;  /* the series that has it, */
	double *max_other; /* and the largest of the others */
	double *max_sorted, *max_other_sorted;
	double *scratch;
	double *block; /* all of the above lies here */
};

const char *gate_verdict_word(enum gate_verdict verdict)
{
	static const char *const words[] = {
		[GATE_EQUIVALENT] = "equivalent",
		[GATE_INCONCLUSIVE] = "inconclusive",
		[GATE_IMPROVED] = "improved",
		[GATE_REGRESSED] = "regressed",
	};

	return words[verdict];
}

/* Pairs; unpaired: values on the smaller side. */
static uint32_t pairs_count(const struct gate_design *design, const struct gate_series *series)
{
	uint32_t n_a = gate_count_a(design, series);

	if (!design->unpaired)
		return series->n;
	return n_a < series->n - n_a ? n_a : series->n - n_a;
}

static void family_release(struct family *family)
{
	gate_flips_release(&family->flips);
	free(family->block);
	free(family->sums);
	free(family->members);
	free(family->max_at);
}

static int family_init(struct family *family, uint32_t n)
{
	size_t longest = n; /* the q of all series are sorted in scratch as well */
	size_t n_flips;
	int status = gate_flips_init(&family->flips, family->design);

	if (status < 0)
		return status;
	n_flips = family->flips.n;
	for (uint32_t i = 0; i < n; i++) {
		if (longest < 2 * (size_t)family->series[i].n)
			longest = 2 * (size_t)family->series[i].n;
	}
	family->sums = calloc(n + 1, sizeof(*family->sums));
	family->members = calloc(n + 1, sizeof(*family->members));
	family->max_at = calloc(n_flips, sizeof(*family->max_at));
	family->block = calloc(5 * n_flips + longest + 1, sizeof(double));
	if (!family->sums || !family->members || !family->max_at || !family->block)
		return -ENOMEM;
	family->t_flip = family->block;
	family->max = family->block + n_flips;
	family->max_other = family->block + 2 * n_flips;
	family->max_sorted = family->block + 3 * n_flips;
	family->max_other_sorted = family->block + 4 * n_flips;
	family->scratch = family->block + 5 * n_flips;
	return 0;
}

static bool slots_fit(const struct gate_design *design, const struct gate_series *series)
{
	for (uint32_t k = 0; k < series->n; k++) {
		if (series->slots[k] >= design->n_slots)
			return false;
	}
	return true;
}

/* Sets what needs no flips, picks the members and q0. -EINVAL where a slot is out of range. */
static int family_describe(struct family *family, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct gate_series *series = &family->series[i];
		struct gate_result *result = &family->results[i];

		if (!slots_fit(family->design, series))
			return -EINVAL;
		*result = (struct gate_result){.n = pairs_count(family->design, series),
									   .p_raw = 1,
									   .p_worse = 1,
									   .p_better = 1,
									   .lower = -INFINITY,
									   .upper = INFINITY};
		result->too_few = result->n < GATE_PAIRS_MIN;
		result->theta = gate_hodges_lehmann(family->design, series, family->scratch);
		if (result->too_few)
			continue;
		gate_sum(family->design, series, 0, family->scratch, &family->sums[i]);
		family->members[family->n_members++].series = i;
	}
	for (uint32_t m = 0; m < family->n_members; m++)
		family->scratch[m] = family->sums[family->members[m].series].q;
	family->q0 = family->n_members > 0 ? gate_median(family->scratch, family->n_members) : 0;
	return 0;
}

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;

	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return (x->series > y->series) - (x->series < y->series);
}

/* T sqrt(n) of a series, times the direction, and its weights. */
static double family_t(const struct family *family, uint32_t i, struct gate_weights *weights)
{
	return gate_weigh(&family->sums[i], family->q0, family->direction, weights);
}

static double tied(double t)
{
	return t - TIE * (1 + fabs(t));
}

/* The share of flips under which `values` reach t. */
static double share_reaching(const struct gate_flips *flips, const double *values, double t)
{
	uint32_t count = 0;

	for (uint32_t f = 0; f < flips->n; f++)
		count += values[f] >= t;
	return (double)count / flips->n;
}

/* Adds a series, whose t_flip is at hand, to the running maximum; the share that reaches `t`. */
static double family_max_update(struct family *family, double t)
{
	uint32_t n = family->flips.n;
	double *restrict maxima = family->max;
	const double *restrict own = family->t_flip;
	uint32_t count = 0;

	for (uint32_t f = 0; f < n; f++) {
		double max = own[f] > maxima[f] ? own[f] : maxima[f];

		maxima[f] = max;
		count += max >= t;
	}
	return (double)count / n;
}

/* Likewise for series `i`, before family_max_update: who has the maximum, and who the next. */
static void family_others_update(struct family *family, uint32_t i)
{
	for (uint32_t f = 0; f < family->flips.n; f++) {
		double own = family->t_flip[f];
		double less = own > family->max[f] ? family->max[f] : own;

		family->max_at[f] = own > family->max[f] ? i : family->max_at[f];
		family->max_other[f] = less > family->max_other[f] ? less : family->max_other[f];
	}
}

/*
 * Step-down maxT in the present direction. Going up from the smallest T, the running maximum is
 * at each step the maximum over the series that step-down compares with; p-values are then made
 * monotone from the largest T down.
 */
static void family_step_down(struct family *family)
{
	double p_least = 0;
	struct gate_weights weights;

	for (uint32_t f = 0; f < family->flips.n; f++)
		family->max[f] = family->max_other[f] = -INFINITY;
	for (uint32_t m = 0; m < family->n_members; m++)
		family->members[m].t = family_t(family, family->members[m].series, &weights);
	qsort(family->members, family->n_members, sizeof(*family->members), compare_ranked);
	for (uint32_t m = 0; m < family->n_members; m++) {
		uint32_t i = family->members[m].series;
		struct gate_result *result = &family->results[i];
		double t = tied(family_t(family, i, &weights));
		double p;

		gate_flips_spread(&family->flips, &weights, family->t_flip);
		if (!family->design->without_limits && !family->design->unpaired)
			family_others_update(family, i);
		p = family_max_update(family, t);
		if (family->direction > 0) {
			result->p_raw = share_reaching(&family->flips, family->t_flip, t);
			result->p_worse = p;
			result->t = family->members[m].t / gate_root(family->design, &family->series[i]);
		} else {
			result->p_better = p;
		}
	}
	for (uint32_t m = family->n_members; m-- > 0;) {
		struct gate_result *result = &family->results[family->members[m].series];
		double *p = family->direction > 0 ? &result->p_worse : &result->p_better;

		p_least = *p = fmax(*p, p_least);
	}
}

/* How many flips may reach T for it to be rejected. */
static uint32_t flips_allowed(const struct family *family)
{
	return (uint32_t)floor(GATE_ALPHA * family->flips.n + TIE);
}

/* Whether more than the allowed number of the ascending `sorted` reach t. */
static bool reached_too_often(const struct family *family, const double *sorted, double t)
{
	return sorted[family->flips.n - 1 - flips_allowed(family)] >= t;
}

/*
 * Whether the shift `delta` of series i is rejected (gate.h, "Simultaneous limits"). The sorted
 * maxima decide most cases without a flip: what the second largest of all reaches too often, the
 * largest of the others does; and by Hoeffding's inequality a series by itself reaches t in at
 * most a share exp(-t^2 / (2 variance)) of all sign flips.
 */
static bool shift_rejected(struct family *family, uint32_t i, double delta)
{
	const struct gate_flips *flips = &family->flips;
	struct gate_sums sums;
	struct gate_weights weights;
	uint32_t allowed = flips_allowed(family);
	uint32_t count = 0;
	double alone;
	double t;

	gate_sum(family->design, &family->series[i], delta, family->scratch, &sums);
	t = tied(gate_weigh(&sums, family->q0, family->direction, &weights));
	if (family->design->unpaired)
		return t > 0 && !reached_too_often(family, family->max_sorted, t);
	if (t <= 0 || reached_too_often(family, family->max_other_sorted, t))
		return false;
	alone = ceil(flips->n * exp(-t * t / (2 * weights.variance)));
	if (alone < allowed && family->max_sorted[flips->n - 1 - (allowed - (uint32_t)alone)] < t)
		return true;
	gate_flips_spread(flips, &weights, family->t_flip);
	for (uint32_t f = 0; f < flips->n; f++) {
		double others = family->max_at[f] == i ? family->max_other[f] : family->max[f];

		count += others >= t || family->t_flip[f] >= t;
	}
	return count <= allowed;
}

/*
 * The limit in the present direction: away from the estimate against the direction, in strides
 * that double until a grid point is rejected, then halving back to the first that is.
 */
static double limit_find(struct family *family, uint32_t i)
{
	double step = log1p(GATE_GRID);
	int64_t accepted = (int64_t)floor(family->direction * family->results[i].theta / step);
	int64_t end = (int64_t)(LIMIT_MAX / step);
	int64_t stride = 1;
	int64_t rejected;

	for (;;) { /* ends: the stride doubles, and the grid does not */
		rejected = accepted - stride;
		if (rejected < -end)
			return -family->direction * INFINITY;
		if (shift_rejected(family, i, family->direction * (double)rejected * step))
			break;
		accepted = rejected;
		stride *= 2;
	}
	while (accepted - rejected > 1) {
		int64_t middle = rejected + (accepted - rejected) / 2;

		if (shift_rejected(family, i, family->direction * (double)middle * step))
			rejected = middle;
		else
			accepted = middle;
	}
	return family->direction * (double)rejected * step;
}

static void family_limits(struct family *family)
{
	size_t size = family->flips.n * sizeof(double);

	memcpy(family->max_sorted, family->max, size);
	memcpy(family->max_other_sorted, family->max_other, size);
	stats_sort(family->max_sorted, family->flips.n);
	stats_sort(family->max_other_sorted, family->flips.n);
	for (uint32_t m = 0; m < family->n_members; m++) {
		uint32_t i = family->members[m].series;
		double limit = limit_find(family, i);

		if (family->direction > 0)
			family->results[i].lower = limit;
		else
			family->results[i].upper = limit;
	}
}

static enum gate_verdict verdict_of(const struct gate_result *result, double margin)
{
	double bound = log1p(margin);

	if (result->too_few)
		return GATE_INCONCLUSIVE;
	if (result->p_worse <= GATE_ALPHA && result->theta > bound)
		return GATE_REGRESSED;
	if (result->p_better <= GATE_ALPHA && result->theta < -bound)
		return GATE_IMPROVED;
	return result->upper < bound ? GATE_EQUIVALENT : GATE_INCONCLUSIVE;
}

int gate_run(const struct gate_design *design, const struct gate_series *series, uint32_t n,
			 struct gate_result *results)
{
	struct family family = {.design = design, .series = series, .results = results};
	int status = family_init(&family, n);

	if (status == 0)
		status = family_describe(&family, n);
	for (int side = 0; status == 0 && side < 2; side++) {
		family.direction = side == 0 ? 1 : -1;
		family_step_down(&family);
		if (!design->without_limits)
			family_limits(&family);
	}
	for (uint32_t i = 0; status == 0 && i < n; i++)
		results[i].verdict = verdict_of(&results[i], series[i].margin);
	family_release(&family);
	return status;
}
