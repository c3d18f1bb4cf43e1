// SPDX-License-Identifier: MIT
/*
 * The only list of workloads. Each is one row made of what its header says; bench/README.md shows
 * how to add one.
 *
 * What the profiles take on 2 CPUs, measured: `quick`, 313 trials, 43 s; `standard`, some 50 s a
 * repetition (forking and measuring the memory of processes is a fifth of it), so nine minutes for
 * its ten. `full` has no bound: hours, most of it sleeping.
 */
#include "workload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bounded_queue.h"
#include "cpu_scale.h"
#include "cross_submit.h"
#include "fib_generators.h"
#include "file_read.h"
#include "fileio.h"
#include "http_get.h"
#include "lock.h"
#include "pipeline.h"
#include "pool_dispatch.h"
#include "ring.h"
#include "sleep_fanout.h"
#include "spawn_join.h"
#include "tcp_echo.h"

/* ---- sleep_fanout ---- */

static enum limits_operation sleep_fanout_floor(const int64_t *params, enum backend_carrier carrier)
{
	static const enum limits_operation floors[] = {
		[BACKEND_CARRIER_CALL] = LIMITS_OPERATIONS,
		[BACKEND_CARRIER_CALLBACK] = LIMITS_SLEEP_EVENT,
		[BACKEND_CARRIER_SWITCH] = LIMITS_SLEEP_TASK,
		[BACKEND_CARRIER_THREAD] = LIMITS_SLEEP_THREAD,
		[BACKEND_CARRIER_PROCESS] = LIMITS_SLEEP_PROCESS,
		[BACKEND_CARRIER_UNKNOWN] = LIMITS_OPERATIONS,
	};

	(void)params;
	return floors[carrier];
}

