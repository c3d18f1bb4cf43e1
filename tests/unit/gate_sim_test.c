// SPDX-License-Identifier: MIT
/*
 * The gate's false-alarm share and power, counted over simulated suites of 60 cells.
 *
 * The test runs the smallest numbers of suites that decide its bounds; with an argument
 * (`gate_sim_test 1000`) it prints the whole table for that many suites. In the rows with power a
 * tenth of the cells are slower, and power is the share of those that turn red.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate.h"
#include "screen.h"
#include "simulate.h"

enum { CELLS = 60, SLOWER = 6, PAIRS_MAX = 20 };

struct suite {
	struct gate_series series[CELLS];
	struct gate_result results[CELLS];
	double values[CELLS][PAIRS_MAX];
	double noise[CELLS];
};

static const uint32_t slots[PAIRS_MAX] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
										  10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

struct tally {
	uint32_t suites, red_suites; /* with a false red */
	uint32_t slower, found;
	uint64_t pairs;
};

/* What is simulated, and by which rule it is judged. */
struct setup {
	double percent; /* by which the slower cells are slower */
	bool screened;  /* 5 pairs everywhere, 15 fresh ones of what the screen flags; else 10 pairs */
	bool steps;     /* half way the whole machine gets slower by 30 % */
};

/* Measures `n_pairs` of the cells listed in `cells`, block by block, and judges them. */
static void measure(struct suite *suite, struct simulate *simulate, const struct setup *setup,
					const uint32_t *cells, uint32_t n, uint32_t n_pairs)
{
	struct gate_design design = {.n_slots = n_pairs, .seed = 1, .without_limits = true};

	for (uint32_t r = 0; r < n_pairs; r++) {
		for (uint32_t i = 0; i < n; i++) {
			uint32_t c = cells[i];
			double shift = c < SLOWER ? log1p(setup->percent / 100) : 0;
			struct simulate_pair pair;

			if (setup->steps && r == n_pairs / 2 && i == n / 2)
				simulate->drift += log(1.3);
			pair = simulate_pair(simulate, suite->noise[c], shift);
			suite->values[i][r] = pair.b - pair.a;
		}
	}
	for (uint32_t i = 0; i < n; i++)
		suite->series[i] = (struct gate_series){suite->values[i], slots, n_pairs, 0.05};
	assert_int_equal(gate_run(&design, suite->series, n, suite->results), 0);
}

static void tally_add(struct tally *tally, const struct suite *suite, const struct setup *setup,
					  const uint32_t *cells, uint32_t n)
{
	bool false_red = false;

	for (uint32_t i = 0; i < n; i++) {
		bool slower = setup->percent > 0 && cells[i] < SLOWER;
		bool red = suite->results[i].verdict == GATE_REGRESSED;

		tally->found += slower && red;
		false_red = false_red || (!slower && red);
	}
	tally->red_suites += false_red;
	tally->suites++;
	tally->slower += setup->percent > 0 ? SLOWER : 0;
}

static void suite_simulate(struct tally *tally, const struct setup *setup, uint64_t seed)
{
	static struct suite suite;
	struct simulate simulate = {.random = seed * 7919 + 1};
	uint32_t n_pairs = setup->screened ? SCREEN_PAIRS : 10;
	uint32_t cells[CELLS];
	uint32_t n = CELLS;

	for (uint32_t c = 0; c < CELLS; c++) {
		cells[c] = c;
		suite.noise[c] = simulate_noise(&simulate);
	}
	measure(&suite, &simulate, setup, cells, n, n_pairs);
	tally->pairs += n * n_pairs;
	if (setup->screened) {
		n = 0;
		for (uint32_t c = 0; c < CELLS; c++) {
			if (screen_flags(&suite.results[c], 0.05))
				cells[n++] = c;
		}
		measure(&suite, &simulate, setup, cells, n, SCREEN_CONFIRM_PAIRS);
		tally->pairs += n * SCREEN_CONFIRM_PAIRS;
	}
	tally_add(tally, &suite, setup, cells, n);
}

static struct tally suites_simulate(uint32_t n, struct setup setup)
{
	struct tally tally = {0};

	for (uint32_t i = 0; i < n; i++)
		suite_simulate(&tally, &setup, i);
	return tally;
}

static double red_share(const struct tally *tally)
{
	return (double)tally->red_suites / tally->suites;
}

static double power(const struct tally *tally)
{
	return (double)tally->found / tally->slower;
}

/* 6.4 % is two standard errors of 1,000 suites above 5 %. */
static void unchanged_suites_are_rarely_red(void **state)
{
	struct tally paired = suites_simulate(1000, (struct setup){0});
	struct tally screened = suites_simulate(1000, (struct setup){.screened = true});

	(void)state;
	assert_true(red_share(&paired) <= 0.064);
	assert_true(red_share(&screened) <= 0.064);
	assert_true((double)screened.pairs / (1000 * CELLS) < 8);
}

static void ten_percent_is_found(void **state)
{
	struct tally paired = suites_simulate(200, (struct setup){.percent = 10});
	struct tally screened = suites_simulate(200, (struct setup){.percent = 10, .screened = true});

	(void)state;
	assert_true(power(&paired) >= 0.70);
	assert_true(power(&screened) >= 0.80);
	assert_true(red_share(&paired) <= 0.064);
	assert_true(red_share(&screened) <= 0.064);
}

/* Pairs are back to back: what comes half way meets both builds. */
static void a_step_half_way_stays_green(void **state)
{
	struct tally paired = suites_simulate(200, (struct setup){.steps = true});
	struct tally screened = suites_simulate(200, (struct setup){.steps = true, .screened = true});

	(void)state;
	assert_true(red_share(&paired) <= 0.064);
	assert_true(red_share(&screened) <= 0.064);
}

static void table_print(uint32_t n)
{
	static const double percents[] = {0, 5, 10, 20};

	printf("%u suites of %d cells, %d of them slower\n", n, CELLS, SLOWER);
	printf("%-28s %8s %10s %7s %11s\n", "rule", "slower", "false red", "power", "pairs/cell");
	for (int screened = 0; screened < 2; screened++) {
		for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
			struct tally tally =
				suites_simulate(n, (struct setup){.percent = percents[i], .screened = screened});

			printf("%-28s %6.0f %% %10.3f ", screened ? "5 pairs, then 15 fresh ones" : "10 pairs",
				   percents[i], red_share(&tally));
			if (tally.slower)
				printf("%7.2f", power(&tally));
			else
				printf("%7s", "-");
			printf(" %11.1f\n", (double)tally.pairs / (n * CELLS));
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unchanged_suites_are_rarely_red),
		cmocka_unit_test(ten_percent_is_found),
		cmocka_unit_test(a_step_half_way_stays_green),
	};

	if (argc > 1) {
		table_print((uint32_t)strtoul(argv[1], NULL, 10));
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
