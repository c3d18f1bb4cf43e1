// SPDX-License-Identifier: MIT
/* Histogram to text and back; hlog_code.h draws the format. */
#include "hlog_code.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <zlib.h>

enum {
	PLAIN_COOKIE = 0x1c849303,
	DEFLATED_COOKIE = 0x1c849304,
	WORD_SIZE = 0x10,
	WORD_SIZE_MASK = 0xf0,
	DEFLATED_HEAD = 8,
	SLOTS_MAX = 54 * 1024, /* of the widest histogram, 0..INT64_MAX */
	COUNT_BYTES_MAX = 9,
};

/* What stands before the counts. */
struct plain_head {
	uint32_t cookie;
	uint32_t counts_bytes;
	uint32_t normalizing_offset;
	uint32_t digits;
	uint64_t lowest, highest;
	uint64_t ratio; /* a double */
};

_Static_assert(sizeof(struct plain_head) == 40, "the head has no padding");

enum { PLAIN_MAX = sizeof(struct plain_head) + (size_t)SLOTS_MAX * COUNT_BYTES_MAX };

static const uint64_t RATIO_ONE = 0x3ff0000000000000; /* 1.0 */

/* ---- base64 ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

enum { PADDING = 64 }; /* the letter behind the 64 */

static size_t base64_size(size_t n)
{
	return (n + 2) / 3 * 4;
}

static void base64_encode(const uint8_t *bytes, size_t n, char *text)
{
	for (size_t i = 0; i < n; i += 3, text += 4) {
		uint32_t group = (uint32_t)bytes[i] << 16;

		if (i + 1 < n)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < n)
			group |= bytes[i + 2];
		text[0] = letters[group >> 18];
		text[1] = letters[group >> 12 & 63];
		text[2] = letters[i + 1 < n ? group >> 6 & 63 : PADDING];
		text[3] = letters[i + 2 < n ? group & 63 : PADDING];
	}
	*text = '\0';
}

/* The value of a letter, or -1. */
static int base64_value(char letter)
{
	const char *at = letter ? strchr(letters, letter) : NULL;

	return at && at < letters + PADDING ? (int)(at - letters) : -1;
}

/* Decodes into bytes[len / 4 * 3]. How many bytes there are, or -EBADMSG. */
static ssize_t base64_decode(const char *text, size_t len, uint8_t *bytes)
{
	size_t padding = 0;

	if (len == 0 || len % 4)
		return -EBADMSG;
	while (padding < 2 && text[len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t group = 0;

		for (size_t j = i; j < i + 4; j++) {
			int value = j < len - padding ? base64_value(text[j]) : 0;

			if (value < 0)
				return -EBADMSG;
			group = group << 6 | (uint32_t)value;
		}
		*bytes++ = (uint8_t)(group >> 16);
		*bytes++ = (uint8_t)(group >> 8);
		*bytes++ = (uint8_t)group;
	}
	return (ssize_t)(len / 4 * 3 - padding);
}

/* ---- counts ---- */

static uint8_t *put_number(uint8_t *at, int64_t number)
{
	uint64_t rest = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);

	/* Eight bytes carry 7 bits each, a ninth carries 8. */
	for (int i = 1; i < COUNT_BYTES_MAX && rest >= 0x80; i++, rest >>= 7)
		*at++ = (uint8_t)(rest | 0x80);
	*at++ = (uint8_t)rest;
	return at;
}

/* Reads a number and moves *at behind it; false when it runs into `end`. */
static bool get_number(const uint8_t **at, const uint8_t *end, int64_t *number)
{
	uint64_t value = 0;

	for (int i = 0; i < COUNT_BYTES_MAX; i++) {
		if (*at == end)
			return false;

		uint8_t byte = *(*at)++;
		bool last = i == COUNT_BYTES_MAX - 1;
		value |= (uint64_t)(last ? byte : byte & 0x7f) << 7 * i;
		if (last || !(byte & 0x80))
			break;
	}
	*number = (int64_t)(value >> 1 ^ -(value & 1));
	return true;
}

static uint8_t *put_counts(uint8_t *at, const struct hist *hist)
{
	struct hist_iter iter = {0};
	size_t n_put = 0; /* slots */

	while (hist_iter_next(hist, &iter)) {
		int64_t n_empty = (int64_t)(iter.next - 1 - n_put);

		if (n_empty > 0)
			at = put_number(at, -n_empty);
		at = put_number(at, iter.count);
		n_put = iter.next;
	}
	return n_put ? at : put_number(at, 0);
}

/* Fills the slots alone. 0, or -EBADMSG where there are too many slots or too many samples. */
static int get_counts(const uint8_t *at, const uint8_t *end, struct hist *hist)
{
	size_t slot = 0;
	int64_t sum = 0;

	while (at < end) {
		int64_t number;
		size_t room = hist->n_counts - slot;

		if (!get_number(&at, end, &number) || room == 0)
			return -EBADMSG;
		if (number < 0) {
			/* Negated as unsigned: the lowest number has no positive counterpart. */
			if (-(uint64_t)number > room)
				return -EBADMSG;
			slot += -(uint64_t)number;
			continue;
		}
		if (__builtin_add_overflow(sum, number, &sum))
			return -EBADMSG;
		hist->counts[slot++] = number;
	}
	return 0;
}

