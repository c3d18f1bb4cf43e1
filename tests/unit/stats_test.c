// SPDX-License-Identifier: MIT
/*
 * Medians, quantiles, spread and the Hodges-Lehmann centre of samples whose answers are known.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats.h"

static void sorts_and_finds_the_median(void **state)
{
	double odd[] = {9, 1, 5};
	double even[] = {4, 1, 3, 2};

	(void)state;
	stats_sort(odd, 3);
	assert_true(odd[0] == 1 && odd[1] == 5 && odd[2] == 9);
	assert_true(stats_median(odd, 3) == 5);
	stats_sort(even, 4);
	assert_true(stats_median(even, 4) == 2.5);
	assert_true(stats_median(even, 1) == 1);
}

static void quantiles_interpolate_between_ranks(void **state)
{
	const double values[] = {1, 2, 3, 4, 10};

	(void)state;
	assert_true(stats_quantile(values, 5, 0) == 1);
	assert_true(stats_quantile(values, 5, 0.25) == 2);
	assert_true(stats_quantile(values, 5, 0.875) == 7);
	assert_true(stats_quantile(values, 5, 1) == 10);
	assert_true(stats_quantile(values, 4, 0.25) == 1.75);
}

static void spread_is_half_the_quartiles_distance_over_the_median(void **state)
{
	const double values[] = {1, 2, 3, 4, 10};

	(void)state;
	assert_true(fabs(stats_spread(values, 5) - 1.0 / 3) < 1e-15);
	assert_true(stats_spread((const double[]){7, 7, 7}, 3) == 0);
	assert_true(isnan(stats_spread(values, 1))); /* unknown, and not 0 */
}

static void hodges_lehmann_is_the_median_of_pairwise_means(void **state)
{
	double scratch[10];

	(void)state;
	/* Means: 1 1.5 2.5 5.5 2 3 6 4 7 10; sorted the middle two are 3 and 4. */
	assert_true(stats_hodges_lehmann((const double[]){4, 1, 10, 2}, 4, scratch) == 3.5);
	assert_true(stats_hodges_lehmann((const double[]){-2}, 1, scratch) == -2);
}

/* The two-sided 95 % column of any table of the distribution. */
static void t_has_the_values_of_the_tables(void **state)
{
	const struct {
		size_t df;
		double t;
	} rows[] = {{1, 12.7062}, {2, 4.30265},  {3, 3.18245},  {4, 2.77645},
				{5, 2.57058}, {10, 2.22814}, {29, 2.04523}, {1000, 1.96234}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(fabs(stats_t95(rows[i].df) / rows[i].t - 1) < 1e-5);
}

static void without_values_there_is_no_answer(void **state)
{
	double scratch[1];

	(void)state;
	stats_sort(NULL, 0);
	assert_true(isnan(stats_median(NULL, 0)));
	assert_true(isnan(stats_spread(NULL, 0)));
	assert_true(isnan(stats_hodges_lehmann(NULL, 0, scratch)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_and_finds_the_median),
		cmocka_unit_test(quantiles_interpolate_between_ranks),
		cmocka_unit_test(spread_is_half_the_quartiles_distance_over_the_median),
		cmocka_unit_test(hodges_lehmann_is_the_median_of_pairwise_means),
		cmocka_unit_test(t_has_the_values_of_the_tables),
		cmocka_unit_test(without_values_there_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
