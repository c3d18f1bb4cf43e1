// SPDX-License-Identifier: MIT
/*
 * The gate against what can be counted by hand and against a second, slow computation of the same
 * formulas written straight from gate.h.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate.h"
#include "gate_estimate.h"
#include "gate_stat.h"
#include "splitmix.h"

/* A macro, so that the message names the caller's line; cmocka's own compares as float. */
#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

enum { SERIES_MAX = 12, PAIRS_MAX = 128 };

/* A family with room for its values; slot r of each series is pair r. */
struct suite {
	uint32_t n;
	struct gate_design design;
	struct gate_series series[SERIES_MAX];
	struct gate_result results[SERIES_MAX];
	double values[SERIES_MAX][PAIRS_MAX];
	uint32_t slots[SERIES_MAX][PAIRS_MAX];
};

static void suite_init(struct suite *suite, uint32_t n, uint32_t n_pairs)
{
	memset(suite, 0, sizeof(*suite));
	suite->n = n;
	suite->design.n_slots = n_pairs;
	suite->design.seed = 1;
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t r = 0; r < n_pairs; r++)
			suite->slots[i][r] = r;
		suite->series[i] = (struct gate_series){suite->values[i], suite->slots[i], n_pairs, 0.05};
	}
}

static void suite_run(struct suite *suite)
{
	assert_int_equal(gate_run(&suite->design, suite->series, suite->n, suite->results), 0);
}

/* Noise of about 4 %, with `shift` added to the first series. */
static void suite_noise(struct suite *suite, uint64_t seed, double shift)
{
	for (uint32_t i = 0; i < suite->n; i++) {
		for (uint32_t r = 0; r < suite->series[i].n; r++) {
			double sum = -2;

			for (int k = 0; k < 4; k++)
				sum += splitmix_unit(&seed);
			suite->values[i][r] = 0.07 * sum + (i == 0 ? shift : 0);
		}
	}
}

static void five_positive_pairs_have_p_of_1_in_32(void **state)
{
	static const double d[] = {0.10, 0.13, 0.09, 0.30, 0.11};
	struct suite suite;

	(void)state;
	suite_init(&suite, 1, 5);
	memcpy(suite.values[0], d, sizeof(d));
	suite_run(&suite);
	assert_near(suite.results[0].p_raw, 1.0 / 32, 1e-12);
	assert_near(suite.results[0].p_worse, 1.0 / 32, 1e-12);
	assert_near(suite.results[0].p_better, 1, 1e-12);
	assert_int_equal(suite.results[0].verdict, GATE_REGRESSED);
	assert_true(suite.results[0].lower > 0);
}

static void five_and_five_separated_have_p_of_1_in_252(void **state)
{
	static const double x[] = {1.00, 1.03, 1.01, 1.02, 1.04, 1.20, 1.50, 1.22, 1.21, 1.24};
	struct suite suite;

	(void)state;
	suite_init(&suite, 1, 10);
	suite.design.unpaired = true;
	suite.design.n_slots_a = 5;
	memcpy(suite.values[0], x, sizeof(x));
	suite_run(&suite);
	assert_int_equal(suite.results[0].n, 5);
	assert_near(suite.results[0].p_worse, 1.0 / 252, 1e-12);
	assert_int_equal(suite.results[0].verdict, GATE_REGRESSED);
	assert_near(suite.results[0].theta, 0.20, 1e-7);
	assert_true(suite.results[0].lower > 0 && suite.results[0].upper > 0.2);
}

/* Unequal sides and missing repetitions: still one of C(9, 4), the other way round too. */
static void labels_work_with_unequal_sides(void **state)
{
	static const double x[] = {1.20, 1.23, 1.21, 1.22, 1.50, 1.00, 1.01, 1.02, 1.03, 1.04, 1.05};
	struct suite suite;

	(void)state;
	suite_init(&suite, 1, 11);
	suite.design.unpaired = true;
	suite.design.n_slots_a = 5;
	memcpy(suite.values[0], x, sizeof(x));
	suite_run(&suite);
	assert_near(suite.results[0].p_better, 1.0 / 462, 1e-12);
	assert_int_equal(suite.results[0].verdict, GATE_IMPROVED);
	suite.series[0].n = 10;
	suite_run(&suite);
	assert_int_equal(suite.results[0].n, 5);
	assert_int_equal(suite.results[0].verdict, GATE_IMPROVED);
	suite.series[0].n = 9;
	suite_run(&suite);
	assert_true(suite.results[0].too_few);
	suite.series[0].n = 5; /* B has nothing at all */
	suite_run(&suite);
	assert_int_equal(suite.results[0].n, 0);
	assert_true(isnan(suite.results[0].theta));
	suite.series[0].slots = suite.slots[0] + 5; /* nor A */
	suite_run(&suite);
	assert_int_equal(suite.results[0].n, 0);
	assert_true(isnan(suite.results[0].theta));
}

