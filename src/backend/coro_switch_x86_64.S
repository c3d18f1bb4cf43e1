// SPDX-License-Identifier: MIT
/*
 * Stack switches for x86-64, System V ABI. What a parked stack holds, from its sp upwards:
 *
 *     r15 r14 r13 r12 rbx rbp | address to go on at | frames of the one who called
 *
 * A generator's control block begins with one slot: the stack pointer of the side that does not
 * run. Pulling and yielding are the same exchange of it with rsp; what differs is the value that
 * travels in registers. See coro_switch.h for what is not saved, and why no leaf ends in `ret`.
 */
#if defined(__x86_64__) && defined(__linux__)

.macro LEAF name
	.globl \name
	.hidden \name
	.type \name, @function
	.p2align 5
\name:
	.cfi_startproc
	endbr64
.endm

.macro SAVE
	push %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	push %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	push %r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	push %r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	push %r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	push %r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
.endm

/* A plain load and store: xchg with memory would lock the bus. */
.macro EXCHANGE slot
	mov (\slot), %rcx
	mov %rsp, (\slot)
	mov %rcx, %rsp
.endm

.macro RESUME name
	pop %r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	pop %r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	pop %r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	pop %r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	pop %rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	pop %rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	pop %rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rcx
	jmp *%rcx
	.cfi_endproc
	.size \name, . - \name
.endm

	.section .text.hot, "ax", @progbits /* beside coro_chan.c's */

/*
 * struct gen_value coro_asm_wait(struct coro *me, struct coro *next)
 * int coro_asm_swap(struct coro *me, struct coro *next)
 *
 * Who leaves loads next->got for the one who comes back, in both registers that a struct gen_value
 * is returned in. Nothing else is loaded after the stack was changed than what RESUME pops.
 */
	.globl coro_asm_wait
	.hidden coro_asm_wait
	.type coro_asm_wait, @function
	.set coro_asm_wait, coro_asm_swap
LEAF coro_asm_swap
	SAVE
	mov (%rsi), %rcx
	mov %rsp, (%rdi)
	mov 8(%rsi), %rax
	mov 16(%rsi), %rdx
	mov %rcx, %rsp
	RESUME coro_asm_swap

/* struct gen_value coro_asm_gen_next(struct gen *gen): its gen_yield returns 1 */
LEAF coro_asm_gen_next
	SAVE
	EXCHANGE %rdi
	mov $1, %eax
	RESUME coro_asm_gen_next

/* uint64_t coro_asm_gen_yield(struct gen *self, uint64_t value): gen_next returns {value, 1} */
LEAF coro_asm_gen_yield
	SAVE
	EXCHANGE %rdi
	mov %rsi, %rax
	mov $1, %edx
	RESUME coro_asm_gen_yield

/* void coro_asm_gen_close(struct gen *gen): its gen_yield returns 0 */
LEAF coro_asm_gen_close
	SAVE
	EXCHANGE %rdi
	xor %eax, %eax
	RESUME coro_asm_gen_close

/* void coro_asm_gen_end(struct gen *self): gen_next returns {0, 0} */
LEAF coro_asm_gen_end
	SAVE
	EXCHANGE %rdi
	xor %eax, %eax
	xor %edx, %edx
	RESUME coro_asm_gen_end

/*
 * The first thing to run on a new stack, with what coro_asm_frame put into the registers:
 * r12(r13, r14, r15, rbx), then rbp(r15), which does not return. Nobody called: no return address
 * for an unwinder to follow.
 */
LEAF coro_asm_entry
	.cfi_undefined %rip
	mov %r13, %rdi
	mov %r14, %rsi
	mov %r15, %rdx
	mov %rbx, %rcx
	call *%r12
	mov %r15, %rdi
	call *%rbp
	ud2
	.cfi_endproc
	.size coro_asm_entry, . - coro_asm_entry

#endif
	.section .note.GNU-stack, "", @progbits
