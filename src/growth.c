// SPDX-License-Identifier: MIT
/* The line of the smaller sizes, and the first size that leaves it. */
#include "growth.h"

#include <math.h>
#include <stdio.h>

/* Whether the line expects this cost at this size. */
static bool expected(const struct power_fit *fit, double size, double cost)
{
	double off = fabs(log(cost / power_fit_at(fit, size)));

	return off <= log(power_fit_band(fit, size)) || off < log(GROWTH_FACTOR);
}

/* Whether size number i lies where the smaller ones lead to. */
static bool on_line(const double *sizes, const double *costs, size_t i, bool may_be_fixed)
{
	struct power_fit fit;

	power_fit(&fit, sizes, costs, i, POWER_FIT_NONE);
	if (!may_be_fixed || expected(&fit, sizes[i], costs[i]))
		return expected(&fit, sizes[i], costs[i]);
	power_fit(&fit, sizes, costs, i, POWER_FIT_ALWAYS);
	return expected(&fit, sizes[i], costs[i]);
}

struct growth growth_find(const double *sizes, const double *costs, size_t n, bool may_be_fixed)
{
	struct growth growth = {.n_fitted = n, .factor = NAN, .last_factor = NAN};

	for (size_t i = GROWTH_BASE; i < n; i++) {
		if (on_line(sizes, costs, i, may_be_fixed))
			continue;
		growth.n_fitted = i;
		break;
	}
	growth.fitted = power_fit(&growth.fit, sizes, costs, growth.n_fitted,
							  may_be_fixed ? POWER_FIT_TESTED : POWER_FIT_NONE) == 0;
	if (growth.fitted && growth.n_fitted < n) {
		growth.factor = costs[growth.n_fitted] / power_fit_at(&growth.fit, sizes[growth.n_fitted]);
		growth.last_factor = costs[n - 1] / power_fit_at(&growth.fit, sizes[n - 1]);
	}
	return growth;
}

/* ---- words ---- */

enum { FALLING, CONSTANT, BETWEEN, LINEAR, WORSE };

static int class_of(double exponent)
{
	const double bounds[] = {-GROWTH_SAME, GROWTH_SAME, 1 - GROWTH_SAME, 1 + GROWTH_SAME};
	int class = 0;

	while (class < WORSE && exponent > bounds[class])
		class ++;
	return class;
}

char *growth_words(const struct power_fit *fit, char *buf)
{
	static const char *const words[] = {
		[FALLING] = "falling", [CONSTANT] = "constant",       [BETWEEN] = "less than linear",
		[LINEAR] = "linear",   [WORSE] = "worse than linear",
	};
	int lower = class_of(fit->lower);
	int upper = class_of(fit->upper);

	if (lower == upper)
		snprintf(buf, GROWTH_WORDS_MAX, "%s", words[lower]);
	else if (upper - lower == 1)
		snprintf(buf, GROWTH_WORDS_MAX, "%s or %s", words[lower], words[upper]);
	else if (upper - lower == 2 && lower != CONSTANT && fit->upper - fit->lower <= GROWTH_ABOUT)
		snprintf(buf, GROWTH_WORDS_MAX, "about %s", words[lower + 1]);
	else
		snprintf(buf, GROWTH_WORDS_MAX, "unclear");
	return buf;
}