static void too_few_pairs_are_inconclusive(void **state)
{
	struct suite suite;

	(void)state;
	suite_init(&suite, 2, 5);
	for (int r = 0; r < 5; r++)
		suite.values[0][r] = suite.values[1][r] = 0.5 + 0.01 * r;
	suite.series[0].n = 4;
	suite_run(&suite);
	assert_true(suite.results[0].too_few);
	assert_int_equal(suite.results[0].verdict, GATE_INCONCLUSIVE);
	assert_true(isinf(suite.results[0].upper));
	/* The short one is not in the family, so the other is as if alone. */
	assert_near(suite.results[1].p_worse, 1.0 / 32, 1e-12);
	assert_int_equal(suite.results[1].verdict, GATE_REGRESSED);
	suite.series[0].n = suite.series[1].n = 0;
	suite_run(&suite);
	assert_int_equal(suite.results[1].verdict, GATE_INCONCLUSIVE);
}

static void quiet_series_are_equivalent(void **state)
{
	struct suite suite;

	(void)state;
	suite_init(&suite, 4, 10);
	suite_noise(&suite, 3, 0);
	for (int i = 0; i < 4; i++) {
		for (int r = 0; r < 10; r++)
			suite.values[i][r] = i == 0 ? 0 : suite.values[i][r] / 20;
	}
	suite_run(&suite);
	for (int i = 0; i < 4; i++)
		assert_int_equal(suite.results[i].verdict, GATE_EQUIVALENT);
	assert_near(suite.results[0].t, 0, 1e-12);
}

static void swapping_the_sides_mirrors_everything(void **state)
{
	struct suite plain;
	struct suite swapped;
	int n_changed = 0;

	(void)state;
	for (uint32_t n_pairs = 5; n_pairs <= 15; n_pairs += 5) {
		for (uint64_t seed = 0; seed < 6; seed++) {
			suite_init(&plain, 8, n_pairs);
			suite_noise(&plain, seed, seed % 2 ? 0.25 : -0.25);
			suite_init(&swapped, 8, n_pairs);
			for (int i = 0; i < 8; i++) {
				for (uint32_t r = 0; r < n_pairs; r++)
					swapped.values[i][r] = -plain.values[i][r];
			}
			suite_run(&plain);
			suite_run(&swapped);
			for (int i = 0; i < 8; i++) {
				const struct gate_result *a = &plain.results[i];
				const struct gate_result *b = &swapped.results[i];

				assert_near(a->t, -b->t, 1e-12);
				assert_near(a->p_worse, b->p_better, 0);
				assert_near(a->p_better, b->p_worse, 0);
				assert_near(a->theta, -b->theta, 1e-7);
				assert_true(a->lower == -b->upper && a->upper == -b->lower);
				assert_int_equal(a->verdict == GATE_REGRESSED, b->verdict == GATE_IMPROVED);
				assert_int_equal(a->verdict == GATE_IMPROVED, b->verdict == GATE_REGRESSED);
				n_changed += a->verdict >= GATE_IMPROVED;
			}
		}
	}
	assert_true(n_changed >= 6);
}

static void order_of_series_and_of_pairs_changes_nothing(void **state)
{
	struct suite plain;
	struct suite turned;

	(void)state;
	suite_init(&plain, 8, 10);
	suite_noise(&plain, 5, 0.12);
	suite_init(&turned, 8, 10);
	for (int i = 0; i < 8; i++) {
		for (int r = 0; r < 10; r++)
			turned.values[7 - i][(r + 3) % 10] = plain.values[i][r];
	}
	suite_run(&plain);
	suite_run(&turned);
	for (int i = 0; i < 8; i++) {
		assert_near(plain.results[i].p_worse, turned.results[7 - i].p_worse, 1e-12);
		assert_near(plain.results[i].theta, turned.results[7 - i].theta, 1e-7);
		assert_near(plain.results[i].lower, turned.results[7 - i].lower, 1e-12);
		assert_near(plain.results[i].upper, turned.results[7 - i].upper, 1e-12);
		assert_int_equal(plain.results[i].verdict, turned.results[7 - i].verdict);
	}
}

