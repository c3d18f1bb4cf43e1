// SPDX-License-Identifier: MIT
/*
 * A histogram as one line of text: HdrHistogram's V2 encoding, compressed, in base64, so that
 * existing viewers read it. All numbers are big-endian.
 *
 *   int32 cookie 0x1c849304 + word size | int32 length of what follows | zlib stream of
 *     int32 cookie 0x1c849303 + word size | int32 length of the counts | int32 normalizing offset
 *     int32 significant digits | int64 lowest value | int64 highest value | double ratio | counts
 *
 * A count is a ZigZag LEB128 number of at most 9 bytes; a negative one stands for so many empty
 * slots. The word size, 0x10, lies in the cookie's second nibble and tells a V2 reader nothing.
 *
 * Only counts travel: minimum and maximum come back as the ends of their slots, the mean as that of
 * the middles of the slots, all within the histogram's 0.1 %.
 */
#ifndef CONCBENCH_HLOG_CODE_H
#define CONCBENCH_HLOG_CODE_H

#include <stddef.h>

#include "hist.h"

/*
 * Encodes a histogram as a text in *text, which is the caller's to free. 0, -ENOMEM, or -ERANGE
 * where samples lie above the range: their slots are not known.
 */
int hlog_encode(const struct hist *hist, char **text);

/*
 * Makes *hist, which is the caller's to release, from `len` bytes of text. Nothing in the text is
 * trusted: whatever lengths and counts it claims, it takes at most 1 MiB beside its own size. 0,
 * -ENOMEM, -EBADMSG for what is malformed, or -ENOTSUP for a histogram of another layout (not 3
 * digits, not a unit of 1, shifted), which ours cannot hold.
 */
int hlog_decode(const char *text, size_t len, struct hist *hist);

#endif
