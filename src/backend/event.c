// SPDX-License-Identifier: MIT
/*
 * The event backend: callbacks on a libev loop. It makes the loop, gives the body its timers, and
 * runs until no watcher is active.
 *
 * timer=timerfd uses the queue that coro uses too; timer=libev uses one stock ev_timer for each
 * deadline, to show what libev's own timers cost. poller= picks the system call under the loop.
 */
#include <errno.h>
#include <sys/mman.h>

#include "backend.h"
#include "clock.h"
#include "event_post.h"
#include "fileio.h"
#include "timerq.h"

enum event_option { EVENT_OPTION_TIMER, EVENT_OPTION_POLLER };
enum event_timer_choice { EVENT_TIMERFD, EVENT_LIBEV };

static const struct param_row event_options[] = {
	[EVENT_OPTION_TIMER] = {"timer", PARAM_CHOICE, "timerfd", 0, 0, "timerfd|libev",
							"deadlines: the queue over one timerfd, or an ev_timer each"},
	[EVENT_OPTION_POLLER] = {"poller", PARAM_CHOICE, "epoll", 0, 0,
							 "auto|epoll|poll|select|io_uring|linuxaio", "what libev waits with"},
	{0},
};

/* A poller as libev knows it, and why it may be missing; in the order of the choices. */
struct event_poller {
	unsigned flag;
	const char *not_built, *not_here;
};

static const struct event_poller event_pollers[] = {
	{0, NULL, "libev finds no poller that works here"},
	{EVBACKEND_EPOLL, "libev was built without epoll", "epoll is not permitted here"},
	{EVBACKEND_POLL, "libev was built without poll", "poll is not permitted here"},
	{EVBACKEND_SELECT, "libev was built without select", "select is not permitted here"},
	{EVBACKEND_IOURING, "libev was built without io_uring",
	 "libev cannot set up io_uring here (the kernel lacks or forbids it)"},
	{EVBACKEND_LINUXAIO, "libev was built without linuxaio",
	 "libev cannot set up linuxaio here (the kernel lacks or forbids it)"},
};

/* One deadline of timer=libev. */
struct event_slot {
	ev_timer timer;
	int64_t deadline_ns;
};

/* The backend's side of struct event, which is the first member so that one is the other. */
struct event_runtime {
	struct event event;
	bool libev_timers;
	bool has_timers;
	uint32_t capacity;
	uint32_t ready_max;
	struct timerq queue; /* timer=timerfd */
	/* timer=libev: */
	struct event_slot *slots;             /* by id */
	uint32_t pending, timers_max;         /* how many are, and the most that were */
	struct fileio *fileio[FILE_IO_KINDS]; /* made when first used */
	struct event_posters posters;
};

static struct ev_loop *event_loop_new(const struct backend_config *config)
{
	return ev_loop_new(EVFLAG_NOENV | event_pollers[config->options[EVENT_OPTION_POLLER]].flag);
}

/* ---- timer=timerfd ---- */

static void event_queue_expired(void *ctx, uint64_t id)
{
	struct event *event = ctx;

	event->on_timer(event, id);
}

static int event_queue_start(struct event *event, int64_t deadline_ns, uint64_t id)
{
	return timerq_push(&((struct event_runtime *)event)->queue, deadline_ns, id);
}

/* ---- timer=libev ---- */

/*
 * ev_timer counts from the time that the loop has cached, so that a timer armed late in a
 * callback would fire early; the cache is brought up to date first.
 */
static void event_slot_arm(struct ev_loop *loop, struct event_slot *slot)
{
	int64_t ahead_ns;

	ev_now_update(loop);
	ahead_ns = slot->deadline_ns - clock_now_ns();
	ev_timer_set(&slot->timer, ahead_ns > 0 ? (double)ahead_ns / CLOCK_NS_PER_S : 0., 0.);
	ev_timer_start(loop, &slot->timer);
}

/* libev's clock is a double and not ours; what it takes for past may be a moment ahead. */
static void event_slot_expired(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct event_slot *slot = (struct event_slot *)timer;
	struct event_runtime *runtime = timer->data;

	(void)revents;
	if (clock_now_ns() < slot->deadline_ns) {
		event_slot_arm(loop, slot);
		return;
	}
	runtime->pending--;
	runtime->event.on_timer(&runtime->event, (uint64_t)(slot - runtime->slots));
}

static int event_slot_start(struct event *event, int64_t deadline_ns, uint64_t id)
{
	struct event_runtime *runtime = (struct event_runtime *)event;
	struct event_slot *slot;

	if (id >= runtime->capacity)
		return -ENOSPC;
	slot = &runtime->slots[id];
	ev_timer_init(&slot->timer, event_slot_expired, 0., 0.);
	slot->timer.data = runtime;
	slot->deadline_ns = deadline_ns;
	event_slot_arm(event->loop, slot);
	if (++runtime->pending > runtime->timers_max)
		runtime->timers_max = runtime->pending;
	return 0;
}

