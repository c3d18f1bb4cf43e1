// SPDX-License-Identifier: MIT
/*
 * Scaled figures with three significant digits.
 */
#include "text.h"

#include <math.h>
#include <stdio.h>

struct scale {
	const char *unit;
	double factor;
};

/* Three significant digits of `value`, rounded once, with a point whatever the locale. */
static int format_digits(double value, char *buf)
{
	double size = fabs(value);
	int decimals = 0;

	/* The limits lie where rounding gives one digit more: 9.996 is 10.0, not 10.00. */
	if (size < 9.995)
		decimals = size < 0.9995 ? 3 : 2;
	else if (size < 99.95)
		decimals = 1;

	double power = decimals == 3 ? 1000 : decimals == 2 ? 100 : decimals == 1 ? 10 : 1;
	double scaled = rint(size * power);
	const char *sign = value < 0 && scaled > 0 ? "-" : "";
	if (decimals == 0)
		return snprintf(buf, TEXT_SCALED_MAX, "%s%.0f", sign, scaled);
	double whole = floor(scaled / power);
	return snprintf(buf, TEXT_SCALED_MAX, "%s%.0f.%0*.0f", sign, whole, decimals,
					scaled - whole * power);
}

/* `scales` ascends and has `n` entries. A unit is taken as soon as the one below needs 4 digits. */
static char *scale(double value, const struct scale *scales, int n, char *buf)
{
	int best = 0;

	if (!isfinite(value)) {
		snprintf(buf, TEXT_SCALED_MAX, "-");
		return buf;
	}
	while (best + 1 < n && fabs(value) / scales[best].factor >= 999.5)
		best++;

	/* Beyond the largest unit digits are shed as an exponent rather than as a row of zeros. */
	double scaled = value / scales[best].factor;
	int length = fabs(scaled) < 1e9 ? format_digits(scaled, buf)
									: snprintf(buf, TEXT_SCALED_MAX, "%.0e", scaled);
	snprintf(buf + length, (size_t)(TEXT_SCALED_MAX - length), "%s", scales[best].unit);
	return buf;
}

char *text_scale_ns(double ns, char *buf)
{
	static const struct scale scales[] = {{" ns", 1}, {" us", 1e3}, {" ms", 1e6}, {" s", 1e9}};

	return scale(ns, scales, sizeof(scales) / sizeof(*scales), buf);
}

char *text_scale_bytes(double bytes, char *buf)
{
	static const struct scale scales[] = {
		{" B", 1}, {" KiB", 0x1p10}, {" MiB", 0x1p20}, {" GiB", 0x1p30}, {" TiB", 0x1p40}};

	return scale(bytes, scales, sizeof(scales) / sizeof(*scales), buf);
}

char *text_scale_rate(double per_s, char *buf)
{
	static const struct scale scales[] = {{" /s", 1}, {" k/s", 1e3}, {" M/s", 1e6}, {" G/s", 1e9}};

	return scale(per_s, scales, sizeof(scales) / sizeof(*scales), buf);
}

char *text_scale_ratio(double ratio, char *buf)
{
	static const struct scale scales[] = {{"", 1}};

	return scale(ratio, scales, 1, buf);
}