/* Both jobs measured in another unit: a constant on every log value. */
static void scaling_changes_nothing(void **state)
{
	struct suite plain;
	struct suite scaled;

	(void)state;
	suite_init(&plain, 6, 12);
	plain.design.unpaired = true;
	plain.design.n_slots_a = 6;
	suite_noise(&plain, 7, 0);
	for (int r = 6; r < 12; r++)
		plain.values[2][r] += 0.3;
	scaled = plain;
	for (int i = 0; i < 6; i++) {
		scaled.series[i].values = scaled.values[i];
		scaled.series[i].slots = scaled.slots[i];
		for (int r = 0; r < 12; r++)
			scaled.values[i][r] += 20.0 + i;
	}
	suite_run(&plain);
	suite_run(&scaled);
	for (int i = 0; i < 6; i++) {
		assert_near(plain.results[i].p_worse, scaled.results[i].p_worse, 1e-7);
		assert_near(plain.results[i].theta, scaled.results[i].theta, 1e-7);
		assert_int_equal(plain.results[i].verdict, scaled.results[i].verdict);
	}
	assert_int_equal(plain.results[2].verdict, GATE_REGRESSED);
}

static void p_values_follow_t_step_by_step(void **state)
{
	struct suite all;
	struct suite fewer;

	(void)state;
	suite_init(&all, 10, 8);
	suite_noise(&all, 11, 0.1);
	suite_run(&all);
	for (int i = 0; i < 10; i++) {
		assert_true(all.results[i].p_worse >= all.results[i].p_raw);
		for (int j = 0; j < 10; j++) {
			if (all.results[i].t > all.results[j].t)
				assert_true(all.results[i].p_worse <= all.results[j].p_worse);
		}
	}
	/* A larger family never makes a series more significant. */
	suite_init(&fewer, 1, 8);
	memcpy(fewer.values[0], all.values[0], sizeof(fewer.values[0]));
	suite_run(&fewer);
	assert_true(fewer.results[0].p_worse <= all.results[0].p_worse);
}

/* A series that lacks pairs is tested on those it has, whatever the others have. */
static void missing_pairs_keep_the_test_exact(void **state)
{
	struct suite suite;

	(void)state;
	suite_init(&suite, 2, 11);
	suite_noise(&suite, 13, 0);
	for (uint32_t r = 0; r < 5; r++) {
		suite.slots[0][r] = 2 * r + 1;
		suite.values[0][r] = 0.4 + 0.01 * r;
	}
	suite.series[0].n = 5;
	suite_run(&suite);
	assert_near(suite.results[0].p_raw, 1.0 / 32, 1e-12);
	assert_true(suite.results[0].p_worse >= 1.0 / 32);
	suite.slots[0][0] = 11;
	assert_true(gate_run(&suite.design, suite.series, suite.n, suite.results) < 0);
}

static void many_pairs_share_flips(void **state)
{
	struct suite suite;

	(void)state;
	suite_init(&suite, 3, 100);
	suite_noise(&suite, 17, 0.1);
	suite_run(&suite);
	assert_int_equal(suite.results[0].verdict, GATE_REGRESSED);
	assert_near(suite.results[0].p_worse, 1.0 / 10001, 1e-7);
	assert_true(suite.results[1].verdict <= GATE_INCONCLUSIVE);
	assert_true(suite.results[2].verdict <= GATE_INCONCLUSIVE);
}

/* ---- the same formulas once more, slowly ---- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double slow_median(const double *values, uint32_t n)
{
	double sorted[PAIRS_MAX * PAIRS_MAX / 8];

	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), ascending);
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* psi at `delta`; returns q. */
static double slow_psi(const double *d, uint32_t n, double delta, double *psi)
{
	double magnitude[PAIRS_MAX] = {0};
	double sum = 0;
	double bound;

	for (uint32_t r = 0; r < n; r++)
		magnitude[r] = fabs(d[r] - delta);
	bound = 3 * slow_median(magnitude, n);
	for (uint32_t r = 0; r < n; r++) {
		psi[r] = d[r] - delta;
		if (fabs(psi[r]) > bound)
			psi[r] = copysign(bound, psi[r]);
		sum += psi[r] * psi[r];
	}
	return sqrt(sum / n);
}

