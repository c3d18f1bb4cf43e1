// SPDX-License-Identifier: MIT
/*
 * What else happened on the machine while the window was open.
 *
 * The counters are read just before and just after the window and subtracted. /proc/stat counts in
 * ticks of 10 ms and the kernel charges a whole tick to whoever runs when it strikes, so short
 * windows are judged with one tick for each CPU of tolerance. Pressure (PSI) is recorded but never
 * judged: two tasks that take turns on one CPU make their own.
 */
#ifndef CONCBENCH_NOISE_H
#define CONCBENCH_NOISE_H

#include <stdint.h>

struct result;

/* The open counters; negative for one that does not exist here. */
struct noise_reader {
	int stat_fd;     /* /proc/stat */
	int psi_fd;      /* /proc/pressure/cpu */
	int throttle_fd; /* cpu.stat of the cgroup that sets our quota */
};

/* Totals since some start; RESULT_NONE for what cannot be read here. */
struct noise_sample {
	int64_t at_ns;
	int64_t steal_ns;     /* taken by the hypervisor, all CPUs */
	int64_t busy_ns;      /* not idle and not stolen, all CPUs of the machine */
	int64_t psi_some_ns;  /* some task waited for a CPU */
	int64_t throttled_ns; /* the cgroup's quota was used up */
	int64_t self_cpu_ns;  /* this process's own CPU time */
};

/* Opens what there is; root as in sysfile.h. Never fails. */
void noise_open(struct noise_reader *reader, const char *root);
void noise_close(struct noise_reader *reader);

/* Reads all counters; no allocation, some tens of microseconds. */
void noise_read(const struct noise_reader *reader, struct noise_sample *sample);

/*
 * Stores the noise columns of the time between two samples: psi_cpu_some_ns, steal_ns,
 * throttled_ns, foreign_cpu_ns and noisy (empty when none of what it judges could be read).
 *
 * own_cpu_ns: CPU time of the trial's processes between the samples; that of this process is
 * subtracted as well. RESULT_NONE when unknown: then foreign CPU time is not measured either.
 * cpus: of the machine, for the tolerance.
 */
void noise_store(const struct noise_sample *begin, const struct noise_sample *end,
				 int64_t own_cpu_ns, int cpus, struct result *result);

/*
 * Times a fixed piece of dependent integer arithmetic (about 10 us, the best of three), in ns.
 * It depends on nothing but the speed of the core: shared hosts have speed states 1.7-2 x apart
 * that last for seconds and show in no counter.
 */
int64_t noise_probe(void);

#endif
