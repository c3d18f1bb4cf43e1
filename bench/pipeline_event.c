// SPDX-License-Identifier: MIT
/*
 * pipeline in callback style: a worker is a timer that runs while it has an item, or, with sleep=0,
 * a watcher that is fed an event. With gather a worker belongs to a place in the group, and the
 * last callback of a stage starts the next stage; with stream it belongs to a stage, and its
 * callback passes the item on and takes the next one out of the stage's queue.
 *
 * libev's pending queue is last-in first-out. With gather all events of a stage are fed at once and
 * come in reverse, which is no matter; with stream a worker is fed only when it has an item, and
 * items that are further on come first.
 */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct worker {
	struct ev_watcher fed; /* first, so that the callback's watcher is the worker; its data is the
							  line */
	struct worker *next;   /* stream: in the list of those of the stage that have no item */
	uint64_t item;
	uint32_t number, stage;
};

/* Stream: what waits before a stage, items for a worker or workers for an item. */
struct stage {
	struct worker *idle;
	uint32_t first, count;
	uint64_t *items; /* a ring, with room for all that are on their way */
};

struct line {
	struct event *event;
	struct pipeline_round round;
	uint64_t first;      /* gather: number of the first item of the group */
	uint32_t n, pending; /* gather: items of the group, and those still in the stage */
	uint32_t stages, inflight;
	struct stage *queues; /* stream: one for each stage */
	uint64_t *cells;      /* of their rings */
	struct worker workers[];
};

static void line_free(struct line *line)
{
	free(line->cells);
	free(line->queues);
	free(line);
}

/* An item comes to a stage, in the hands of a worker. */
static void start(struct line *line, struct worker *worker, uint64_t item)
{
	struct event *event = line->event;
	int64_t deadline_ns = pipeline_arrive(event->arena, worker->stage, item);
	int error;

	worker->item = item;
	if (deadline_ns == 0) {
		ev_feed_event(event->loop, worker, EV_CUSTOM);
		return;
	}
	error = event_timer_start(event, deadline_ns, worker->number);
	if (error)
		arena_fail(event->arena, "timer", error);
}

/* All items of a round have left. True when there is another round; if not, the line is gone. */
static bool next_round(struct line *line)
{
	struct arena *arena = line->event->arena;

	pipeline_round_end(arena, &line->round);
	if (arena_round_wanted(arena, line->round.number))
		return true;
	arena_window_close(arena);
	line_free(line);
	return false;
}

/* ---- gather ---- */

/* Does a stage of the present group; at its first stage the items come into the workers' hands. */
static void gather_stage(struct line *line, uint32_t stage)
{
	line->pending = line->n;
	for (uint32_t place = 0; place < line->n; place++) {
		struct worker *worker = &line->workers[place];

		worker->stage = stage;
		start(line, worker, stage ? worker->item : line->first + place);
	}
}

static void gather_group(struct line *line, uint64_t first)
{
	line->first = first;
	line->n = pipeline_group(line->event->arena, first);
	gather_stage(line, 0);
}

/* All items of a group have left: the next group, or the next round. */
static void gather_out(struct line *line)
{
	uint64_t next = line->first + line->n;

	for (uint32_t place = 0; place < line->n; place++)
		pipeline_out(&line->round, line->workers[place].item);
	if (next < (uint64_t)arena_param(line->event->arena, PIPELINE_ITEMS))
		gather_group(line, next);
	else if (next_round(line))
		gather_group(line, 0);
}

static void gather_done(struct line *line, struct worker *worker)
{
	uint32_t stage = worker->stage;

	worker->item = pipeline_leave(line->event->arena, stage, worker->item);
	if (--line->pending > 0)
		return;
	if (stage + 1 < line->stages)
		gather_stage(line, stage + 1);
	else
		gather_out(line);
}

/* ---- stream ---- */

