// SPDX-License-Identifier: MIT
/*
 * Arrivals: when the requests of an open-loop load are due, whatever has become of those before.
 *
 * A load of `rate` arrivals a second is divided among `streams`, each with a schedule of its own
 * and a mean gap of streams / rate. A schedule is a sequence of points in time that is only ever
 * read: it knows nothing of replies, so it cannot slip, and no arrival is left out because the
 * one before it was late.
 *
 *   fixed     a stream's arrivals are a gap apart; stream k is shifted by k / rate against stream
 *             0, on a grid of the clock itself, so that the streams need not begin at one time
 *   poisson   independent, exponentially distributed gaps, from a generator seeded with the
 *             stream's number: the same gaps for every backend and in every repetition
 */
#ifndef CONCBENCH_ARRIVALS_H
#define CONCBENCH_ARRIVALS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "splitmix.h"

struct arrivals_spec {
	int64_t rate; /* a second, of all streams together; > 0 */
	uint32_t streams, stream;
	bool poisson;
};

struct arrivals {
	int64_t base_ns;
	double offset_ns; /* of the next arrival from `base_ns`; below 1e15, so exact to 0.1 ns */
	double gap_ns;    /* mean */
	uint64_t random;
	bool poisson;
};

static inline double arrivals_gap_ns(struct arrivals *arrivals)
{
	if (!arrivals->poisson)
		return arrivals->gap_ns;
	return -log(1 - splitmix_unit(&arrivals->random)) * arrivals->gap_ns;
}

/* The schedule of a stream from `now_ns` on; its first arrival lies within a (mean) gap of that. */
static inline void arrivals_init(struct arrivals *arrivals, const struct arrivals_spec *spec,
								 int64_t now_ns)
{
	double between_ns = (double)CLOCK_NS_PER_S / (double)spec->rate;
	double gap_ns = between_ns * spec->streams;

	*arrivals = (struct arrivals){
		.base_ns = now_ns,
		.gap_ns = gap_ns,
		.random = spec->stream,
		.poisson = spec->poisson,
	};
	if (spec->poisson)
		arrivals->offset_ns = arrivals_gap_ns(arrivals);
	else
		arrivals->offset_ns =
			fmod(between_ns * spec->stream + gap_ns - fmod((double)now_ns, gap_ns), gap_ns);
}

/* Takes the next arrival: when it is due, in ns of clock_now_ns. */
static inline int64_t arrivals_next(struct arrivals *arrivals)
{
	int64_t due_ns = arrivals->base_ns + (int64_t)arrivals->offset_ns;

	arrivals->offset_ns += arrivals_gap_ns(arrivals);
	return due_ns;
}

#endif