/* Address space only: an ev_timer that is never used takes no memory. */
static int event_slots_init(struct event_runtime *runtime)
{
	void *slots = mmap(NULL, (runtime->capacity + 1) * sizeof(struct event_slot),
					   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (slots == MAP_FAILED)
		return -ENOMEM;
	runtime->slots = slots;
	return 0;
}

/* ---- both ---- */

static int event_timers_init(struct event *event, uint32_t capacity)
{
	struct event_runtime *runtime = (struct event_runtime *)event;
	int error;

	if (runtime->has_timers)
		return -EBUSY;
	runtime->capacity = capacity;
	if (runtime->libev_timers)
		error = event_slots_init(runtime);
	else
		error = timerq_init(&runtime->queue, event->loop, capacity, event_queue_expired, event);
	runtime->has_timers = error == 0;
	return error;
}

static void event_timers_release(struct event_runtime *runtime)
{
	if (!runtime->has_timers)
		return;
	if (runtime->libev_timers)
		munmap(runtime->slots, (runtime->capacity + 1) * sizeof(struct event_slot));
	else
		timerq_release(&runtime->queue);
}

/* ---- files ---- */

static int event_file_start(struct event *event, struct file_read *read, enum file_io io)
{
	struct fileio **engine = &((struct event_runtime *)event)->fileio[io];
	int error;

	if (!*engine) {
		*engine = fileio_open(io, event->loop, &error);
		if (!*engine)
			return error;
	}
	fileio_start(*engine, read);
	return 0;
}

static void event_files_release(struct event_runtime *runtime)
{
	for (int i = 0; i < FILE_IO_KINDS; i++)
		if (runtime->fileio[i])
			fileio_close(runtime->fileio[i]);
}

/* ---- posters ---- */

static int event_posts_open(struct event *event, const struct event_post *post)
{
	return event_posters_open(&((struct event_runtime *)event)->posters, event, post);
}

/* ---- depths ---- */

/* In place of ev_invoke_pending itself, whenever the loop is about to call what is pending. */
static void event_invoke_pending(struct ev_loop *loop)
{
	struct event_runtime *runtime = ev_userdata(loop);
	uint32_t ready = ev_pending_count(loop);

	if (ready > runtime->ready_max)
		runtime->ready_max = ready;
	ev_invoke_pending(loop);
}

static struct backend_depths event_depths(const struct event_runtime *runtime)
{
	return (struct backend_depths){
		.known = true,
		.ready_max = runtime->ready_max,
		.timers_max = runtime->libev_timers ? runtime->timers_max : runtime->queue.length_max,
	};
}

/* ---- the backend ---- */

static const char *event_unavailable(const struct backend_config *config)
{
	const struct event_poller *poller = &event_pollers[config->options[EVENT_OPTION_POLLER]];
	struct ev_loop *loop;

	if (poller->flag && !(ev_supported_backends() & poller->flag))
		return poller->not_built;
	loop = event_loop_new(config);
	if (!loop)
		return poller->not_here;
	ev_loop_destroy(loop);
	return NULL;
}

static struct backend_demand event_demand(const struct backend_config *config)
{
	bool libev_timers = config->options[EVENT_OPTION_TIMER] == EVENT_LIBEV;

	return (struct backend_demand){
		.fds_fixed = 6, /* the poller's, a timerfd, two that libev may open, two for files */
		/* A timer, and its 16-byte entry in the queue or in libev's heap. */
		.bytes_per_task =
			sizeof(struct timerq_entry) + (libev_timers ? sizeof(struct event_slot) : 0),
	};
}

static int event_run(const struct backend_config *config, const struct backend_body *body)
{
	struct event_runtime runtime = {
		.libev_timers = config->options[EVENT_OPTION_TIMER] == EVENT_LIBEV,
		.event = {.arena = config->arena,
				  .timers_init = event_timers_init,
				  .file_start = event_file_start,
				  .post_open = event_posts_open},
		.posters = {.spread = config->spread},
	};
	int error;

	runtime.event.timer_start = runtime.libev_timers ? event_slot_start : event_queue_start;
	runtime.event.loop = event_loop_new(config);
	if (!runtime.event.loop)
		return -ENOMEM;
	ev_set_userdata(runtime.event.loop, &runtime);
	ev_set_invoke_pending_cb(runtime.event.loop, event_invoke_pending);
	error = body->event(&runtime.event, body->fd);
	if (!error)
		ev_run(runtime.event.loop, 0);
	if (config->depths)
		*config->depths = event_depths(&runtime);
	event_files_release(&runtime);
	event_posters_close(&runtime.posters);
	event_timers_release(&runtime);
	ev_loop_destroy(runtime.event.loop);
	return error;
}

const struct backend event_backend = {
	.name = "event",
	.summary = "callbacks on a libev loop",
	.style = BACKEND_EVENT,
	.carrier = BACKEND_CARRIER_CALLBACK,
	.options = event_options,
	.nonblocking = true,
	.unavailable = event_unavailable,
	.demand = event_demand,
	.run = event_run,
};
