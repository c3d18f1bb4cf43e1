// SPDX-License-Identifier: MIT
/* Eight bytes of text looked at together, as one number whose lowest byte is the first. */
#ifndef CONCBENCH_EIGHT_BYTES_H
#define CONCBENCH_EIGHT_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* A byte eight times. */
#define EIGHT_BYTES_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t eight_bytes_load(const char *text)
{
	uint64_t bytes;

	memcpy(&bytes, text, sizeof(bytes));
	return le64toh(bytes);
}

#endif
