// SPDX-License-Identifier: MIT
/* Tasks on CPUs of their own; see spread.h. */
#include "spread.h"

#include <errno.h>
#include <sched.h>

int spread_init(struct spread *spread)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	*spread = (struct spread){0};
	for (size_t cpu = CPU_SETSIZE; cpu-- > 0;)
		if (CPU_ISSET(cpu, &allowed))
			spread->cpus[spread->n++] = (uint16_t)cpu;
	return 0;
}

static int spread_pin(uint16_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int spread_enter_root(const struct spread *spread)
{
	return spread ? spread_pin(spread->cpus[0]) : 0;
}

int spread_enter(const struct spread *spread, uint32_t turn)
{
	return spread ? spread_pin(spread->cpus[(turn + 1) % spread->n]) : 0;
}

_Static_assert(CPU_SETSIZE <= SPREAD_CPUS_MAX, "a list of all CPUs that a set can have");
