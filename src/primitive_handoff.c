// SPDX-License-Identifier: MIT
/*
 * Primitives of handing control to another thread or process: a futex word each, or spinning.
 *
 * Two sides take turns. Each has a word of its own in a cache line of its own; who hands over sets
 * the other's word and wakes it, then waits on its own. n round trips are 2 n hand-overs.
 */
#include "primitive.h"

#include <errno.h>
#include <linux/futex.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

enum { SIDE_MAIN, SIDE_PEER };

struct turn {
	struct {
		_Alignas(128) _Atomic uint32_t word; /* 1: it is this side's turn */
	} sides[2];
	bool process; /* the sides are processes: the futex cannot be a private one */
	bool spin;
	int cpu;           /* for the peer */
	_Atomic bool over; /* set by the main side with its last turn */
};

enum { CLOCK_EVERY = 64 }; /* rounds between looks at the clock, which cost 1 % of spinning */

static void futex(struct turn *turn, int side, int operation, uint32_t value)
{
	if (!turn->process)
		operation |= FUTEX_PRIVATE_FLAG;
	/* EAGAIN and EINTR are answered by looking at the word again. */
	syscall(SYS_futex, &turn->sides[side].word, operation, value, NULL, NULL, 0);
}

static void turn_pass(struct turn *turn, int to)
{
	atomic_store_explicit(&turn->sides[to].word, 1, memory_order_release);
	if (!turn->spin)
		futex(turn, to, FUTEX_WAKE, 1);
}

/* Ends when the other side passes the turn. */
static void turn_wait(struct turn *turn, int side)
{
	_Atomic uint32_t *word = &turn->sides[side].word;

	while (atomic_load_explicit(word, memory_order_acquire) == 0)
		if (!turn->spin)
			futex(turn, side, FUTEX_WAIT, 0);
	atomic_store_explicit(word, 0, memory_order_relaxed);
}

/* The other side; ends when the main side says so. */
static void *turn_peer(void *arg)
{
	struct turn *turn = arg;
	bool over;

	/* Unpinned it still works, and as much was possible on the main side a moment ago. */
	(void)primitive_pin(turn->cpu);
	do {
		turn_wait(turn, SIDE_PEER);
		/* Read before the turn is given back: afterwards it may already be about the next one. */
		over = atomic_load_explicit(&turn->over, memory_order_relaxed);
		turn_pass(turn, SIDE_MAIN);
	} while (!over);
	return NULL;
}

static void turn_round(struct turn *turn)
{
	turn_pass(turn, SIDE_PEER);
	turn_wait(turn, SIDE_MAIN);
}

/* Times up to `n` rounds. The first, untimed, is the peer's start, and one more lets it end. */
static double turn_main(struct turn *turn, uint64_t n, int64_t give_up_ns)
{
	uint64_t rounds = 0;
	int64_t begin_ns, now_ns;

	turn_round(turn);
	begin_ns = clock_now_ns();
	do {
		for (int i = 0; i < CLOCK_EVERY && rounds < n; i++, rounds++)
			turn_round(turn);
		now_ns = clock_now_ns();
	} while (rounds < n && now_ns < give_up_ns);
	atomic_store_explicit(&turn->over, true, memory_order_relaxed);
	turn_round(turn);
	return (double)(now_ns - begin_ns) / (double)rounds / 2;
}

static double with_thread(struct primitive_place *place, struct turn *turn, uint64_t n)
{
	pthread_t thread;
	double ns;
	int error = pthread_create(&thread, NULL, turn_peer, turn);

	if (error)
		return primitive_failed(place, "pthread_create", error);
	ns = turn_main(turn, n, place->give_up_ns);
	pthread_join(thread, NULL);
	return ns;
}

static double with_process(struct primitive_place *place, struct turn *turn, uint64_t n)
{
	const pid_t parent = getpid();
	double ns;
	pid_t pid = fork();

	if (pid < 0)
		return primitive_failed(place, "fork", errno);
	if (pid == 0) {
		/* The parent may have died before the signal was asked for. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			turn_peer(turn);
		_exit(0);
	}
	ns = turn_main(turn, n, place->give_up_ns);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return ns;
}

static double measure(struct primitive_place *place, uint64_t n, const struct turn *kind)
{
	struct turn *turn;
	double ns;

	if (!primitive_has_cpu(place, kind->cpu))
		return NAN;
	turn = mmap(NULL, sizeof(*turn), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (turn == MAP_FAILED)
		return primitive_failed(place, "mmap", errno);
	turn->process = kind->process;
	turn->spin = kind->spin;
	turn->cpu = kind->cpu;
	ns = turn->process ? with_process(place, turn, n) : with_thread(place, turn, n);
	munmap(turn, sizeof(*turn));
	return ns;
}

double primitive_handoff_thread_same(struct primitive_place *place, uint64_t n)
{
	return measure(place, n, &(struct turn){.cpu = place->cpu});
}

double primitive_handoff_thread_split(struct primitive_place *place, uint64_t n)
{
	return measure(place, n, &(struct turn){.cpu = place->other_cpu});
}

double primitive_handoff_process_same(struct primitive_place *place, uint64_t n)
{
	return measure(place, n, &(struct turn){.cpu = place->cpu, .process = true});
}

double primitive_handoff_process_split(struct primitive_place *place, uint64_t n)
{
	return measure(place, n, &(struct turn){.cpu = place->other_cpu, .process = true});
}

double primitive_spin_split(struct primitive_place *place, uint64_t n)
{
	return measure(place, n, &(struct turn){.cpu = place->other_cpu, .spin = true});
}
