// SPDX-License-Identifier: MIT
/*
 * A power law through a few points: cost = fixed + factor * size^exponent.
 *
 * Fitted to the logarithm of the cost, so that an error of 5 % weighs the same at every size. With
 * fixed = 0 this is ordinary least squares of ln cost on ln size; its limits are the estimate
 * +- t * s * sqrt((J'J)^-1), t by Student with n - p degrees of freedom and s^2 the sum of squared
 * residuals over them (Draper and Smith, Applied Regression Analysis, 3rd edition, 1.4 and 24.2;
 * p parameters, J the derivatives of ln cost by them). They thus hold what repetitions cannot show:
 * how well a power law describes the points at all.
 *
 * A cost that a round has whatever its size (starting a timer, waking once) would bend the line at
 * the small sizes and pass for an exponent below 1. Where the caller says that there can be one, it
 * is fitted too, but only kept if an F test at 5 % finds that it explains something.
 */
#ifndef CONCBENCH_POWER_FIT_H
#define CONCBENCH_POWER_FIT_H

#include <stdbool.h>
#include <stddef.h>

enum { POWER_FIT_MIN = 3, POWER_FIT_PARAMS = 3 };

/* Whether there is a fixed part: no; if it explains something; yes, from four points on. */
enum power_fit_fixed { POWER_FIT_NONE, POWER_FIT_TESTED, POWER_FIT_ALWAYS };

struct power_fit {
	double fixed;    /* 0 where none was wanted or found */
	double exponent; /* and its 95 % limits */
	double lower, upper;
	/* Private. */
	double level, centre; /* factor * size^exponent = exp(level + exponent * (ln size - centre)) */
	double s, t;
	size_t n_params;
	double inverse[POWER_FIT_PARAMS][POWER_FIT_PARAMS]; /* of J'J */
	double squares;                                     /* sum of squared residuals */
};

/*
 * Fits costs[n] (> 0) at sizes[n] (> 0, not all equal). 0, or -EINVAL with fewer than POWER_FIT_MIN
 * points.
 */
int power_fit(struct power_fit *fit, const double *sizes, const double *costs, size_t n,
			  enum power_fit_fixed fixed);

/* The cost that the line has at a size. */
double power_fit_at(const struct power_fit *fit, double size);

/*
 * How far another point there may lie from the line, as a factor >= 1: the 95 % prediction limits
 * are power_fit_at() divided by and multiplied with it.
 */
double power_fit_band(const struct power_fit *fit, double size);

#endif