static double slow_t(const double *psi, uint32_t n, double q, double q0, uint32_t flips)
{
	double sum = 0;

	for (uint32_t r = 0; r < n; r++)
		sum += (flips >> r) & 1 ? -psi[r] : psi[r];
	return sum / n / sqrt(q * q + q0 * q0 / 4);
}

enum { SLOW_PAIRS = 7, SLOW_SERIES = 5 };

struct slow {
	double q0, q[SLOW_SERIES], psi[SLOW_SERIES][SLOW_PAIRS];
};

static void slow_init(struct slow *slow, const struct suite *suite)
{
	for (int i = 0; i < SLOW_SERIES; i++)
		slow->q[i] = slow_psi(suite->values[i], SLOW_PAIRS, 0, slow->psi[i]);
	slow->q0 = slow_median(slow->q, SLOW_SERIES);
}

static double slow_step_down_p(const struct slow *slow, int series)
{
	double t[SLOW_SERIES];
	double p = 0;

	for (int i = 0; i < SLOW_SERIES; i++)
		t[i] = slow_t(slow->psi[i], SLOW_PAIRS, slow->q[i], slow->q0, 0);
	for (int j = 0; j < SLOW_SERIES; j++) {
		int count = 0;

		if (t[j] < t[series])
			continue; /* only the series up to this one in the order of T make it larger */
		for (uint32_t f = 0; f < 1u << SLOW_PAIRS; f++) {
			double max = -INFINITY;

			for (int i = 0; i < SLOW_SERIES; i++) {
				if (t[i] <= t[j])
					max = fmax(max, slow_t(slow->psi[i], SLOW_PAIRS, slow->q[i], slow->q0, f));
			}
			count += max >= t[j] - 1e-12;
		}
		p = fmax(p, count / (double)(1u << SLOW_PAIRS));
	}
	return p;
}

static bool slow_shift_rejected(const struct slow *slow, const double *d, int series, double delta)
{
	double psi[SLOW_PAIRS];
	double q = slow_psi(d, SLOW_PAIRS, delta, psi);
	double t = slow_t(psi, SLOW_PAIRS, q, slow->q0, 0);
	int count = 0;

	for (uint32_t f = 0; f < 1u << SLOW_PAIRS; f++) {
		double max = slow_t(psi, SLOW_PAIRS, q, slow->q0, f);

		for (int i = 0; i < SLOW_SERIES; i++) {
			if (i != series)
				max = fmax(max, slow_t(slow->psi[i], SLOW_PAIRS, slow->q[i], slow->q0, f));
		}
		count += max >= t - 1e-12;
	}
	return count <= GATE_ALPHA * (1u << SLOW_PAIRS);
}

static void agrees_with_the_slow_computation(void **state)
{
	struct suite suite;
	struct slow slow;

	(void)state;
	for (uint64_t seed = 20; seed < 24; seed++) {
		suite_init(&suite, SLOW_SERIES, SLOW_PAIRS);
		suite_noise(&suite, seed, 0.1);
		suite_run(&suite);
		slow_init(&slow, &suite);
		for (int i = 0; i < SLOW_SERIES; i++) {
			const struct gate_result *result = &suite.results[i];
			double t = slow_t(slow.psi[i], SLOW_PAIRS, slow.q[i], slow.q0, 0);
			double step = log1p(GATE_GRID);
			double k = result->lower / step;

			assert_near(result->t, t, 1e-12);
			assert_near(result->p_worse, slow_step_down_p(&slow, i), 1e-12);
			/* The lower limit lies on the grid, is rejected, and its inner neighbour is not. */
			assert_near(k, round(k), 1e-7);
			assert_true(slow_shift_rejected(&slow, suite.values[i], i, result->lower));
			assert_false(slow_shift_rejected(&slow, suite.values[i], i, result->lower + step));
		}
	}
}

/* With overlapping sides: counts every choice of 5 labels whose difference reaches the true one. */
static void labels_agree_with_a_count(void **state)
{
	static const double x[] = {1.00, 1.03, 1.11, 1.02, 1.08, 1.09, 1.05, 1.12, 1.07, 1.01};
	struct suite suite;
	int reached = 0;
	double total = 0;
	double b = 0;

	(void)state;
	suite_init(&suite, 1, 10);
	suite.design.unpaired = true;
	suite.design.n_slots_a = 5;
	memcpy(suite.values[0], x, sizeof(x));
	suite_run(&suite);
	for (int r = 0; r < 10; r++) {
		total += x[r];
		b += r >= 5 ? x[r] : 0;
	}
	for (unsigned labels = 0; labels < 1u << 10; labels++) {
		double sum = 0;

		if (__builtin_popcount(labels) != 5)
			continue;
		for (int r = 0; r < 10; r++)
			sum += (labels >> r) & 1 ? x[r] : 0;
		reached += sum >= b - 1e-9;
	}
	assert_true(b > total / 2 && reached > 10);
	assert_near(suite.results[0].p_worse, reached / 252.0, 1e-12);
}

