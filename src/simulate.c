// SPDX-License-Identifier: MIT
/*
 * Simulated pairs of runs; see simulate.h for the model.
 */
#include "simulate.h"

#include <math.h>

#include "splitmix.h"

#define DRIFT 0.005
#define OUTLIER_SHARE 0.02

/* A standard normal number (Box and Muller, 1958). */
static double normal(uint64_t *random)
{
	double radius = sqrt(-2 * log(1 - splitmix_unit(random)));

	return radius * cos(2 * M_PI * splitmix_unit(random));
}

double simulate_noise(struct simulate *simulate)
{
	return 0.03 + 0.02 * splitmix_unit(&simulate->random);
}

static double run(struct simulate *simulate, double noise)
{
	uint64_t *random = &simulate->random;
	double log_time = simulate->drift + noise * normal(random);

	simulate->drift += DRIFT * normal(random);
	if (splitmix_unit(random) < OUTLIER_SHARE)
		log_time += log(1.1 + 0.4 * splitmix_unit(random));
	return log_time;
}

struct simulate_pair simulate_pair(struct simulate *simulate, double noise, double shift)
{
	struct simulate_pair pair;

	if (splitmix_next(&simulate->random) >> 63) {
		pair.a = run(simulate, noise);
		pair.b = run(simulate, noise) + shift;
	} else {
		pair.b = run(simulate, noise) + shift;
		pair.a = run(simulate, noise);
	}
	return pair;
}