static const struct param_row sleep_fanout_params[] = {
	[SLEEP_FANOUT_TASKS] = {"tasks", PARAM_COUNT, "1k", 1, 10000000, NULL,
							"tasks that sleep at the same time"},
	[SLEEP_FANOUT_SLEEP] = {"sleep", PARAM_TIME, "500ms", CLOCK_NS_PER_US, 600 * CLOCK_NS_PER_S,
							NULL, "how long each of them sleeps"},
	[SLEEP_FANOUT_DEADLINE] = {"deadline", PARAM_CHOICE, "own", 0, 0, "own|common",
							   "sleep from each task's own start, or all to one point in time"},
	[SLEEP_FANOUT_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[SLEEP_FANOUT_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static const struct workload sleep_fanout = {
	.name = "sleep_fanout",
	.version = 1,
	.summary = "many tasks that sleep at the same time: what a waiting task costs",
	.operation = "one task was started, slept to its deadline and ended",
	.params = sleep_fanout_params,
	.profiles =
		{
			"tasks=1k sleep=100ms window=100ms",
			"tasks=1k,5k",
			"tasks=1k,10k,100k,1M sleep=5s deadline=own,common",
		},
	.sweep = "tasks=33,100,330,1k,3300,33k,100k sleep=100ms window=100ms",
	.roles = {{
		.name = "sleepers",
		.task = sleep_fanout_task,
		.event = sleep_fanout_event,
		.needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_SLEEP,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.floor = sleep_fanout_floor,
	.floor_is_cpu = true,
	.lat_kind = "lateness",
	.memory_pass = true,
	.scale_param = "tasks",
	.tasks = sleep_fanout_tasks,
	.all_alive = sleep_fanout_all_alive,
	.sizing = sleep_fanout_sizing,
	.least_ns = sleep_fanout_least_ns,
	.round_ops = sleep_fanout_round_ops,
	.round_digest = sleep_fanout_round_digest,
};

/* ---- tcp_echo ---- */

/* Whatever the model, the server has to call recv and send. */
static enum limits_operation tcp_echo_floor(const int64_t *params, enum backend_carrier carrier)
{
	(void)params;
	(void)carrier;
	return LIMITS_ECHO_SERVER_CPU;
}

static const char *tcp_echo_unsupported(const int64_t *params, enum backend_carrier carrier)
{
	if (carrier == BACKEND_CARRIER_CALLBACK && params[TCP_ECHO_MODEL] == TCP_ECHO_POOL)
		return "an event loop has no tasks to make a pool of";
	return NULL;
}

static const struct param_row tcp_echo_params[] = {
	[TCP_ECHO_CONNS] = {"conns", PARAM_COUNT, "64", 1, 100000, NULL,
						"connections, each with one message under way"},
	[TCP_ECHO_SIZE] = {"size", PARAM_BYTES, "64", 1, 65536, NULL, "bytes of a message"},
	[TCP_ECHO_DURATION] = {"duration", PARAM_TIME, "1s", CLOCK_NS_PER_MS, 60 * CLOCK_NS_PER_S, NULL,
						   "what is measured"},
	[TCP_ECHO_WARMUP] = {"warmup", PARAM_TIME, "200ms", 0, 60 * CLOCK_NS_PER_S, NULL,
						 "from the last connection's first reply until that begins"},
	[TCP_ECHO_CLIENT] = {"client", PARAM_BACKEND, "event", 0, 0, "self",
						 "backend that drives the server; self: the one under test"},
	[TCP_ECHO_SERVER] = {"server", PARAM_CHOICE, "self", 0, 0,
						 "self|exec:", "exec:PATH measures a program that prints its port"},
	[TCP_ECHO_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT("split"),
	[TCP_ECHO_RATE] = {"rate", PARAM_COUNT, "0", 0, TCP_ECHO_RATE_MAX, NULL,
					   "messages due a second, over all connections; 0: closed loop, each reply is "
					   "followed by the next message"},
	[TCP_ECHO_ARRIVALS] = {"arrivals", PARAM_CHOICE, "fixed", 0, 0, "fixed|poisson",
						   "with a rate: due at equal gaps, or at exponentially distributed ones"},
	[TCP_ECHO_MODEL] = {"model", PARAM_CHOICE, "per-connection", 0, 0, "per-connection|pool",
						"server: a task started for each connection, or a pool that accepts"},
	{0},
};

static int tcp_echo_check(const int64_t *params, char *error)
{
	long long conns = params[TCP_ECHO_CONNS], size = params[TCP_ECHO_SIZE];
	long long rate = params[TCP_ECHO_RATE], duration_ns = params[TCP_ECHO_DURATION];

	if (conns * size > TCP_ECHO_BYTES_MAX)
		snprintf(error, PARAM_ERROR_MAX,
				 "conns x size: %lld x %lld bytes is out of range (1..1GiB in all)", conns, size);
	else if (rate == 0 && params[TCP_ECHO_ARRIVALS] != TCP_ECHO_FIXED)
		snprintf(error, PARAM_ERROR_MAX,
				 "arrivals: poisson needs a rate (1..%d); rate=0 is the closed loop",
				 TCP_ECHO_RATE_MAX);
	else if (rate > 0 && rate * duration_ns < CLOCK_NS_PER_S)
		snprintf(error, PARAM_ERROR_MAX,
				 "rate: %lld is out of range (at least one message in duration=%lldns)", rate,
				 duration_ns);
	else
		return 0;
	return -EINVAL;
}

static const struct workload tcp_echo = {
	.name = "tcp_echo",
	.version = 1,
	.summary = "an echo server and clients that wait for each reply: many half-idle sockets",
	.operation = "one message was sent, echoed, and compared byte by byte",
	.params = tcp_echo_params,
	.profiles =
		{
			"conns=1,64 duration=300ms warmup=100ms",
			"conns=1,64,512 duration=500ms",
			"conns=1,8,64,512,1k size=64,4KiB placement=split,same",
		},
	.sweep = "conns=1,4,16,64,256,1k duration=200ms warmup=50ms",
	.roles = {{
				  .name = "server",
				  .task = tcp_echo_server_task,
				  .event = tcp_echo_server_event,
				  .needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_NET,
				  .stack_bytes = TCP_ECHO_CHUNK + 4096,
				  .listens = true,
				  .foreign_param = "server",
			  },
			  {
				  .name = "client",
				  .task = tcp_echo_client_task,
				  .event = tcp_echo_client_event,
				  .needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_NET | WORKLOAD_NEEDS_SLEEP,
				  .stack_bytes = 4096,
				  .backend_param = "client",
			  }},
	.n_roles = 2,
	.floor = tcp_echo_floor,
	.floor_is_cpu = true,
	.lat_kind = "round_trip",
	.open_loop = tcp_echo_open_loop,
	.check = tcp_echo_check,
	.unsupported = tcp_echo_unsupported,
	.tasks = tcp_echo_tasks,
	.fds_per_task = 1,
	.sizing = tcp_echo_sizing,
	.least_ns = tcp_echo_least_ns,
};

/* ---- fib_generators ---- */

static enum limits_operation fib_generators_floor(const int64_t *params,
												  enum backend_carrier carrier)
{
	static const enum limits_operation floors[] = {
		[BACKEND_CARRIER_CALL] = LIMITS_GENERATOR_CALL,
		[BACKEND_CARRIER_CALLBACK] = LIMITS_GENERATOR_EVENT,
		[BACKEND_CARRIER_SWITCH] = LIMITS_GENERATOR_TASK,
		[BACKEND_CARRIER_THREAD] = LIMITS_GENERATOR_THREAD,
		[BACKEND_CARRIER_PROCESS] = LIMITS_GENERATOR_PROCESS,
		[BACKEND_CARRIER_UNKNOWN] = LIMITS_OPERATIONS,
	};

	/* A channel lets a generator run ahead, and a turn of the loop has no primitive. */
	if (params[FIB_GENERATORS_THROUGH] == FIB_GENERATORS_SCHEDULER)
		return LIMITS_OPERATIONS;
	if (params[FIB_GENERATORS_PLACEMENT] == WORKLOAD_PLACEMENT_SPLIT)
		return carrier == BACKEND_CARRIER_THREAD ? LIMITS_GENERATOR_THREAD_SPLIT
												 : LIMITS_GENERATOR_PROCESS_SPLIT;
	return floors[carrier];
}

static const struct param_row fib_generators_params[] = {
	[FIB_GENERATORS_GENERATORS] = {"generators", PARAM_COUNT, "1", 1, 100000, NULL,
								   "generators that the consumer pulls from in turn"},
	[FIB_GENERATORS_VALUES] = {"values", PARAM_COUNT, "100k", 1, 1000000000, NULL,
							   "values in a round, of all generators together"},
	[FIB_GENERATORS_THROUGH] = {"through", PARAM_CHOICE, "direct", 0, 0, "direct|scheduler",
								"scheduler: asynchronous generators, each a task of its own"},
	[FIB_GENERATORS_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[FIB_GENERATORS_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static int fib_generators_check(const int64_t *params, char *error)
{
	long long generators = params[FIB_GENERATORS_GENERATORS];
	long long values = params[FIB_GENERATORS_VALUES];

	if (values >= generators)
		return 0;
	snprintf(error, PARAM_ERROR_MAX, "values: %lld is out of range (at least generators=%lld)",
			 values, generators);
	return -EINVAL;
}

static const char *fib_generators_unsupported(const int64_t *params, enum backend_carrier carrier)
{
	if (params[FIB_GENERATORS_THROUGH] == FIB_GENERATORS_DIRECT || carrier != BACKEND_CARRIER_CALL)
		return NULL;
	return "a plain call passes no scheduler; see through=direct";
}

static const struct workload fib_generators = {
	.name = "fib_generators",
	.version = 1,
	.summary = "one consumer pulls values from generators: what a hand-over costs",
	.operation = "one value was pulled from a generator",
	.params = fib_generators_params,
	.profiles =
		{
			"generators=1,1k values=20k window=60ms",
			"generators=1,1k values=20k",
			"generators=1,2,10,100,1k,10k through=direct,scheduler",
		},
	.sweep = "generators=1,4,16,64,256,1k,4k values=20k window=40ms",
	.roles = {{
		.name = "consumer",
		.task = fib_generators_task,
		.event = fib_generators_event,
		.call = fib_generators_call,
		.needs = WORKLOAD_NEEDS_GENERATORS | WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_CHANNELS,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.floor = fib_generators_floor,
	.lat_kind = "value",
	.latency_pass = true,
	.check = fib_generators_check,
	.unsupported = fib_generators_unsupported,
	.tasks = fib_generators_tasks,
	.sizing = fib_generators_sizing,
	.round_ops = fib_generators_round_ops,
	.round_digest = fib_generators_round_digest,
};

/* ---- spawn_join ---- */

static const struct param_row spawn_join_params[] = {
	[SPAWN_JOIN_TASKS] = {"tasks", PARAM_COUNT, "10k", 1, 10000000, NULL, "tasks in a round"},
	[SPAWN_JOIN_ALIVE] = {"alive", PARAM_COUNT, "1", 1, 1000000, NULL,
						  "tasks that are started before the first is joined; at most all"},
	[SPAWN_JOIN_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[SPAWN_JOIN_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static const struct workload spawn_join = {
	.name = "spawn_join",
	.version = 1,
	.summary = "tasks that do nothing: what starting and ending one costs",
	.operation = "one task was started, ran and was joined",
	.params = spawn_join_params,
	.profiles =
		{
			"tasks=200 alive=1,100 window=40ms",
			"tasks=200 alive=1,100 window=100ms",
			"tasks=10k alive=1,10,100,1k,10k",
		},
	.sweep = "alive=1,4,16,64,256,1k,4k tasks=4k window=20ms",
	.roles = {{
		.name = "spawner",
		.task = spawn_join_task,
		.event = spawn_join_event,
		.needs = WORKLOAD_NEEDS_SPAWN,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.lat_kind = "spawn_to_join",
	.latency_pass = true,
	.tasks = spawn_join_tasks,
	.sizing = spawn_join_sizing,
	.round_ops = spawn_join_round_ops,
	.round_digest = spawn_join_round_digest,
};

/* ---- http_get ---- */

static const char *http_get_unsupported(const int64_t *params, enum backend_carrier carrier)
{
	(void)params;
	(void)carrier;
	return http_get_unavailable();
}

static const struct param_row http_get_params[] = {
	[HTTP_GET_CONNS] = {"conns", PARAM_COUNT, "16", 1, 4000, NULL,
						"clients, each with one request under way"},
	[HTTP_GET_BODY] = {"body", PARAM_BYTES, "1KiB", 1, 16 << 20, NULL, "bytes of the page"},
	[HTTP_GET_KEEPALIVE] = {"keepalive", PARAM_CHOICE, "yes", 0, 0, "yes|no",
							"one connection a client, or one a request"},
	[HTTP_GET_DURATION] = {"duration", PARAM_TIME, "1s", CLOCK_NS_PER_MS, 60 * CLOCK_NS_PER_S, NULL,
						   "what is measured"},
	[HTTP_GET_WARMUP] = {"warmup", PARAM_TIME, "200ms", 0, 60 * CLOCK_NS_PER_S, NULL,
						 "from the last client's first response until that begins"},
	[HTTP_GET_IDLE] = {"idle", PARAM_TIME, "10s", 10 * CLOCK_NS_PER_MS, 3600 * CLOCK_NS_PER_S, NULL,
					   "how long the server waits for a client that sends nothing"},
	[HTTP_GET_CLIENT] = {"client", PARAM_BACKEND, "event", 0, 0, "self",
						 "backend that drives the server; self: the one under test"},
	[HTTP_GET_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT("split"),
	{0},
};

static const struct workload http_get = {
	.name = "http_get",
	.version = 1,
	.summary = "a web server and clients that fetch a page: a protocol, and many connections",
	.operation = "one page was asked for, fetched, and compared byte by byte",
	.params = http_get_params,
	.profiles =
		{
			"keepalive=yes,no duration=100ms warmup=20ms",
			"conns=16 keepalive=yes,no duration=300ms warmup=50ms",
			"conns=1,16,64,512 keepalive=yes,no body=64,1KiB,64KiB placement=split,same",
		},
	.sweep = "conns=1,4,16,64,256,1k keepalive=yes duration=200ms warmup=50ms",
	.roles = {{
				  .name = "server",
				  .task = http_get_server_task,
				  .event = http_get_server_event,
				  .needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_NET,
				  .stack_bytes = sizeof(struct http_get_session) + 8192,
				  .listens = true,
			  },
			  {
				  .name = "client",
				  .task = http_get_client_task,
				  .event = http_get_client_event,
				  .needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_NET,
				  .stack_bytes = 8192,
				  .backend_param = "client",
			  }},
	.n_roles = 2,
	.lat_kind = "request",
	.unsupported = http_get_unsupported,
	.tasks = http_get_tasks,
	.fds_per_task = 1,
	.sizing = http_get_sizing,
	.least_ns = http_get_least_ns,
};

/* ---- ring ---- */

static enum limits_operation ring_floor(const int64_t *params, enum backend_carrier carrier)
{
	static const enum limits_operation floors[] = {
		[BACKEND_CARRIER_CALL] = LIMITS_HOP_CALL,
		[BACKEND_CARRIER_CALLBACK] = LIMITS_HOP_EVENT,
		[BACKEND_CARRIER_SWITCH] = LIMITS_HOP_TASK,
		[BACKEND_CARRIER_THREAD] = LIMITS_HOP_THREAD,
		[BACKEND_CARRIER_PROCESS] = LIMITS_HOP_PROCESS,
		[BACKEND_CARRIER_UNKNOWN] = LIMITS_OPERATIONS,
	};

	/* Who waits for another CPU looks before he sleeps, which can cost less than a hand-off. */
	if (params[RING_PLACEMENT] == WORKLOAD_PLACEMENT_SPLIT)
		return LIMITS_OPERATIONS;
	return floors[carrier];
}

static const char *ring_unsupported(const int64_t *params, enum backend_carrier carrier)
{
	if (carrier == BACKEND_CARRIER_CALLBACK && params[RING_TOKENS] > 1)
		return "tokens: fed events are last-in first-out, so the tokens would go round one by one";
	return NULL;
}

static const struct param_row ring_params[] = {
	[RING_TASKS] = {"tasks", PARAM_COUNT, "2", 2, 100000, NULL, "tasks in the ring"},
	[RING_HOPS] = {"hops", PARAM_COUNT, "20k", 1, 1000000000, NULL,
				   "hops in a round, of all tokens together"},
	[RING_ORDER] = {"order", PARAM_CHOICE, "seq", 0, 0, "seq|random",
					"places in the order in which tasks were started, or in none"},
	[RING_TOKENS] = {"tokens", PARAM_COUNT, "1", 1, 100000, NULL, "tokens under way at a time"},
	[RING_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[RING_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static int ring_check(const int64_t *params, char *error)
{
	long long tasks = params[RING_TASKS], tokens = params[RING_TOKENS];
	/* Every channel has room for every token. */
	if (tokens <= tasks && tasks * tokens <= RING_CELLS_MAX)
		return 0;
	snprintf(error, PARAM_ERROR_MAX,
			 "tokens: %lld is out of range (1..tasks=%lld, tokens x tasks at most %d)", tokens,
			 tasks, RING_CELLS_MAX);
	return -EINVAL;
}

static const struct workload ring = {
	.name = "ring",
	.version = 1,
	.summary = "tasks in a ring pass tokens on: what it costs to make another task run",
	.operation = "one task took a token from its channel and passed it on",
	.params = ring_params,
	.profiles =
		{
			"tasks=2,100 hops=10k window=60ms",
			"tasks=2,1k hops=10k window=100ms",
			"tasks=2,10,100,1k,10k order=seq,random",
		},
	.sweep = "tasks=2,8,32,128,512,33k hops=10k window=40ms",
	.roles = {{
		.name = "ring",
		.task = ring_task,
		.event = ring_event,
		.call = ring_call,
		.needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_CHANNELS,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.floor = ring_floor,
	.lat_kind = "hop",
	.latency_pass = true,
	.scale_param = "tasks",
	.check = ring_check,
	.unsupported = ring_unsupported,
	.tasks = ring_tasks,
	.sizing = ring_sizing,
	.round_ops = ring_round_ops,
	.round_digest = ring_round_digest,
};

/* ---- cpu_scale ---- */

static const char *cpu_scale_unsupported(const int64_t *params, enum backend_carrier carrier)
{
	bool alone = carrier == BACKEND_CARRIER_CALL || carrier == BACKEND_CARRIER_CALLBACK;

	if (params[CPU_SCALE_LOCK] == CPU_SCALE_LOCK_NONE || !alone)
		return NULL;
	return "calls come one after another anyway and need no lock; see lock=none";
}

static const struct param_row cpu_scale_params[] = {
	[CPU_SCALE_TASKS] = {"tasks", PARAM_COUNT, "cpus", 1, 10000000, "cpus",
						 "tasks that share the units of a round"},
	[CPU_SCALE_UNITS] = {"units", PARAM_COUNT, "2k", 1, 10000000, NULL,
						 "units in a round, of all tasks together"},
	[CPU_SCALE_UNIT] = {"unit", PARAM_TIME, "100us", CLOCK_NS_PER_US, CLOCK_NS_PER_S, NULL,
						"what a unit takes at 3 GHz"},
	[CPU_SCALE_LOCK] = {"lock", PARAM_CHOICE, "none", 0, 0, "none|global",
						"global: one lock is held while computing"},
	[CPU_SCALE_SWITCH] = {"switch", PARAM_TIME, "5ms", CLOCK_NS_PER_US, CLOCK_NS_PER_S, NULL,
						  "for how long it is held while others wait"},
	[CPU_SCALE_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[CPU_SCALE_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("free"),
	{0},
};

static const struct workload cpu_scale = {
	.name = "cpu_scale",
	.version = 1,
	.summary = "pure computation shared out among tasks: who uses more than one CPU",
	.operation = "one unit of the work was computed",
	.params = cpu_scale_params,
	.profiles =
		{
			"tasks=cpus units=400 lock=none,global window=40ms",
			"tasks=cpus units=1k lock=none,global window=100ms",
			"tasks=1,2,4,8,16,32,cpus lock=none,global",
		},
	.sweep = "tasks=1,2,4,8,16,32 units=400 window=40ms",
	.roles = {{
		.name = "workers",
		.task = cpu_scale_task,
		.event = cpu_scale_event,
		.call = cpu_scale_call,
		.needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_SLEEP | WORKLOAD_NEEDS_LOCKS,
		.stack_bytes = 1024,
	}},
	.n_roles = 1,
	.lat_kind = "unit",
	.speedup_param = "tasks",
	.unsupported = cpu_scale_unsupported,
	.tasks = cpu_scale_tasks,
	.sizing = cpu_scale_sizing,
	.least_ns = cpu_scale_least_ns,
	.round_ops = cpu_scale_round_ops,
	.round_digest = cpu_scale_round_digest,
};

/* ---- lock ---- */

static const char *lock_unsupported(const int64_t *params, enum backend_carrier carrier)
{
	if (carrier == BACKEND_CARRIER_CALLBACK)
		return "callbacks on one thread never interleave, so there is nothing to exclude";
	if (carrier == BACKEND_CARRIER_SWITCH && params[LOCK_LOCK] == LOCK_SPIN)
		return "on one thread, the task that one spins for cannot run";
	return NULL;
}

/* Tasks of one thread need no mutex of the system's; the other kinds of locks have no primitive. */
static enum limits_operation lock_floor(const int64_t *params, enum backend_carrier carrier)
{
	if (params[LOCK_LOCK] != LOCK_MUTEX)
		return LIMITS_OPERATIONS;
	return carrier == BACKEND_CARRIER_THREAD || carrier == BACKEND_CARRIER_PROCESS
			   ? LIMITS_SECTION
			   : LIMITS_OPERATIONS;
}

static const struct param_row lock_params[] = {
	[LOCK_TASKS] = {"tasks", PARAM_COUNT, "4", 1, 10000, NULL, "tasks that want the lock"},
	[LOCK_OPS] = {"ops", PARAM_COUNT, "1M", 1, 1000000000, NULL,
				  "critical sections in a round, of all tasks together"},
	[LOCK_LOCK] = {"lock", PARAM_CHOICE, "mutex", 0, 0, "mutex|spin|rwlock|semaphore|atomic|none",
				   "what protects the section"},
	[LOCK_SECTION] = {"section", PARAM_TIME, "0", 0, CLOCK_NS_PER_S, NULL,
					  "time spent in the section, by the clock; 0: the clock is not read"},
	[LOCK_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[LOCK_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static const struct workload lock = {
	.name = "lock",
	.version = 2,
	.summary = "tasks add to one number, each time behind a lock: what exclusion costs",
	.operation = "one critical section was entered and left",
	.params = lock_params,
	.profiles =
		{
			"ops=200k lock=mutex,none window=50ms placement=free",
			"ops=200k lock=mutex,spin,none window=50ms placement=free",
			"tasks=1,2,4,16,64 lock=mutex,spin,rwlock,semaphore,atomic,none section=0,1us "
			"ops=200k window=100ms placement=same,free",
		},
	.sweep = "tasks=1,2,4,8,16,32,64 ops=100k lock=mutex window=40ms",
	.roles = {{
		.name = "adders",
		.task = lock_task,
		.needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_CHANNELS | WORKLOAD_NEEDS_LOCKS,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.floor = lock_floor,
	.floor_is_cpu = true,
	.lat_kind = "wait",
	.latency_pass = true,
	.latency_single = true,
	.sampled = lock_sampled,
	.scale_param = "tasks",
	.unsupported = lock_unsupported,
	.tasks = lock_tasks,
	.sizing = lock_sizing,
	.least_ns = lock_least_ns,
	.round_ops = lock_round_ops,
	.round_digest = lock_round_digest,
};

/* ---- bounded_queue ---- */

static const struct param_row bounded_queue_params[] = {
	[BOUNDED_QUEUE_PRODUCERS] = {"producers", PARAM_COUNT, "1", 1, 10000, NULL,
								 "tasks that put items in"},
	[BOUNDED_QUEUE_CONSUMERS] = {"consumers", PARAM_COUNT, "1", 1, 10000, NULL,
								 "tasks that take items out"},
	[BOUNDED_QUEUE_ITEMS] = {"items", PARAM_COUNT, "1M", 1, 1000000000, NULL,
							 "items in a round, of all producers together"},
	[BOUNDED_QUEUE_CAPACITY] = {"capacity", PARAM_COUNT, "64", 1, 1 << 20, NULL,
								"items that the queue has room for"},
	[BOUNDED_QUEUE_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[BOUNDED_QUEUE_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static const struct workload bounded_queue = {
	.name = "bounded_queue",
	.version = 1,
	.summary = "producers and consumers around one bounded queue: what an item in it costs",
	.operation = "one item was put into the queue and taken out",
	.params = bounded_queue_params,
	.profiles =
		{
			"items=200k window=50ms placement=same,split",
			"placement=same,split",
			"producers=1,4 consumers=1,4 capacity=1,64,1024 placement=same,split",
		},
	.sweep = "capacity=1,4,16,64,256,1k,4k items=100k window=40ms",
	.roles = {{
		.name = "workers",
		.task = bounded_queue_task,
		.event = bounded_queue_event,
		.needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_CHANNELS,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.lat_kind = "queued",
	.latency_pass = true,
	.latency_single = true,
	.scale_param = "capacity",
	.tasks = bounded_queue_tasks,
	.sizing = bounded_queue_sizing,
	.round_ops = bounded_queue_round_ops,
	.round_digest = bounded_queue_round_digest,
};

/* ---- pool_dispatch ---- */

static const struct param_row pool_dispatch_params[] = {
	[POOL_DISPATCH_JOBS] = {"jobs", PARAM_COUNT, "100k", 1, 1000000000, NULL, "jobs in a round"},
	[POOL_DISPATCH_WORKERS] = {"workers", PARAM_COUNT, "4", 1, 10000, NULL,
							   "tasks that the pool has"},
	[POOL_DISPATCH_WORK] = {"work", PARAM_TIME, "0", 0, CLOCK_NS_PER_S, NULL,
							"what a job takes, by the clock; 0: the clock is not read"},
	[POOL_DISPATCH_INFLIGHT] = {"inflight", PARAM_COUNT, "64", 1, 1 << 20, NULL,
								"jobs submitted whose results have not been seen, at most"},
	[POOL_DISPATCH_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[POOL_DISPATCH_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static const struct workload pool_dispatch = {
	.name = "pool_dispatch",
	.version = 1,
	.summary = "jobs for a pool of workers: what it costs to have them done by somebody else",
	.operation = "one job was submitted, run by a worker, and its result seen by the submitter",
	.params = pool_dispatch_params,
	.profiles =
		{
			"jobs=20k window=50ms placement=free",
			"jobs=20k inflight=1,64 window=100ms placement=free",
			"workers=1,4,16 work=0,1us,10us inflight=1,16,64,1024 jobs=20k placement=same,free",
		},
	.sweep = "workers=1,4,16,64,256 jobs=10k window=40ms",
	.roles = {{
		.name = "workers",
		.task = pool_dispatch_task,
		.event = pool_dispatch_event,
		.call = pool_dispatch_call,
		.needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_CHANNELS,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.lat_kind = "job",
	.latency_pass = true,
	.latency_single = true,
	.scale_param = "workers",
	.tasks = pool_dispatch_tasks,
	.sizing = pool_dispatch_sizing,
	.least_ns = pool_dispatch_least_ns,
	.round_ops = pool_dispatch_round_ops,
	.round_digest = pool_dispatch_round_digest,
};

/* ---- pipeline ---- */

static const char *pipeline_unsupported(const int64_t *params, enum backend_carrier carrier)
{
	if (carrier == BACKEND_CARRIER_CALL && params[PIPELINE_SLEEP] > 0)
		return "plain calls cannot wait for many items at a time; with sleep=0 they can do the "
			   "rest";
	return NULL;
}

static const struct param_row pipeline_params[] = {
	[PIPELINE_ITEMS] = {"items", PARAM_COUNT, "1k", 1, 1000000, NULL, "items in a round"},
	[PIPELINE_STAGES] = {"stages", PARAM_COUNT, "2", 1, 64, NULL,
						 "stages that each of them goes through"},
	[PIPELINE_SLEEP] = {"sleep", PARAM_TIME, "2ms", 0, 60 * CLOCK_NS_PER_S, NULL,
						"how long it waits in each of them; 0: not at all"},
	[PIPELINE_MODE] = {"mode", PARAM_CHOICE, "gather", 0, 0, "gather|stream",
					   "groups with a barrier after each stage, or a queue before each stage"},
	[PIPELINE_INFLIGHT] = {"inflight", PARAM_COUNT, "100", 1, 100000, NULL,
						   "items on their way at a time"},
	[PIPELINE_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[PIPELINE_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static const struct workload pipeline = {
	.name = "pipeline",
	.version = 1,
	.summary = "items that wait in stage after stage: with barriers between these, or without",
	.operation = "one item went through all stages",
	.params = pipeline_params,
	.profiles =
		{
			"items=100 sleep=1ms mode=gather,stream inflight=10 window=40ms",
			"mode=gather,stream",
			"stages=2,5 sleep=0,2ms mode=gather,stream inflight=10,100,1k placement=same,free",
		},
	.sweep = "inflight=1,4,16,64,256 items=256 sleep=1ms window=20ms",
	.roles = {{
		.name = "workers",
		.task = pipeline_task,
		.event = pipeline_event,
		.call = pipeline_call,
		.needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_SLEEP | WORKLOAD_NEEDS_CHANNELS,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.lat_kind = "item",
	.scale_param = "inflight",
	.unsupported = pipeline_unsupported,
	.tasks = pipeline_tasks,
	.sizing = pipeline_sizing,
	.least_ns = pipeline_least_ns,
	.round_ops = pipeline_round_ops,
	.round_digest = pipeline_round_digest,
};

/* ---- file_read ---- */

/* Whether a read in place would keep all other tasks of the backend waiting. */
static bool file_read_stops_others(enum backend_carrier carrier)
{
	return carrier == BACKEND_CARRIER_SWITCH || carrier == BACKEND_CARRIER_CALLBACK;
}

static void file_read_resolve(int64_t *params, enum backend_carrier carrier)
{
	if (params[FILE_READ_IO] != FILE_READ_AUTO)
		return;
	params[FILE_READ_IO] = FILE_READ_BLOCKING;
	if (file_read_stops_others(carrier))
		params[FILE_READ_IO] =
			fileio_unavailable(FILE_IO_URING) ? FILE_READ_THREADS : FILE_READ_URING;
}

static const char *file_read_unsupported(const int64_t *params, enum backend_carrier carrier)
{
	if (params[FILE_READ_IO] <= FILE_READ_BLOCKING)
		return NULL;
	if (!file_read_stops_others(carrier))
		return "a read stops nobody but its own task, and is not handed on; see io=blocking";
	return fileio_unavailable(file_read_io(params));
}

static const struct param_row file_read_params[] = {
	[FILE_READ_FILES] = {"files", PARAM_COUNT, "64", 1, 100000, NULL,
						 "files that are read in turn"},
	[FILE_READ_SIZE] = {"size", PARAM_BYTES, "4KiB", 8, 64 << 20, NULL,
						"bytes of each, a multiple of 8"},
	[FILE_READ_READS] = {"reads", PARAM_COUNT, "100k", 1, 100000000, NULL,
						 "reads in a round, of all tasks together"},
	[FILE_READ_INFLIGHT] = {"inflight", PARAM_COUNT, "16", 1, 10000, NULL,
							"tasks that share them, each with one read under way"},
	[FILE_READ_IO] = {"io", PARAM_CHOICE, "auto", 0, 0, "auto|blocking|threads|io_uring",
					  "who makes the calls that could block; auto: what suits the backend here"},
	[FILE_READ_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[FILE_READ_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static int file_read_check(const int64_t *params, char *error)
{
	long long files = params[FILE_READ_FILES], size = params[FILE_READ_SIZE];
	long long inflight = params[FILE_READ_INFLIGHT];

	if (size % 8)
		snprintf(error, PARAM_ERROR_MAX, "size: %lld is out of range (a multiple of 8)", size);
	else if (files * size > FILE_READ_BYTES_MAX)
		snprintf(error, PARAM_ERROR_MAX,
				 "files x size: %lld x %lld bytes is out of range (8..1GiB in all)", files, size);
	else if (inflight * size > FILE_READ_BYTES_MAX)
		snprintf(error, PARAM_ERROR_MAX,
				 "inflight x size: %lld x %lld bytes is out of range (8..1GiB in all)", inflight,
				 size);
	else
		return 0;
	return -EINVAL;
}

static const struct workload file_read = {
	.name = "file_read",
	.version = 1,
	.summary = "small files, opened, read and closed: what models do with calls that could block",
	.operation = "one file's block was opened, read, closed and compared",
	.params = file_read_params,
	.profiles =
		{
			"reads=10k io=auto,blocking window=40ms",
			"reads=10k io=auto,blocking,threads window=100ms",
			"size=4KiB,64KiB inflight=1,16,256 io=auto,blocking,threads placement=same,free",
		},
	.sweep = "inflight=1,4,16,64,256 reads=10k io=auto window=40ms",
	.roles = {{
		.name = "readers",
		.task = file_read_task,
		.event = file_read_event,
		.call = file_read_call,
		.needs = WORKLOAD_NEEDS_SPAWN | WORKLOAD_NEEDS_FILES,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.lat_kind = "read",
	.wants_folder = true,
	.beside_param = "io",
	.scale_param = "inflight",
	.check = file_read_check,
	.resolve = file_read_resolve,
	.unsupported = file_read_unsupported,
	.tasks = file_read_tasks,
	.fds_per_task = 1,
	.sizing = file_read_sizing,
	.least_ns = file_read_least_ns,
	.round_ops = file_read_round_ops,
	.round_digest = file_read_round_digest,
};

/* ---- cross_submit ---- */

/* There and back are two hand-offs, of which calls that are under way together share. */
static enum limits_operation cross_submit_floor(const int64_t *params, enum backend_carrier carrier)
{
	static const enum limits_operation floors[] = {
		[BACKEND_CARRIER_CALL] = LIMITS_GENERATOR_CALL,
		[BACKEND_CARRIER_CALLBACK] = LIMITS_GENERATOR_THREAD,
		[BACKEND_CARRIER_SWITCH] = LIMITS_GENERATOR_THREAD,
		[BACKEND_CARRIER_THREAD] = LIMITS_GENERATOR_THREAD,
		[BACKEND_CARRIER_PROCESS] = LIMITS_GENERATOR_PROCESS,
		[BACKEND_CARRIER_UNKNOWN] = LIMITS_OPERATIONS,
	};
	bool shared = params[CROSS_SUBMIT_INFLIGHT] > 1 || params[CROSS_SUBMIT_POSTERS] > 1;

	if (carrier != BACKEND_CARRIER_CALL &&
		(shared || params[CROSS_SUBMIT_PLACEMENT] != WORKLOAD_PLACEMENT_SAME))
		return LIMITS_OPERATIONS;
	return floors[carrier];
}

static const struct param_row cross_submit_params[] = {
	[CROSS_SUBMIT_POSTERS] = {"posters", PARAM_COUNT, "1", 1, 256, NULL,
							  "threads (or processes) that post calls"},
	[CROSS_SUBMIT_CALLS] = {"calls", PARAM_COUNT, "100k", 1, 1000000000, NULL,
							"calls in a round, of all posters together"},
	[CROSS_SUBMIT_INFLIGHT] = {"inflight", PARAM_COUNT, "1", 1, 1024, NULL,
							   "calls that a poster keeps unanswered"},
	[CROSS_SUBMIT_WINDOW] = WORKLOAD_PARAM_WINDOW,
	[CROSS_SUBMIT_PLACEMENT] = WORKLOAD_PARAM_PLACEMENT_OF_ONE("same"),
	{0},
};

static const struct workload cross_submit = {
	.name = "cross_submit",
	.version = 1,
	.summary = "calls posted into a scheduler from other threads: what the way in and back costs",
	.operation = "one call was posted, made, and its result seen by the poster",
	.params = cross_submit_params,
	.profiles =
		{
			"calls=2k inflight=1,64 window=20ms",
			"calls=10k inflight=1,64 window=50ms placement=same,split",
			"posters=1,4 inflight=1,16,64 placement=same,split",
		},
	.sweep = "posters=1,4,16,64 inflight=1 calls=10k window=40ms",
	.roles = {{
		.name = "callee",
		.task = cross_submit_task,
		.event = cross_submit_event,
		.call = cross_submit_call,
		.needs = WORKLOAD_NEEDS_POSTS,
		.stack_bytes = 512,
	}},
	.n_roles = 1,
	.floor = cross_submit_floor,
	.lat_kind = "call",
	.latency_pass = true,
	.latency_single = true,
	.scale_param = "posters",
	.tasks = cross_submit_tasks,
	.tasks_are_posters = true,
	.sizing = cross_submit_sizing,
	.round_ops = cross_submit_round_ops,
	.round_digest = cross_submit_round_digest,
};

/* ---- the list ---- */

const struct workload *const workloads[] = {
	&sleep_fanout, &tcp_echo,      &fib_generators, &spawn_join, &http_get,  &ring,        &lock,
	&cpu_scale,    &bounded_queue, &pool_dispatch,  &pipeline,   &file_read, &cross_submit};

const size_t n_workloads = sizeof(workloads) / sizeof(workloads[0]);

const struct workload *workload_find(const char *name, size_t len)
{
	for (size_t i = 0; i < n_workloads; i++)
		if (strlen(workloads[i]->name) == len && memcmp(workloads[i]->name, name, len) == 0)
			return workloads[i];
	return NULL;
}
