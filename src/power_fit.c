// SPDX-License-Identifier: MIT
/* Least squares for a power law, in logarithms. */
#include "power_fit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "stats.h"

/* ---- the line ---- */

static double growing_part(const struct power_fit *fit, double size)
{
	return exp(fit->level + fit->exponent * (log(size) - fit->centre));
}

double power_fit_at(const struct power_fit *fit, double size)
{
	return fit->fixed + growing_part(fit, size);
}

/* The derivatives of ln cost at a size by level, exponent and fixed part. */
static void derivatives(const struct power_fit *fit, double size, double row[POWER_FIT_PARAMS])
{
	const double cost = power_fit_at(fit, size);

	row[0] = growing_part(fit, size) / cost;
	row[1] = row[0] * (log(size) - fit->centre);
	row[2] = 1 / cost;
}

/* ---- limits ---- */

/* Inverts the leading m x m of a positive definite matrix in place, by Gauss and Jordan. */
static void invert(double a[POWER_FIT_PARAMS][POWER_FIT_PARAMS], size_t m)
{
	for (size_t k = 0; k < m; k++) {
		const double pivot = a[k][k];

		a[k][k] = 1;
		for (size_t j = 0; j < m; j++)
			a[k][j] /= pivot;
		for (size_t i = 0; i < m; i++) {
			const double factor = a[i][k];

			if (i == k)
				continue;
			a[i][k] = 0;
			for (size_t j = 0; j < m; j++)
				a[i][j] -= factor * a[k][j];
		}
	}
}

static void set_limits(struct power_fit *fit, const double *sizes, size_t n)
{
	const size_t df = n - fit->n_params;
	double half;

	memset(fit->inverse, 0, sizeof(fit->inverse));
	for (size_t p = 0; p < n; p++) {
		double row[POWER_FIT_PARAMS];

		derivatives(fit, sizes[p], row);
		for (size_t i = 0; i < fit->n_params; i++)
			for (size_t j = 0; j < fit->n_params; j++)
				fit->inverse[i][j] += row[i] * row[j];
	}
	invert(fit->inverse, fit->n_params);
	fit->s = sqrt(fit->squares / (double)df);
	fit->t = stats_t95(df);
	half = fit->t * fit->s * sqrt(fit->inverse[1][1]);
	fit->lower = fit->exponent - half;
	fit->upper = fit->exponent + half;
}

double power_fit_band(const struct power_fit *fit, double size)
{
	double row[POWER_FIT_PARAMS];
	double variance = 1;

	derivatives(fit, size, row);
	for (size_t i = 0; i < fit->n_params; i++)
		for (size_t j = 0; j < fit->n_params; j++)
			variance += row[i] * fit->inverse[i][j] * row[j];
	return exp(fit->t * fit->s * sqrt(variance));
}

/* ---- the fit ---- */

/*
 * The line for a given fixed part: a straight one through ln(cost - fixed), each point weighted by
 * what an error of it means for ln cost.
 */
static void fit_beside(struct power_fit *fit, const double *sizes, const double *costs, size_t n,
					   double fixed)
{
	double weights = 0, x_sum = 0, y_sum = 0, xx = 0, xy = 0;

	for (size_t i = 0; i < n; i++) {
		const double weight = pow((costs[i] - fixed) / costs[i], 2);

		weights += weight;
		x_sum += weight * log(sizes[i]);
		y_sum += weight * log(costs[i] - fixed);
	}
	fit->fixed = fixed;
	fit->centre = x_sum / weights;
	fit->level = y_sum / weights;
	for (size_t i = 0; i < n; i++) {
		const double weight = pow((costs[i] - fixed) / costs[i], 2);
		const double x = log(sizes[i]) - fit->centre;

		xx += weight * x * x;
		xy += weight * x * (log(costs[i] - fixed) - fit->level);
	}
	fit->exponent = xy / xx;
	fit->squares = 0;
	for (size_t i = 0; i < n; i++)
		fit->squares += pow(log(costs[i] / power_fit_at(fit, sizes[i])), 2);
}

/* The fixed part that leaves the least squares, by three ever finer looks at 0 .. the least cost.
 */
static void fit_fixed(struct power_fit *fit, const double *sizes, const double *costs, size_t n)
{
	enum { STEPS = 64, LOOKS = 5 };
	double least = costs[0];
	double low = 0, high;

	for (size_t i = 1; i < n; i++)
		least = fmin(least, costs[i]);
	high = least * (1 - 1e-6);
	fit_beside(fit, sizes, costs, n, 0);
	for (int look = 0; look < LOOKS; look++) {
		const double step = (high - low) / STEPS;

		for (int i = 0; i <= STEPS; i++) {
			struct power_fit tried = {0};

			fit_beside(&tried, sizes, costs, n, low + i * step);
			if (tried.squares < fit->squares)
				*fit = tried;
		}
		low = fmax(0, fit->fixed - step);
		high = fmin(least * (1 - 1e-6), fit->fixed + step);
	}
}

/*
 * Whether the third parameter explains more than chance would: the F test for one parameter, whose
 * bound is t squared. Below 1e-9 of the cost the points lie on the line.
 */
static bool fixed_pays(const struct power_fit *with, const struct power_fit *without, size_t n)
{
	const double t = stats_t95(n - 3);

	return with->fixed > 0 && without->squares > (double)n * 1e-18 &&
		   (without->squares - with->squares) * (double)(n - 3) > t * t * with->squares;
}

int power_fit(struct power_fit *fit, const double *sizes, const double *costs, size_t n,
			  enum power_fit_fixed fixed)
{
	if (n < POWER_FIT_MIN)
		return -EINVAL;
	*fit = (struct power_fit){.n_params = 2};
	fit_beside(fit, sizes, costs, n, 0);
	if (fixed != POWER_FIT_NONE && n > POWER_FIT_MIN) {
		struct power_fit with = {0};

		fit_fixed(&with, sizes, costs, n);
		with.n_params = POWER_FIT_PARAMS;
		if (fixed == POWER_FIT_ALWAYS || fixed_pays(&with, fit, n))
			*fit = with;
	}
	set_limits(fit, sizes, n);
	return 0;
}
