// SPDX-License-Identifier: MIT
/* arrivals: spacing, phases, independence of the past, and the law of the random gaps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arrivals.h"

enum { N = 100000 };

static const int64_t start_ns = 123456789123456; /* about a day and a half after boot */

static struct arrivals make(int64_t rate, uint32_t streams, uint32_t stream, bool poisson)
{
	struct arrivals arrivals;
	const struct arrivals_spec spec = {
		.rate = rate, .streams = streams, .stream = stream, .poisson = poisson};

	arrivals_init(&arrivals, &spec, start_ns);
	return arrivals;
}

static void fixed_arrivals_keep_their_gap_and_do_not_drift(void **state)
{
	struct arrivals arrivals = make(300000, 7, 3, false);
	int64_t first_ns = arrivals_next(&arrivals);
	double gap_ns = 7 * 1e9 / 300000;

	(void)state;
	assert_true(first_ns >= start_ns && (double)(first_ns - start_ns) < gap_ns);
	for (int i = 1; i < N; i++) {
		double off_ns = (double)(arrivals_next(&arrivals) - first_ns) - i * gap_ns;

		assert_true(fabs(off_ns) <= 1);
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Streams that begin at different times still share the load evenly. */
static void fixed_streams_interleave(void **state)
{
	enum { STREAMS = 10, ROUNDS = 20 };
	int64_t due_ns[STREAMS * ROUNDS];

	(void)state;
	for (uint32_t i = 0; i < STREAMS; i++) {
		const struct arrivals_spec spec = {.rate = 1000, .streams = STREAMS, .stream = i};
		struct arrivals arrivals;

		arrivals_init(&arrivals, &spec, start_ns + i * 777777);
		for (int round = 0; round < ROUNDS; round++)
			due_ns[(int)i * ROUNDS + round] = arrivals_next(&arrivals);
	}
	qsort(due_ns, STREAMS * ROUNDS, sizeof(due_ns[0]), compare);
	/* All of them are on from the second round on, and are until the first one has done its last.
	 */
	for (int i = 2 * STREAMS; i < STREAMS * (ROUNDS - 2); i++)
		assert_in_range(due_ns[i] - due_ns[i - 1], CLOCK_NS_PER_MS - 2, CLOCK_NS_PER_MS + 2);
}

/* Exponential: mean and deviation are equal, and exp(-2) of the gaps exceed two means. */
static void poisson_gaps_are_exponential(void **state)
{
	struct arrivals arrivals = make(1000, 4, 2, true);
	int64_t last_ns = start_ns;
	double mean_ns = 4e6, sum = 0, squares = 0;
	int beyond = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		int64_t due_ns = arrivals_next(&arrivals);
		double gaps = (double)(due_ns - last_ns) / mean_ns;

		assert_true(due_ns >= last_ns);
		sum += gaps;
		squares += gaps * gaps;
		beyond += gaps > 2;
		last_ns = due_ns;
	}
	/* Five standard errors; the generator is seeded, so this holds always or never. */
	assert_true(fabs(sum / N - 1) < 5 / sqrt(N));
	assert_true(fabs(squares / N - 2) < 5 * sqrt(20) / sqrt(N));
	assert_true(fabs(beyond / (double)N - exp(-2)) < 5 * sqrt(exp(-2) / N));
}

static void poisson_streams_differ_and_repeat(void **state)
{
	struct arrivals a = make(1000, 4, 0, true), again = make(1000, 4, 0, true);
	struct arrivals other = make(1000, 4, 1, true);
	int equal = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t due_ns = arrivals_next(&a);

		assert_int_equal(due_ns, arrivals_next(&again));
		equal += due_ns == arrivals_next(&other);
	}
	assert_int_equal(equal, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_arrivals_keep_their_gap_and_do_not_drift),
		cmocka_unit_test(fixed_streams_interleave),
		cmocka_unit_test(poisson_gaps_are_exponential),
		cmocka_unit_test(poisson_streams_differ_and_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
