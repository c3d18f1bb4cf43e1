// SPDX-License-Identifier: MIT
/*
 * The machine and the build, as every row names them. Read once at the start; what cannot be
 * found out here stays empty.
 */
#ifndef CONCBENCH_ENV_H
#define CONCBENCH_ENV_H

struct result;

struct env {
	/*
	 * 16 hexadecimal digits, equal for runs on the same machine with the same kernel: a hash of
	 * the CPU's model and count, the memory in GiB, the kernel's release and the machine-id.
	 */
	char host_id[32];
	char cpu_model[128];
	int cpus;         /* that this process may run on */
	double cpu_quota; /* CPUs' worth of time that the cgroup allows; NAN: no quota */
	char kernel[128]; /* "Linux 6.1.0-18-amd64" */
	char virt[64];    /* "none", "kvm", "kvm+docker", ...; what is not recognised is not named */
	char governor[32];
	char clock[32];       /* "CLOCK_MONOTONIC/tsc" */
	double clock_cost_ns; /* one clock_now_ns, the median of some batches */
};

/* Asks the machine; takes about a millisecond. */
void env_read(struct env *env);

/* Fills a row's environment columns, and its tool_version, commit and build_id. */
void env_store(const struct env *env, struct result *result);

#endif
