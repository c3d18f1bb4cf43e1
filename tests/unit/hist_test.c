// SPDX-License-Identifier: MIT
/*
 * The histogram against the exact answer: the sorted array of the same samples.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hist.h"

static const double percents[] = {0, 0.001, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 99.9999, 100};
enum { N_PERCENTS = sizeof(percents) / sizeof(percents[0]) };

static struct hist make(int64_t highest_ns)
{
	struct hist hist;

	assert_int_equal(hist_init(&hist, highest_ns), 0);
	return hist;
}

/* A fixed sequence (xorshift64), the same on every machine. */
static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static int compare_ns(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* By the definition, in exact integers: percent is in ten-thousandths of a percent. */
static int64_t exact_percentile(const int64_t *sorted, int64_t n, int64_t percent_e4)
{
	int64_t rank = (percent_e4 * n + 999999) / 1000000;

	return sorted[rank > 0 ? rank - 1 : 0];
}

static void check_against_array(int64_t *samples, int64_t n)
{
	struct hist hist = make(HIST_HOUR_NS);
	double sum = 0;

	for (int64_t i = 0; i < n; i++) {
		hist_add(&hist, samples[i]);
		sum += (double)samples[i];
	}
	qsort(samples, (size_t)n, sizeof(*samples), compare_ns);
	assert_int_equal(hist.count, n);
	assert_int_equal(hist.overflow, 0);
	assert_int_equal(hist.min_ns, samples[0]);
	assert_int_equal(hist.max_ns, samples[n - 1]);
	assert_true(fabs(hist_mean(&hist) - sum / (double)n) <= 1e-9 * sum / (double)n);
	for (int i = 0; i < N_PERCENTS; i++) {
		int64_t exact = exact_percentile(samples, n, llround(percents[i] * 10000));
		int64_t found = hist_percentile(&hist, percents[i]);

		/* Never below, so that "percent % are <= it" holds; above by at most 0.1 %. */
		assert_true(found >= exact && found <= hist.max_ns);
		assert_true((double)(found - exact) <= 0.001 * (double)exact);
		if (exact < 2048)
			assert_int_equal(found, exact);
	}
	hist_release(&hist);
}

static void percentiles_of_known_samples(void **state)
{
	struct hist hist = make(HIST_HOUR_NS);

	(void)state;
	for (int64_t ns = 1; ns <= 1000; ns++)
		hist_add(&hist, ns);
	assert_int_equal(hist_percentile(&hist, 0), 1);
	assert_int_equal(hist_percentile(&hist, 0.1), 1);
	assert_int_equal(hist_percentile(&hist, 50), 500);
	assert_int_equal(hist_percentile(&hist, 99), 990);
	assert_int_equal(hist_percentile(&hist, 99.9),
					 999); /* 99.9 / 100 * 1000 is not 999 in binary */
	assert_int_equal(hist_percentile(&hist, 99.91), 1000);
	assert_int_equal(hist_percentile(&hist, 100), 1000);
	assert_true(hist_mean(&hist) == 500.5);
	hist_release(&hist);
}

static void percentiles_of_random_samples(void **state)
{
	enum { N = 20000 };
	int64_t *samples = malloc(N * sizeof(*samples));
	uint64_t seed = 88172645463325252u;

	(void)state;
	/* Each a spread of its own: from all below 2,048 ns to all magnitudes up to an hour. */
	for (unsigned bits = 8; bits <= 41; bits += 3) {
		for (int64_t i = 0; i < N; i++) {
			uint64_t shift = 64 - bits + random_next(&seed) % 8;

			samples[i] = (int64_t)(random_next(&seed) >> shift);
		}
		check_against_array(samples, N);
	}
	for (int64_t i = 0; i < N; i++)
		samples[i] = 123456789;
	check_against_array(samples, N);
	check_against_array(samples, 1);
	samples[0] = 0;
	check_against_array(samples, 1);
	free(samples);
}

static void every_slot_holds_its_values_within_the_bound(void **state)
{
	struct hist hist = make(INT64_MAX);
	struct hist_iter iter = {0};

	(void)state;
	assert_int_equal(hist.highest_ns, INT64_MAX);
	for (int bit = 0; bit < 63; bit++) {
		int64_t power = INT64_C(1) << bit;
		int64_t values[] = {power - 1, power, power + power / 3, power - 1 + power};

		for (int i = 0; i < 4; i++) {
			hist_reset(&hist);
			hist_add(&hist, values[i]);
			iter = (struct hist_iter){0};
			assert_true(hist_iter_next(&hist, &iter));
			assert_true(iter.low_ns <= values[i] && values[i] <= iter.high_ns);
			assert_true((double)(iter.high_ns - iter.low_ns) * 1024 <= (double)values[i]);
			assert_false(hist_iter_next(&hist, &iter));
		}
	}
	hist_release(&hist);
}

static void an_empty_histogram_has_no_figures(void **state)
{
	struct hist hist = make(HIST_HOUR_NS);
	struct hist_iter iter = {0};

	(void)state;
	assert_int_equal(hist_percentile(&hist, 50), HIST_NONE);
	assert_int_equal(hist.min_ns, HIST_NONE);
	assert_int_equal(hist.max_ns, HIST_NONE);
	assert_true(isnan(hist_mean(&hist)));
	assert_false(hist_iter_next(&hist, &iter));
	hist_add_n(&hist, 5, 0);
	assert_int_equal(hist.count, 0);
	assert_int_equal(hist.max_ns, HIST_NONE);
	hist_release(&hist);
	assert_int_equal(hist_init(&hist, -1), -EINVAL);
}

static void overflow_is_counted_apart(void **state)
{
	struct hist hist = make(4000);

	(void)state;
	assert_int_equal(hist.highest_ns, 4095); /* the end of a run of slots */
	hist_add_n(&hist, 10, 50);
	hist_add(&hist, 4095);
	assert_int_equal(hist.overflow, 0);
	hist_add_n(&hist, 4096, 48);
	hist_add(&hist, 1000000);
	assert_int_equal(hist.count, 100);
	assert_int_equal(hist.overflow, 49);
	assert_int_equal(hist.max_ns, 1000000);
	assert_true(hist_mean(&hist) == (500 + 4095 + 48 * 4096 + 1000000) / 100.0);
	assert_int_equal(hist_percentile(&hist, 50), 10);
	assert_int_equal(hist_percentile(&hist, 51), 4095);
	/* Unknown, and not the end of the range. */
	assert_int_equal(hist_percentile(&hist, 52), HIST_NONE);
	assert_int_equal(hist_percentile(&hist, 99), HIST_NONE);
	assert_int_equal(hist_percentile(&hist, 100), 1000000);
	hist_release(&hist);
}

static void assert_equal_hists(const struct hist *a, const struct hist *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->overflow, b->overflow);
	assert_int_equal(a->min_ns, b->min_ns);
	assert_int_equal(a->max_ns, b->max_ns);
	assert_true(a->sum_ns == b->sum_ns);
	assert_int_equal(a->n_counts, b->n_counts);
	assert_memory_equal(a->counts, b->counts, a->n_counts * sizeof(*a->counts));
}

