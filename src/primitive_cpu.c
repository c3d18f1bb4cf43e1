// SPDX-License-Identifier: MIT
/*
 * Primitives of one CPU: clock, system call, call, stack switch, first touch of a page.
 */
#include "primitive.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

static double per_operation(int64_t begin_ns, uint64_t n)
{
	return (double)(clock_now_ns() - begin_ns) / (double)n;
}

double primitive_clock_read(struct primitive_place *place, uint64_t n)
{
	const int64_t begin_ns = clock_now_ns();

	(void)place;
	for (uint64_t i = 0; i < n; i++)
		clock_now_ns();
	return per_operation(begin_ns, n);
}

double primitive_system_call(struct primitive_place *place, uint64_t n)
{
	const int64_t begin_ns = clock_now_ns();

	(void)place;
	for (uint64_t i = 0; i < n; i++)
		syscall(SYS_getppid);
	return per_operation(begin_ns, n);
}

__attribute__((noinline)) static uint64_t call_target(uint64_t value)
{
	__asm__ volatile("");
	return value + 1;
}

double primitive_indirect_call(struct primitive_place *place, uint64_t n)
{
	uint64_t (*volatile pointer)(uint64_t) = call_target;
	uint64_t (*target)(uint64_t) = pointer; /* the compiler cannot know what it has become */
	const int64_t begin_ns = clock_now_ns();
	uint64_t value = 0;

	(void)place;
	for (uint64_t i = 0; i < n; i++)
		value = target(value);
	__asm__ volatile("" : : "r"(value));
	return per_operation(begin_ns, n);
}

#if defined(__x86_64__)

struct context {
	void *sp, *bp, *ip;
};

/*
 * The least that a switch can be: stack and frame pointer and a jump, inlined, so that nothing
 * returns. All other registers count as changed, and the compiler saves those that it needs: none
 * in the loop below. The two pointers change sides with the stacks and come back changed.
 */
__attribute__((always_inline)) static inline void switch_to(struct context *from,
															struct context *to)
{
	__asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
					 "movq %%rsp, 0(%[from])\n\t"
					 "movq %%rbp, 8(%[from])\n\t"
					 "movq %%rax, 16(%[from])\n\t"
					 "movq 0(%[to]), %%rsp\n\t"
					 "movq 8(%[to]), %%rbp\n\t"
					 "jmp *16(%[to])\n"
					 "1:\tendbr64"
					 : [from] "+D"(from), [to] "+S"(to)
					 :
					 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
					   "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
					   "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
					   "memory", "cc");
}

/*
 * Runs on the other stack. The first switch to it passes its registers: `caller`, `self`. Its frame
 * is still there when the stack is unmapped; ASan would go on to take what is mapped there next for
 * that frame.
 */
__attribute__((noreturn, no_sanitize_address)) static void switch_back_forever(
	struct context *caller, struct context *self)
{
	/* Volatile, so that they are read from this stack after each switch. */
	struct context *volatile to = caller, *volatile from = self;

	/* Ends when nobody switches here any more; the stack is then unmapped. */
	for (;;)
		switch_to(from, to);
}

double primitive_switch(struct primitive_place *place, uint64_t n)
{
	enum { STACK_BYTES = 64 << 10 }; /* a signal's frame fits, even with AMX */
	struct context here, there;
	int64_t begin_ns;
	double ns;
	char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return primitive_failed(place, "mmap", errno);
	/* As after a call: 8 bytes below a multiple of 16. */
	there = (struct context){stack + STACK_BYTES - 8, NULL, (void *)switch_back_forever};
	switch_to(&here, &there);
	begin_ns = clock_now_ns();
	for (uint64_t i = 0; i < n; i++)
		switch_to(&here, &there);
	ns = per_operation(begin_ns, n);
	munmap(stack, STACK_BYTES);
	return ns;
}

#else

double primitive_switch(struct primitive_place *place, uint64_t n)
{
	(void)n;
	return primitive_failed(place, "written for x86-64 only", 0);
}

#endif

double primitive_page_touch(struct primitive_place *place, uint64_t n)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int64_t begin_ns;
	double ns;
	volatile char *pages = mmap(NULL, n * page, PROT_READ | PROT_WRITE,
								MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (pages == MAP_FAILED)
		return primitive_failed(place, "mmap", errno);
	/* A huge page would be touched 512 times at once; an old kernel knows none. */
	(void)madvise((void *)pages, n * page, MADV_NOHUGEPAGE);
	begin_ns = clock_now_ns();
	for (uint64_t i = 0; i < n; i++)
		pages[i * page] = 1;
	ns = per_operation(begin_ns, n);
	munmap((void *)pages, n * page);
	return ns;
}
