// SPDX-License-Identifier: MIT
/*
 * The machine and the build. See env.h.
 */
#include "env.h"

#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "cgroup.h"
#include "clock.h"
#include "fnv.h"
#include "result.h"
#include "stats.h"
#include "sysfile.h"
#include "version.h"

/* Copies a text without the white space at its end. */
static void copy_trimmed(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	while (length > 0 && strchr(" \t\n", from[length - 1]))
		length--;
	snprintf(to, size, "%.*s", (int)length, from);
}

/* The first line of a small file; "" when there is none. */
static void read_line(const char *path, char *line, size_t size)
{
	char buf[256];

	sysfile_read("", path, buf, sizeof(buf));
	buf[strcspn(buf, "\n")] = '\0';
	copy_trimmed(line, size, buf);
}

/* The text behind "KEY : " in /proc/cpuinfo, in the first line that has it. */
static bool cpuinfo_text(const char *cpuinfo, const char *key, char *value, size_t size)
{
	const char *line = strstr(cpuinfo, key);
	const char *colon = line ? strchr(line, ':') : NULL;
	char buf[256];

	if (!colon)
		return false;
	colon += 1 + strspn(colon + 1, " \t");
	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(colon, "\n"), colon);
	copy_trimmed(value, size, buf);
	return true;
}

/* Arm has no "model name", only numbers; the machine's name stands before them. */
static void read_cpu_model(struct env *env, const char *machine)
{
	char cpuinfo[4096], implementer[32], part[32];

	sysfile_read("", "/proc/cpuinfo", cpuinfo, sizeof(cpuinfo));
	if (cpuinfo_text(cpuinfo, "model name", env->cpu_model, sizeof(env->cpu_model)))
		return;
	if (cpuinfo_text(cpuinfo, "CPU implementer", implementer, sizeof(implementer)) &&
		cpuinfo_text(cpuinfo, "CPU part", part, sizeof(part)))
		snprintf(env->cpu_model, sizeof(env->cpu_model), "%.32s %s %s", machine, implementer, part);
	else
		snprintf(env->cpu_model, sizeof(env->cpu_model), "%.64s", machine);
}

static int count_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	/* More CPUs than the set has room for. */
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

/* The hypervisor by its own signature, "vm" for one that hides it, "none". */
static const char *hypervisor(void)
{
#if defined(__x86_64__)
	static const struct {
		char signature[13];
		const char *name;
	} known[] = {
		{"KVMKVMKVM", "kvm"},          {"Linux KVM Hv", "kvm"},  {"Microsoft Hv", "hyperv"},
		{"VMwareVMware", "vmware"},    {"XenVMMXenVMM", "xen"},  {"TCGTCGTCGTCG", "qemu"},
		{"bhyve bhyve ", "bhyve"},     {"VBoxVBoxVBox", "vbox"}, {"ACRNACRNACRN", "acrn"},
		{" lrpepyh  vr", "parallels"},
	};
	unsigned eax, ebx, ecx, edx;
	char signature[13] = "";

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & (1U << 31)))
		return "none";
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(signature, &ebx, 4);
	memcpy(signature + 4, &ecx, 4);
	memcpy(signature + 8, &edx, 4);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(signature, known[i].signature) == 0)
			return known[i].name;
	return "vm";
#else
	char vendor[64];

	read_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor));
	if (strcmp(vendor, "QEMU") == 0 || strcmp(vendor, "Amazon EC2") == 0)
		return "kvm";
	if (strstr(vendor, "VMware"))
		return "vmware";
	if (access("/sys/hypervisor/type", F_OK) == 0)
		return "xen";
	return access("/proc/device-tree/hypervisor", F_OK) == 0 ? "vm" : "none";
#endif
}

/* The container that this process runs in, as far as containers give themselves away, or "". */
static void read_container(char *name, size_t size)
{
	static const char *const names[] = {"kubepods", "docker", "podman",
										"libpod",   "lxc",    "containerd"};
	char groups[4096];

	if (access("/.dockerenv", F_OK) == 0) {
		snprintf(name, size, "docker");
		return;
	}
	if (access("/run/.containerenv", F_OK) == 0) {
		snprintf(name, size, "podman");
		return;
	}
	read_line("/run/systemd/container", name, size);
	sysfile_read("", "/proc/self/cgroup", groups, sizeof(groups));
	for (size_t i = 0; !*name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(groups, names[i]))
			snprintf(name, size, "%s", names[i]);
}

