// SPDX-License-Identifier: MIT
/*
 * pipeline in direct style. With gather a task does one stage of one item, and the items of a group
 * lie in the arena between the stages; with stream a worker does one stage of many items, and these
 * are in channels. All channels have room for all items that are on their way.
 */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include "task.h"

/* Does one stage of an item. One that could not wait stays as it is, and the digest tells. */
static uint64_t do_stage(const struct task_ops *t, struct arena *arena, uint32_t stage,
						 uint64_t item)
{
	int64_t deadline_ns = pipeline_arrive(arena, stage, item);

	if (deadline_ns && task_sleep_until(t, deadline_ns))
		return item;
	return pipeline_leave(arena, stage, item);
}

/* ---- gather ---- */

/* What a task is told. */
struct step {
	uint32_t stage;
	uint32_t place; /* in the group */
};

static void step(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct step *self = arg;
	uint64_t *item = arena_words(arena) + PIPELINE_WORD_ITEMS + self->place;

	(void)fd;
	*item = do_stage(t, arena, self->stage, *item);
}

/* Does one stage of all items of a group. 0 or -errno. */
static int gather_stage(const struct task_ops *t, uint32_t stage, uint32_t n)
{
	struct step arg = {.stage = stage};
	int error = 0, joined;

	for (; arg.place < n && error == 0; arg.place++)
		error = task_spawn(t, step, &arg, sizeof(arg), -1);
	joined = task_join(t);
	return error ? error : joined;
}

/* 0 or -errno. */
static int gather_round(const struct task_ops *t, struct arena *arena, struct pipeline_round *round)
{
	const uint64_t items = (uint64_t)arena_param(arena, PIPELINE_ITEMS);
	const uint32_t stages = (uint32_t)arena_param(arena, PIPELINE_STAGES);
	uint64_t *group = arena_words(arena) + PIPELINE_WORD_ITEMS;
	int error = 0;
	uint32_t n;

	for (uint64_t first = 0; first < items; first += n) {
		n = pipeline_group(arena, first);
		for (uint32_t i = 0; i < n; i++)
			group[i] = first + i;
		for (uint32_t stage = 0; stage < stages && error == 0; stage++)
			error = gather_stage(t, stage, n);
		if (error)
			return error;
		for (uint32_t i = 0; i < n; i++)
			pipeline_out(round, group[i]);
	}
	pipeline_round_end(arena, round);
	return 0;
}

static void gather(const struct task_ops *t, struct arena *arena)
{
	struct pipeline_round round = {0};
	int error = 0;

	arena_window_open(arena);
	while (arena_round_wanted(arena, round.number) && error == 0)
		error = gather_round(t, arena, &round);
	arena_window_close(arena);
	if (error)
		arena_fail(arena, "pipeline: tasks of a stage", error);
}

/* ---- stream ---- */

/* What a worker is told. */
struct worker {
	struct chan *in, *out;
	struct chan *ready; /* where it says that it is there */
	uint32_t stage;
	uint32_t number; /* among the workers of all stages */
};

static void worker(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct worker *self = arg;
	struct gen_value item;

	(void)fd;
	arena_task_begin(arena, self->number, clock_now_ns());
	chan_put(t, self->ready, 0);
	/* Ends when the root closes the channel. */
	while ((item = chan_get(t, self->in)).more)
		chan_put(t, self->out, do_stage(t, arena, self->stage, item.value));
	arena_task_end(arena, self->number, clock_now_ns());
}

/* The channels: one before each stage, and one behind the last. */
struct line {
	uint32_t stages;
	struct chan *chans[];
};

static void stream_rounds(const struct task_ops *t, struct arena *arena, const struct line *line)
{
	const uint64_t items = (uint64_t)arena_param(arena, PIPELINE_ITEMS);
	const uint32_t workers = pipeline_tasks(arena->params, 0);
	struct chan *out = line->chans[line->stages];
	struct pipeline_round round = {0};

	for (uint32_t i = 0; i < workers; i++)
		chan_get(t, out);
	arena_window_open(arena);
	while (arena_round_wanted(arena, round.number)) {
		while (round.left < items) {
			while (pipeline_admits(arena, &round))
				chan_put(t, line->chans[0], round.entered++);
			pipeline_out(&round, chan_get(t, out).value);
		}
		pipeline_round_end(arena, &round);
	}
	arena_window_close(arena);
}

/* Opens the channels and starts the workers. 0 or -errno. */
static int start_line(const struct task_ops *t, struct arena *arena, struct line *line)
{
	const uint32_t inflight = (uint32_t)arena_param(arena, PIPELINE_INFLIGHT);
	int64_t start_ns = clock_now_ns();
	struct worker arg = {0};
	int error = 0;

	for (uint32_t i = 0; i <= line->stages; i++)
		if (!(line->chans[i] = chan_open(t, inflight)))
			return -ENOMEM;
	arg.ready = line->chans[line->stages];
	for (; arg.stage < line->stages; arg.stage++) {
		uint32_t n = pipeline_workers(arena->params, arg.stage);

		arg.in = line->chans[arg.stage];
		arg.out = line->chans[arg.stage + 1];
		for (; n > 0 && error == 0; n--, arg.number++)
			error = task_spawn(t, worker, &arg, sizeof(arg), -1);
	}
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = arg.number;
	return error;
}

/* Ends the workers by closing their channels. 0 or -errno. */
static int end_line(const struct task_ops *t, struct arena *arena, struct line *line)
{
	int64_t start_ns = clock_now_ns();
	int error;

	for (uint32_t i = 0; i <= line->stages && line->chans[i]; i++)
		chan_close(t, line->chans[i]);
	error = task_join(t);
	arena->drain_ns = clock_now_ns() - start_ns;
	for (uint32_t i = 0; i <= line->stages && line->chans[i]; i++)
		chan_free(t, line->chans[i]);
	return error;
}

static void stream(const struct task_ops *t, struct arena *arena)
{
	const uint32_t stages = (uint32_t)arena_param(arena, PIPELINE_STAGES);
	struct line *line = calloc(1, sizeof(*line) + (stages + 1) * sizeof(line->chans[0]));
	int error;

	if (!line) {
		arena_fail(arena, "pipeline", -ENOMEM);
		return;
	}
	line->stages = stages;
	error = start_line(t, arena, line);
	if (error)
		arena_fail(arena, "pipeline: start of its workers", error);
	else
		stream_rounds(t, arena, line);
	error = end_line(t, arena, line);
	if (error)
		arena_fail(arena, "join", error);
	free(line);
}

void pipeline_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	if (arena_param(arena, PIPELINE_MODE) == PIPELINE_GATHER)
		gather(t, arena);
	else
		stream(t, arena);
}
