// SPDX-License-Identifier: MIT
/* The page and the arena of a pass: sized, mapped and filled in for its roles. */
#include "pass_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "spread.h"

/* The cell's parameters, but for the one that the pass has another value of. */
static void memory_params(const struct pass_spec *spec, int64_t *params)
{
	const struct workload *workload = spec->cell->workload;

	cell_numbers(spec->cell, params);
	if (spec->param) {
		const struct param_row *row =
			param_find(workload->params, spec->param, strlen(spec->param));

		params[row - workload->params] = spec->value;
	}
}

static struct arena_sizing memory_sizing(const struct pass_spec *spec, const int64_t *params)
{
	const struct workload *workload = spec->cell->workload;
	struct arena_sizing sizing = workload->sizing(params, spec->rounds);
	bool sampled =
		spec->kind == ARENA_PASS_LATENCY ||
		(spec->kind == ARENA_PASS_THROUGHPUT && !workload->latency_pass && !spec->unsampled);

	if (!sampled)
		sizing.n_samples = 0;
	return sizing;
}

/* The descriptor of new memory of `bytes`, above those that a role gets; or -errno. */
static int memory_file(size_t bytes)
{
	int low = memfd_create("concbench", MFD_CLOEXEC);
	int fd, rc;

	if (low < 0)
		return -errno;
	fd = fcntl(low, F_DUPFD_CLOEXEC, PASS_FDS_FROM);
	rc = fd < 0 || ftruncate(fd, (off_t)bytes) ? -errno : fd;
	close(low);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc;
}

int pass_memory_open(const struct pass_spec *spec, struct pass_outcome *outcome)
{
	struct arena_sizing sizing;
	void *memory;
	int fd;

	memory_params(spec, outcome->params);
	sizing = memory_sizing(spec, outcome->params);
	outcome->bytes = PASS_PAGE + arena_size(&sizing);
	fd = memory_file(outcome->bytes);
	if (fd < 0)
		return fd;
	memory = mmap(NULL, outcome->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	outcome->page = memory;
	outcome->arena = (struct arena *)((char *)memory + PASS_PAGE);
	arena_init(outcome->arena, &sizing);
	return fd;
}

void pass_memory_close(struct pass_outcome *outcome)
{
	if (outcome->page)
		munmap(outcome->page, outcome->bytes);
	outcome->page = NULL;
	outcome->arena = NULL;
}

/* The CPU of a role, by `placement`, out of the list that spread.h makes of those allowed; -1: any.
 */
static int memory_cpu(const struct cell *cell, int role)
{
	const struct param_value *placement = cell_param(cell, "placement");
	uint32_t place = cell_is_split(cell) ? (uint32_t)role : 0;
	struct spread allowed;

	if (!placement || strcmp(placement->text, "free") == 0 || cell_is_spread(cell) ||
		spread_init(&allowed) || place >= allowed.n)
		return -1;
	return allowed.cpus[place];
}

void pass_memory_describe(const struct pass_spec *spec, const char *folder,
						  const struct pass_outcome *outcome)
{
	const struct workload *workload = spec->cell->workload;
	struct pass_page *page = outcome->page;
	struct arena *arena = outcome->arena;
	const struct param_value *window = cell_param(spec->cell, "window");

	page->driver = getpid();
	snprintf(page->workload, sizeof(page->workload), "%s", workload->name);
	snprintf(page->folder, sizeof(page->folder), "%s", folder);
	for (int i = 0; i < workload->n_roles; i++) {
		struct backend_config config = cell_config(spec->cell, i, NULL);
		const char *foreign = cell_foreign(spec->cell, i);
		struct pass_role *role = &page->roles[i];

		snprintf(role->backend, sizeof(role->backend), "%s", spec->cell->roles[i].backend->name);
		snprintf(role->foreign, sizeof(role->foreign), "%s", foreign ? foreign : "");
		memcpy(role->options, config.options, sizeof(role->options));
		role->tasks_max = workload->tasks(outcome->params, i);
		role->cpu = memory_cpu(spec->cell, i);
		role->spread = cell_is_spread(spec->cell);
	}
	memcpy(arena->params, outcome->params, sizeof(arena->params));
	arena->rounds = spec->rounds;
	arena->batch = spec->batch;
	arena->inject_percent = spec->cell->inject_percent;
	arena->pass = spec->kind;
	arena->watched = workload->n_roles == 1 && spec->cell->roles[0].backend->forks &&
					 (spec->kind == ARENA_PASS_THROUGHPUT || spec->kind == ARENA_PASS_LATENCY);
	arena->window_ns = window ? window->number : 0;
	if (spec->window_ns)
		arena->window_ns = spec->window_ns;
}