/* An item comes to a stage, whether or not there is a worker for it. */
static void stream_put(struct line *line, uint32_t stage, uint64_t item)
{
	struct stage *queue = &line->queues[stage];
	struct worker *worker = queue->idle;

	if (worker) {
		queue->idle = worker->next;
		start(line, worker, item);
	} else {
		queue->items[(queue->first + queue->count++) % line->inflight] = item;
	}
}

/* A worker has no item any more. */
static void stream_take(struct line *line, struct worker *worker)
{
	struct stage *queue = &line->queues[worker->stage];
	uint64_t item = queue->items[queue->first];

	if (queue->count == 0) {
		worker->next = queue->idle;
		queue->idle = worker;
		return;
	}
	queue->first = (queue->first + 1) % line->inflight;
	queue->count--;
	start(line, worker, item);
}

static void stream_enter(struct line *line)
{
	while (pipeline_admits(line->event->arena, &line->round))
		stream_put(line, 0, line->round.entered++);
}

static void stream_done(struct line *line, struct worker *worker)
{
	struct arena *arena = line->event->arena;
	uint64_t item = pipeline_leave(arena, worker->stage, worker->item);
	uint32_t next = worker->stage + 1;

	stream_take(line, worker);
	if (next < line->stages) {
		stream_put(line, next, item);
		return;
	}
	pipeline_out(&line->round, item);
	if (line->round.left < (uint64_t)arena_param(arena, PIPELINE_ITEMS) || next_round(line))
		stream_enter(line);
}

/* ---- both ---- */

static void worker_done(struct line *line, struct worker *worker)
{
	if (line->queues)
		stream_done(line, worker);
	else
		gather_done(line, worker);
}

static void on_timer(struct event *event, uint64_t id)
{
	struct line *line = event->body;

	worker_done(line, &line->workers[id]);
}

static void on_fed(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	(void)loop;
	(void)revents;
	worker_done(watcher->data, (struct worker *)watcher);
}

/* Gives each stage its queue and its workers. 0 or -errno. */
static int queues_init(struct line *line)
{
	struct worker *worker = line->workers;

	line->queues = calloc(line->stages, sizeof(*line->queues));
	line->cells = calloc((size_t)line->stages * line->inflight, sizeof(*line->cells));
	if (!line->queues || !line->cells)
		return -ENOMEM;
	for (uint32_t stage = 0; stage < line->stages; stage++) {
		uint32_t n = pipeline_workers(line->event->arena->params, stage);

		line->queues[stage].items = line->cells + (size_t)stage * line->inflight;
		for (; n > 0; n--, worker++) {
			worker->stage = stage;
			stream_take(line, worker);
		}
	}
	return 0;
}

static struct line *line_new(struct event *event)
{
	const uint32_t workers = pipeline_tasks(event->arena->params, 0);
	struct line *line = calloc(1, sizeof(*line) + workers * sizeof(line->workers[0]));

	if (!line)
		return NULL;
	line->event = event;
	line->stages = (uint32_t)arena_param(event->arena, PIPELINE_STAGES);
	line->inflight = (uint32_t)arena_param(event->arena, PIPELINE_INFLIGHT);
	for (uint32_t i = 0; i < workers; i++) {
		ev_init(&line->workers[i].fed, on_fed);
		line->workers[i].fed.data = line;
		line->workers[i].number = i;
	}
	if (arena_param(event->arena, PIPELINE_MODE) == PIPELINE_STREAM && queues_init(line)) {
		line_free(line);
		return NULL;
	}
	return line;
}

int pipeline_event(struct event *event, int fd)
{
	struct line *line = line_new(event);
	int error;

	(void)fd;
	if (!line)
		return -ENOMEM;
	event->body = line;
	error = event_timers(event, pipeline_tasks(event->arena->params, 0), on_timer);
	if (error) {
		line_free(line);
		return error;
	}
	arena_window_open(event->arena);
	/* Without timers the loop invokes what is pending, although no watcher is active. */
	if (line->queues)
		stream_enter(line);
	else
		gather_group(line, 0);
	return 0;
}
