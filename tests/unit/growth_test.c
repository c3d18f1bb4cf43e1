// SPDX-License-Identifier: MIT
/*
 * Power laws through points whose answers are known: exact ones, with noise, with a fixed part,
 * with a kink, with too few sizes; and the words for them.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "growth.h"
#include "splitmix.h"

enum { N = 8 };

static const double sizes[N] = {1, 4, 16, 64, 256, 1024, 4096, 16384};

static int near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance * fmax(1, fabs(b));
}

/* fixed + factor * size^exponent at every size. */
static const double *law(double fixed, double factor, double exponent)
{
	static double costs[N];

	for (int i = 0; i < N; i++)
		costs[i] = fixed + factor * pow(sizes[i], exponent);
	return costs;
}

static const char *words_of(double lower, double upper)
{
	static char buf[GROWTH_WORDS_MAX];

	return growth_words(&(struct power_fit){.lower = lower, .upper = upper}, buf);
}

static void exact_laws_are_found_whatever_the_exponent(void **state)
{
	const double exponents[] = {-1, 0, 0.5, 1, 1.7};

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct power_fit fit;

		assert_int_equal(power_fit(&fit, sizes, law(0, 150, exponents[i]), N, POWER_FIT_TESTED), 0);
		assert_true(near(fit.exponent, exponents[i], 1e-9));
		assert_true(near(fit.lower, exponents[i], 1e-6) && near(fit.upper, exponents[i], 1e-6));
		assert_true(fit.fixed == 0);
		assert_true(near(power_fit_at(&fit, 1e6), 150 * pow(1e6, exponents[i]), 1e-9));
	}
}

/* x = 1..5 and ln y = 2, 4, 5, 4, 5, by hand: slope .6, s^2 = 2.4 / 3, Sxx = 10, t(3) = 3.1824. */
static void limits_are_those_of_the_textbook(void **state)
{
	const double y[] = {2, 4, 5, 4, 5};
	double x[5], costs[5];
	struct power_fit fit;
	double half = 3.182446 * sqrt(0.8 / 10);

	(void)state;
	for (int i = 0; i < 5; i++) {
		x[i] = exp(i + 1);
		costs[i] = exp(y[i]);
	}
	assert_int_equal(power_fit(&fit, x, costs, 5, POWER_FIT_NONE), 0);
	assert_true(near(fit.exponent, 0.6, 1e-9));
	assert_true(near(fit.lower, 0.6 - half, 1e-5) && near(fit.upper, 0.6 + half, 1e-5));
	assert_true(near(power_fit_at(&fit, exp(6)), exp(5.8), 1e-9));
	/* At x = 6: t s sqrt(1 + 1 / 5 + 9 / 10). */
	assert_true(near(log(power_fit_band(&fit, exp(6))), 3.182446 * sqrt(0.8 * 2.1), 1e-5));
}

static void a_fixed_part_is_told_from_the_exponent(void **state)
{
	struct power_fit fit;

	(void)state;
	assert_int_equal(power_fit(&fit, sizes, law(1e5, 150, 1), N, POWER_FIT_TESTED), 0);
	assert_true(near(fit.fixed, 1e5, 1e-3) && near(fit.exponent, 1, 1e-3));
	assert_int_equal(power_fit(&fit, sizes, law(1e5, 150, 1), N, POWER_FIT_NONE), 0);
	assert_true(fit.fixed == 0 && fit.exponent < 0.5);
}

/* In 500 noisy sets the limits hold the exponent about 95 times of 100, with a fixed part or not.
 */
static void limits_hold_the_exponent_under_noise(void **state)
{
	uint64_t rng = 7;

	(void)state;
	for (int fixed = 0; fixed <= 1; fixed++) {
		int held = 0, found = 0;

		for (int set = 0; set < 500; set++) {
			const double *exact = law(fixed ? 3000 : 0, 150, 1.1);
			double costs[N];
			struct power_fit fit;

			for (int i = 0; i < N; i++) {
				double sum = 0; /* of 12 uniform numbers: as good as normal */

				for (int k = 0; k < 12; k++)
					sum += (double)splitmix_below(&rng, 1 << 20) / (1 << 20);
				costs[i] = exact[i] * exp(0.05 * (sum - 6));
			}
			power_fit(&fit, sizes, costs, N, POWER_FIT_TESTED);
			held += fit.lower <= 1.1 && 1.1 <= fit.upper;
			found += fit.fixed > 0;
		}
		assert_in_range(held, 450, 495);
		assert_in_range(found, fixed ? 500 : 0, fixed ? 500 : 50);
	}
}

