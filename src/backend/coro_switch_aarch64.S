// SPDX-License-Identifier: MIT
/*
 * Stack switches for aarch64, AAPCS64. What a parked stack holds, from its sp upwards:
 *
 *     x19 .. x28 | x29 x30 | d8 .. d15 | frames of the one who called
 *
 * As in coro_switch_x86_64.S; x30 is the address to go on at. The leaves end in `br` and not in
 * `ret`, which would be predicted to go back to the caller. FPCR and FPSR are not saved.
 */
#if defined(__aarch64__) && defined(__linux__)

#define FRAME 160

.macro LEAF name
	.globl \name
	.hidden \name
	.type \name, %function
	.p2align 5
\name:
	.cfi_startproc
	hint #34 /* bti c */
.endm

.macro SAVE
	sub sp, sp, #FRAME
	.cfi_adjust_cfa_offset FRAME
	stp x19, x20, [sp, #0]
	stp x21, x22, [sp, #16]
	stp x23, x24, [sp, #32]
	stp x25, x26, [sp, #48]
	stp x27, x28, [sp, #64]
	stp x29, x30, [sp, #80]
	stp d8, d9, [sp, #96]
	stp d10, d11, [sp, #112]
	stp d12, d13, [sp, #128]
	stp d14, d15, [sp, #144]
	.cfi_rel_offset x29, 80
	.cfi_rel_offset x30, 88
.endm

.macro EXCHANGE slot
	ldr x9, [\slot]
	mov x10, sp
	str x10, [\slot]
	mov sp, x9
.endm

.macro RESUME name
	ldp x19, x20, [sp, #0]
	ldp x21, x22, [sp, #16]
	ldp x23, x24, [sp, #32]
	ldp x25, x26, [sp, #48]
	ldp x27, x28, [sp, #64]
	ldp x29, x30, [sp, #80]
	ldp d8, d9, [sp, #96]
	ldp d10, d11, [sp, #112]
	ldp d12, d13, [sp, #128]
	ldp d14, d15, [sp, #144]
	add sp, sp, #FRAME
	.cfi_adjust_cfa_offset -FRAME
	.cfi_restore x29
	.cfi_restore x30
	br x30
	.cfi_endproc
	.size \name, . - \name
.endm

	.text

/*
 * struct gen_value coro_asm_wait(struct coro *me, struct coro *next)
 * int coro_asm_swap(struct coro *me, struct coro *next): x0 and x1 are next->got
 */
	.globl coro_asm_wait
	.hidden coro_asm_wait
	.type coro_asm_wait, %function
	.set coro_asm_wait, coro_asm_swap
LEAF coro_asm_swap
	SAVE
	ldr x9, [x1]
	mov x10, sp
	str x10, [x0]
	mov sp, x9
	ldp x0, x1, [x1, #8]
	RESUME coro_asm_swap

/* struct gen_value coro_asm_gen_next(struct gen *gen): its gen_yield returns 1 */
LEAF coro_asm_gen_next
	SAVE
	EXCHANGE x0
	mov x0, #1
	RESUME coro_asm_gen_next

/* uint64_t coro_asm_gen_yield(struct gen *self, uint64_t value): gen_next returns {value, 1} */
LEAF coro_asm_gen_yield
	SAVE
	EXCHANGE x0
	mov x0, x1
	mov x1, #1
	RESUME coro_asm_gen_yield

/* void coro_asm_gen_close(struct gen *gen): its gen_yield returns 0 */
LEAF coro_asm_gen_close
	SAVE
	EXCHANGE x0
	mov x0, #0
	RESUME coro_asm_gen_close

/* void coro_asm_gen_end(struct gen *self): gen_next returns {0, 0} */
LEAF coro_asm_gen_end
	SAVE
	EXCHANGE x0
	mov x0, #0
	mov x1, #0
	RESUME coro_asm_gen_end

/*
 * The first thing to run on a new stack, with what coro_asm_frame put into the registers:
 * x19(x20, x21, x22, x23), then x24(x22), which does not return. Nobody called: no return address
 * for an unwinder to follow.
 */
LEAF coro_asm_entry
	.cfi_undefined x30
	mov x0, x20
	mov x1, x21
	mov x2, x22
	mov x3, x23
	blr x19
	mov x0, x22
	blr x24
	brk #1
	.cfi_endproc
	.size coro_asm_entry, . - coro_asm_entry

#endif
	.section .note.GNU-stack, "", %progbits