static void read_virt(struct env *env)
{
	const char *machine = hypervisor();
	char container[32];

	read_container(container, sizeof(container));
	if (!*container)
		snprintf(env->virt, sizeof(env->virt), "%s", machine);
	else if (strcmp(machine, "none") == 0)
		snprintf(env->virt, sizeof(env->virt), "%s", container);
	else
		snprintf(env->virt, sizeof(env->virt), "%s+%s", machine, container);
}

static void read_clock(struct env *env)
{
	char source[16];

	read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
			  sizeof(source));
	snprintf(env->clock, sizeof(env->clock), "CLOCK_MONOTONIC%s%s", *source ? "/" : "", source);
}

static void hash_host(struct env *env)
{
	char numbers[64], machine_id[64], meminfo[512];
	uint64_t hash = FNV_BASIS;
	int64_t total_kib;

	sysfile_read("", "/proc/meminfo", meminfo, sizeof(meminfo));
	/* A new kernel reserves a little more or less of the same memory. */
	total_kib = sysfile_field(meminfo, "MemTotal:");
	snprintf(numbers, sizeof(numbers), "%ld cpus %" PRId64 " GiB", sysconf(_SC_NPROCESSORS_CONF),
			 (total_kib + (1 << 19)) >> 20);
	read_line("/etc/machine-id", machine_id, sizeof(machine_id));
	hash = fnv_add(hash, env->cpu_model);
	hash = fnv_add(hash, numbers);
	hash = fnv_add(hash, env->kernel);
	hash = fnv_add(hash, machine_id);
	snprintf(env->host_id, sizeof(env->host_id), "%016" PRIx64, hash);
}

/* 15 batches of about 65 us: the median of them does not see an interrupt. */
static double measure_clock(void)
{
	enum { BATCHES = 15, BATCH_NS = 65000 };
	double cost_ns[BATCHES];
	int64_t begin, end;
	int reads = 8;

	/* Ends when a batch is long enough; a slow clock (a system call a read) gets by with fewer. */
	for (int64_t took_ns = 0; took_ns < BATCH_NS && reads < 1 << 20; reads *= 2) {
		begin = clock_now_ns();
		for (int i = 0; i < reads; i++)
			took_ns = clock_now_ns() - begin;
	}
	reads /= 2;
	for (int batch = 0; batch < BATCHES; batch++) {
		begin = end = clock_now_ns();
		for (int i = 0; i < reads; i++)
			end = clock_now_ns();
		cost_ns[batch] = (double)(end - begin) / reads;
	}
	stats_sort(cost_ns, BATCHES);
	return stats_median(cost_ns, BATCHES);
}

void env_read(struct env *env)
{
	struct utsname name;
	struct cgroup cgroup;

	memset(env, 0, sizeof(*env));
	if (uname(&name) == 0)
		snprintf(env->kernel, sizeof(env->kernel), "%.30s %.90s", name.sysname, name.release);
	read_cpu_model(env, name.machine);
	env->cpus = count_cpus();
	env->cpu_quota = cgroup_cpu_quota("", &cgroup);
	read_virt(env);
	read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", env->governor,
			  sizeof(env->governor));
	read_clock(env);
	hash_host(env);
	env->clock_cost_ns = measure_clock();
}

#define COPY(to, from) snprintf((to), sizeof(to), "%s", (from))

void env_store(const struct env *env, struct result *result)
{
	char build_id[VERSION_BUILD_ID_MAX], libev[VERSION_LIBEV_MAX];

	COPY(result->tool_version, version_tool());
	COPY(result->commit, version_commit());
	COPY(result->build_id, version_build_id(build_id));
	COPY(result->host_id, env->host_id);
	COPY(result->cpu_model, env->cpu_model);
	result->cpus = env->cpus;
	COPY(result->kernel, env->kernel);
	COPY(result->virt, env->virt);
	COPY(result->governor, env->governor);
	COPY(result->compiler, version_compiler());
	COPY(result->cflags, version_cflags());
	COPY(result->libev, version_libev(libev));
	COPY(result->clock, env->clock);
	result->clock_cost_ns = env->clock_cost_ns;
}