/* Sizes up to some hundreds; values all different, mostly equal, sorted either way. */
static void medians_agree_with_sorting(void **state)
{
	enum { N_MAX = 700 };
	double values[N_MAX];
	double sorted[N_MAX];
	uint64_t seed = 5;

	(void)state;
	for (uint32_t n = 1; n <= N_MAX; n += n < 40 ? 1 : 97) {
		for (int kind = 0; kind < 5; kind++) {
			for (uint32_t i = 0; i < n; i++) {
				double unit = splitmix_unit(&seed) - 0.5;

				values[i] = kind == 0   ? unit
							: kind == 1 ? floor(4 * unit)
							: kind == 2 ? i
							: kind == 3 ? -(double)i
										: 3;
			}
			memcpy(sorted, values, n * sizeof(*values));
			qsort(sorted, n, sizeof(*sorted), ascending);
			assert_true(gate_median(values, n) == (sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
		}
	}
}

/* So many that they are sorted by radix; below and above zero. */
static void hodges_lehmann_of_long_sides_agrees_with_all_differences(void **state)
{
	enum { N = 300 };
	static double values[2 * N], scratch[4 * N], differences[N * N];
	static uint32_t slots[2 * N];
	struct gate_design design = {.unpaired = true, .n_slots_a = N, .n_slots = 2 * N};
	struct gate_series series = {values, slots, 2 * N, 0.05};
	uint64_t seed = 3;

	(void)state;
	for (uint32_t i = 0; i < 2 * N; i++) {
		slots[i] = i;
		values[i] = splitmix_unit(&seed) - 0.5 + (i < N ? 0 : 0.25);
	}
	for (uint32_t i = 0; i < N * N; i++)
		differences[i] = values[N + i / N] - values[i % N];
	qsort(differences, N * N, sizeof(*differences), ascending);
	assert_near(gate_hodges_lehmann(&design, &series, scratch), differences[N * N / 2], 1e-7);
}

static void hodges_lehmann_agrees_with_all_pairs(void **state)
{
	struct suite suite;
	double scratch[2 * PAIRS_MAX];
	double means[PAIRS_MAX * PAIRS_MAX / 8];

	(void)state;
	for (uint32_t n = 1; n <= 30; n++) {
		uint32_t n_means = 0;

		suite_init(&suite, 1, n);
		suite_noise(&suite, n, 0.02);
		for (uint32_t i = 0; i < n; i++) {
			if (n % 3 == 0)
				suite.values[0][i] = round(suite.values[0][i] * 50) / 50; /* ties */
			for (uint32_t j = 0; j <= i; j++)
				means[n_means++] = (suite.values[0][i] + suite.values[0][j]) / 2;
		}
		assert_near(gate_hodges_lehmann(&suite.design, &suite.series[0], scratch),
					slow_median(means, n_means), 1e-7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_positive_pairs_have_p_of_1_in_32),
		cmocka_unit_test(five_and_five_separated_have_p_of_1_in_252),
		cmocka_unit_test(labels_work_with_unequal_sides),
		cmocka_unit_test(too_few_pairs_are_inconclusive),
		cmocka_unit_test(quiet_series_are_equivalent),
		cmocka_unit_test(swapping_the_sides_mirrors_everything),
		cmocka_unit_test(order_of_series_and_of_pairs_changes_nothing),
		cmocka_unit_test(scaling_changes_nothing),
		cmocka_unit_test(p_values_follow_t_step_by_step),
		cmocka_unit_test(missing_pairs_keep_the_test_exact),
		cmocka_unit_test(many_pairs_share_flips),
		cmocka_unit_test(agrees_with_the_slow_computation),
		cmocka_unit_test(labels_agree_with_a_count),
		cmocka_unit_test(hodges_lehmann_agrees_with_all_pairs),
		cmocka_unit_test(hodges_lehmann_of_long_sides_agrees_with_all_differences),
		cmocka_unit_test(medians_agree_with_sorting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