static void merging_is_adding_all_samples(void **state)
{
	struct hist all = make(1 << 24), left = make(1 << 24), right = make(1 << 24);
	uint64_t seed = 4101842887655102017u;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		uint64_t shift = 38 + random_next(&seed) % 20;
		int64_t ns = (int64_t)(random_next(&seed) >> shift);

		hist_add(&all, ns);
		hist_add(i % 3 ? &left : &right, ns);
	}
	assert_true(all.overflow > 0);
	assert_int_equal(hist_merge(&left, &right), 0);
	assert_equal_hists(&left, &all);
	/* An empty one changes nothing, in particular not the minimum. */
	hist_reset(&right);
	assert_int_equal(hist_merge(&left, &right), 0);
	assert_equal_hists(&left, &all);
	assert_int_equal(hist_merge(&right, &left), 0);
	assert_equal_hists(&right, &all);
	hist_release(&all);
	hist_release(&left);
	hist_release(&right);
}

static void more_samples_than_can_be_counted_are_not_merged(void **state)
{
	struct hist all = make(1000), one = make(1000);

	(void)state;
	hist_add_n(&all, 7, INT64_MAX - 1);
	hist_add(&one, 9);
	assert_int_equal(hist_merge(&all, &one), 0);
	assert_int_equal(all.count, INT64_MAX);
	assert_int_equal(hist_merge(&all, &one), -EOVERFLOW);
	assert_int_equal(hist_merge(&one, &all), -EOVERFLOW);
	assert_int_equal(all.count, INT64_MAX);
	assert_int_equal(one.count, 1);
	assert_int_equal(one.min_ns, 9);
	hist_release(&all);
	hist_release(&one);
}