static void a_straight_line_is_not_left(void **state)
{
	double noisy[N];
	struct growth growth = growth_find(sizes, law(0, 150, 1), N, true);

	(void)state;
	assert_true(growth.fitted && growth.n_fitted == N && isnan(growth.factor));
	growth = growth_find(sizes, law(1e5, 150, 1), N, true);
	assert_true(growth.fitted && growth.n_fitted == N && isnan(growth.factor));
	for (int i = 0; i < N; i++)
		noisy[i] = law(0, 150, 1)[i] * (i % 2 ? 1.2 : 0.85);
	growth = growth_find(sizes, noisy, N, true);
	assert_true(growth.fitted && growth.n_fitted == N && isnan(growth.factor));
	/* A fixed part that noise hides at the small sizes is no reason to leave the line either. */
	for (int i = 0; i < N; i++)
		noisy[i] = law(1e5, 150, 1)[i] * (i % 2 ? 1.1 : 0.92);
	growth = growth_find(sizes, noisy, N, true);
	assert_true(growth.fitted && growth.n_fitted == N && growth.fit.fixed > 0);
	growth = growth_find(sizes, noisy, N, false);
	assert_true(growth.n_fitted < N);
}

static void a_kink_is_named_with_its_factor(void **state)
{
	double costs[N];
	struct growth growth;

	(void)state;
	memcpy(costs, law(0, 150, 1), sizeof(costs));
	costs[6] *= 3;
	costs[7] *= 12;
	growth = growth_find(sizes, costs, N, true);
	assert_true(growth.fitted);
	assert_int_equal(growth.n_fitted, 6);
	assert_true(near(growth.factor, 3, 1e-6) && near(growth.last_factor, 12, 1e-6));
	assert_true(near(growth.fit.exponent, 1, 1e-6));
	/* Cheaper than expected is off the line as well, and a quiet 20 % is not. */
	memcpy(costs, law(0, 150, 1), sizeof(costs));
	costs[6] *= 1.2;
	costs[7] /= 3;
	growth = growth_find(sizes, costs, N, true);
	assert_int_equal(growth.n_fitted, 7);
	assert_true(growth.factor < 0.35);
}

static void two_sizes_make_no_line_and_three_have_wide_limits(void **state)
{
	const double costs[] = {100, 210, 390};
	struct growth growth = growth_find(sizes, costs, 2, true);
	struct power_fit fit;

	(void)state;
	assert_false(growth.fitted);
	assert_int_equal(power_fit(&fit, sizes, costs, 2, POWER_FIT_NONE), -EINVAL);
	growth = growth_find(sizes, costs, 3, true);
	assert_true(growth.fitted && growth.n_fitted == 3);
	assert_true(growth.fit.upper - growth.fit.lower >
				5 * fabs(log(390 * 100 / 210. / 210)) / log(16));
}

static void words_say_where_the_limits_lie(void **state)
{
	(void)state;
	assert_string_equal(words_of(0.98, 1.06), "linear");
	assert_string_equal(words_of(-0.02, 0.06), "constant");
	assert_string_equal(words_of(-1, -0.5), "falling");
	assert_string_equal(words_of(0.4, 0.6), "less than linear");
	assert_string_equal(words_of(1.2, 1.3), "worse than linear");
	assert_string_equal(words_of(0.95, 1.4), "linear or worse than linear");
	assert_string_equal(words_of(0.8, 1.2), "about linear");
	assert_string_equal(words_of(-0.2, 0.3), "about constant");
	assert_string_equal(words_of(0, 1), "unclear");
	assert_string_equal(words_of(0.8, 1.6), "unclear");
	assert_string_equal(words_of(-3, 4), "unclear");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_laws_are_found_whatever_the_exponent),
		cmocka_unit_test(limits_are_those_of_the_textbook),
		cmocka_unit_test(a_fixed_part_is_told_from_the_exponent),
		cmocka_unit_test(limits_hold_the_exponent_under_noise),
		cmocka_unit_test(a_straight_line_is_not_left),
		cmocka_unit_test(a_kink_is_named_with_its_factor),
		cmocka_unit_test(two_sizes_make_no_line_and_three_have_wide_limits),
		cmocka_unit_test(words_say_where_the_limits_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