/* Sets all that is kept beside the slots from the slots. */
static void take_stock(struct hist *hist)
{
	struct hist_iter iter = {0};

	while (hist_iter_next(hist, &iter)) {
		int64_t middle_ns = iter.low_ns + (iter.high_ns - iter.low_ns + 1) / 2;

		if (hist->count == 0)
			hist->min_ns = iter.low_ns;
		hist->max_ns = iter.high_ns;
		hist->count += iter.count;
		hist->sum_ns += (unsigned __int128)middle_ns * (unsigned __int128)iter.count;
	}
}

/* ---- there ---- */

/* The uncompressed form in `plain`, which has room for it; its length. */
static size_t put_plain(const struct hist *hist, uint8_t *plain)
{
	uint8_t *counts = plain + sizeof(struct plain_head);
	uint8_t *end = put_counts(counts, hist);
	struct plain_head head = {
		.cookie = htobe32(PLAIN_COOKIE | WORD_SIZE),
		.counts_bytes = htobe32((uint32_t)(end - counts)),
		.digits = htobe32(HIST_SIGNIFICANT_DIGITS),
		.lowest = htobe64(1),
		.highest = htobe64((uint64_t)hist->highest_ns),
		.ratio = htobe64(RATIO_ONE),
	};

	memcpy(plain, &head, sizeof(head));
	return (size_t)(end - plain);
}

int hlog_encode(const struct hist *hist, char **text)
{
	if (hist->overflow)
		return -ERANGE;

	size_t plain_max = sizeof(struct plain_head) + hist->n_counts * COUNT_BYTES_MAX;
	uLongf size = compressBound(plain_max);
	uint8_t *plain = malloc(plain_max);
	uint8_t *deflated = malloc(DEFLATED_HEAD + size);
	int rc = -ENOMEM;

	*text = NULL;
	if (!plain || !deflated)
		goto out_free;
	size_t plain_size = put_plain(hist, plain);
	if (compress(deflated + DEFLATED_HEAD, &size, plain, plain_size) != Z_OK)
		goto out_free;
	uint32_t head[] = {htobe32(DEFLATED_COOKIE | WORD_SIZE), htobe32((uint32_t)size)};
	memcpy(deflated, head, DEFLATED_HEAD);
	*text = malloc(base64_size(DEFLATED_HEAD + size) + 1);
	if (*text) {
		base64_encode(deflated, DEFLATED_HEAD + size, *text);
		rc = 0;
	}
out_free:
	free(deflated);
	free(plain);
	return rc;
}

/* ---- and back ---- */

/* Whether a cookie, as it lies in the file, is `wanted`, whatever its word size. */
static bool is_cookie(uint32_t cookie, uint32_t wanted)
{
	return (be32toh(cookie) & ~(uint32_t)WORD_SIZE_MASK) == wanted;
}

/* Uncompresses into plain[PLAIN_MAX]. The length, -EBADMSG or -ENOMEM. */
static ssize_t inflate_plain(const uint8_t *deflated, size_t size, uint8_t *plain)
{
	uint32_t head[2];

	if (size < DEFLATED_HEAD)
		return -EBADMSG;
	memcpy(head, deflated, DEFLATED_HEAD);
	if (!is_cookie(head[0], DEFLATED_COOKIE) || be32toh(head[1]) != size - DEFLATED_HEAD)
		return -EBADMSG;

	uLongf length = PLAIN_MAX;
	uLong used = size - DEFLATED_HEAD;
	int status = uncompress2(plain, &length, deflated + DEFLATED_HEAD, &used);
	if (status == Z_MEM_ERROR)
		return -ENOMEM;
	return status == Z_OK && used == size - DEFLATED_HEAD ? (ssize_t)length : -EBADMSG;
}

static int get_plain(const uint8_t *plain, size_t size, struct hist *hist)
{
	struct plain_head head;

	if (size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, plain, sizeof(head));
	int64_t highest = (int64_t)be64toh(head.highest);
	if (!is_cookie(head.cookie, PLAIN_COOKIE) ||
		be32toh(head.counts_bytes) != size - sizeof(head) || highest < 2)
		return -EBADMSG;
	if (be32toh(head.digits) != HIST_SIGNIFICANT_DIGITS || be64toh(head.lowest) != 1 ||
		head.normalizing_offset)
		return -ENOTSUP;

	int rc = hist_init(hist, highest);
	if (rc)
		return rc;
	rc = get_counts(plain + sizeof(head), plain + size, hist);
	if (rc)
		hist_release(hist);
	else
		take_stock(hist);
	return rc;
}

int hlog_decode(const char *text, size_t len, struct hist *hist)
{
	uint8_t *deflated = malloc(len / 4 * 3 + 1);
	uint8_t *plain = malloc(PLAIN_MAX);
	ssize_t size = deflated && plain ? base64_decode(text, len, deflated) : -ENOMEM;

	if (size >= 0)
		size = inflate_plain(deflated, (size_t)size, plain);
	int rc = size < 0 ? (int)size : get_plain(plain, (size_t)size, hist);
	free(plain);
	free(deflated);
	return rc;
}