static void a_wider_range_is_not_merged_into_a_narrower(void **state)
{
	struct hist narrow = make(10000), wide = make(1000000);

	(void)state;
	hist_add(&narrow, 9000);
	hist_add(&wide, 500000);
	assert_int_equal(hist_merge(&narrow, &wide), -ERANGE);
	assert_int_equal(narrow.count, 1);
	assert_int_equal(hist_merge(&wide, &narrow), 0);
	assert_int_equal(wide.count, 2);
	assert_int_equal(wide.min_ns, 9000);
	hist_release(&narrow);
	hist_release(&wide);
}

static void a_percentile_needs_30_samples_beyond_it(void **state)
{
	struct hist hist = make(HIST_HOUR_NS);

	(void)state;
	hist_add_n(&hist, 1000, 59);
	assert_int_equal(hist_count_beyond(&hist, 50), 29);
	assert_int_equal(hist_percentile_reportable(&hist, 50), HIST_NONE);
	hist_add(&hist, 1000);
	assert_int_equal(hist_count_beyond(&hist, 50), 30);
	assert_int_equal(hist_percentile_reportable(&hist, 50), 1000);
	hist_add_n(&hist, 1000, 2939);
	assert_int_equal(hist_percentile_reportable(&hist, 99), HIST_NONE);
	hist_add(&hist, 1000);
	assert_int_equal(hist_percentile_reportable(&hist, 99), 1000);
	assert_int_equal(hist_percentile_reportable(&hist, 99.9), HIST_NONE);
	hist_add_n(&hist, 1000, 27000);
	assert_int_equal(hist_count_beyond(&hist, 99.9), 30);
	assert_int_equal(hist_percentile_reportable(&hist, 99.9), 1000);
	assert_int_equal(hist_percentile_reportable(&hist, 100), HIST_NONE);
	hist_release(&hist);
}

static void the_iterator_shows_each_slot_once(void **state)
{
	struct hist hist = make(HIST_HOUR_NS);
	struct hist_iter iter = {0};

	(void)state;
	hist_add_n(&hist, 0, 2);
	hist_add_n(&hist, 2047, 3);
	hist_add(&hist, 2048);
	hist_add(&hist, 2049);
	hist_add_n(&hist, 1000000, 4);
	assert_true(hist_iter_next(&hist, &iter));
	assert_true(iter.low_ns == 0 && iter.high_ns == 0 && iter.count == 2);
	assert_true(hist_iter_next(&hist, &iter));
	assert_true(iter.low_ns == 2047 && iter.high_ns == 2047 && iter.count == 3);
	assert_true(hist_iter_next(&hist, &iter));
	assert_true(iter.low_ns == 2048 && iter.high_ns == 2049 && iter.count == 2);
	assert_true(hist_iter_next(&hist, &iter));
	assert_true(iter.low_ns == 999936 && iter.high_ns == 1000447 && iter.count == 4);
	assert_false(hist_iter_next(&hist, &iter));
	hist_release(&hist);
}

static void reset_forgets_all_but_the_range(void **state)
{
	struct hist hist = make(4000), fresh = make(4000);

	(void)state;
	hist_add_n(&hist, 77, 5);
	hist_add(&hist, 1000000);
	hist_reset(&hist);
	assert_equal_hists(&hist, &fresh);
	hist_release(&hist);
	hist_release(&fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_of_known_samples),
		cmocka_unit_test(percentiles_of_random_samples),
		cmocka_unit_test(every_slot_holds_its_values_within_the_bound),
		cmocka_unit_test(an_empty_histogram_has_no_figures),
		cmocka_unit_test(overflow_is_counted_apart),
		cmocka_unit_test(merging_is_adding_all_samples),
		cmocka_unit_test(more_samples_than_can_be_counted_are_not_merged),
		cmocka_unit_test(a_wider_range_is_not_merged_into_a_narrower),
		cmocka_unit_test(a_percentile_needs_30_samples_beyond_it),
		cmocka_unit_test(the_iterator_shows_each_slot_once),
		cmocka_unit_test(reset_forgets_all_but_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
