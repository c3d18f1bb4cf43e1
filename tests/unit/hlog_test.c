// SPDX-License-Identifier: MIT
/*
 * Interval logs: there and back, what another program wrote, everything that can be malformed, and
 * whole lines or none.
 */
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "hist.h"
#include "hlog.h"
#include "hlog_code.h"
#include "trial_log.h"

/* Written by HdrHistogram for Java: 1..1000, 400 times each; and 2^60 times 7, 5 times 3e12. */
#define JAVA_THOUSAND "HISTFAAAADF42pNpmSzMwMB+kQECmKE0I5DpZrBjAYP9B6jIArZROApH4SgchaNwFA51CACOG42x"
#define JAVA_LARGE "HISTFAAAACZ42pNpmSzMwMDAxwABzFCa0f4/BNh/gAjwNkCBwvVWFi4ASGUPVw=="

/* A fixed sequence (xorshift64), the same on every machine. */
static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct hist make(int64_t highest_ns)
{
	struct hist hist;

	assert_int_equal(hist_init(&hist, highest_ns), 0);
	return hist;
}

/* ---- there and back ---- */

/* Slots travel exactly; minimum and maximum as the ends of their slots. */
static void check_round_trip(struct hist *hist)
{
	struct hist back;
	struct hist_iter first = {0};
	char *text, *again;

	assert_int_equal(hlog_encode(hist, &text), 0);
	assert_int_equal(hlog_decode(text, strlen(text), &back), 0);
	assert_int_equal(back.n_counts, hist->n_counts);
	assert_int_equal(back.highest_ns, hist->highest_ns);
	assert_memory_equal(back.counts, hist->counts, hist->n_counts * sizeof(*hist->counts));
	assert_int_equal(back.count, hist->count);
	assert_int_equal(back.overflow, 0);
	if (hist_iter_next(hist, &first)) {
		assert_int_equal(back.min_ns, first.low_ns);
		assert_true(back.max_ns >= hist->max_ns);
		assert_true((double)(back.max_ns - hist->max_ns) <= 0.001 * (double)hist->max_ns);
		assert_true(hist_mean(&back) >= 0.999 * hist_mean(hist));
		assert_true(hist_mean(&back) <= 1.001 * hist_mean(hist));
	} else {
		assert_int_equal(back.min_ns, HIST_NONE);
		assert_int_equal(back.max_ns, HIST_NONE);
	}
	assert_int_equal(hlog_encode(&back, &again), 0);
	assert_string_equal(again, text);
	free(again);
	free(text);
	hist_release(&back);
	hist_release(hist);
}

static void histograms_come_back(void **state)
{
	static const int64_t ranges_ns[] = {1, 4000, HIST_HOUR_NS, INT64_MAX};
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (size_t i = 0; i < sizeof(ranges_ns) / sizeof(*ranges_ns); i++) {
		struct hist hist = make(ranges_ns[i]);

		for (int n = 0; n < 20000; n++) {
			int64_t ns = (int64_t)(random_next(&seed) >> (1 + random_next(&seed) % 60));

			hist_add(&hist, ns % hist.highest_ns);
		}
		hist_add(&hist, hist.highest_ns);
		check_round_trip(&hist);
	}
}

static void extreme_histograms_come_back(void **state)
{
	struct hist hist = make(HIST_HOUR_NS);

	(void)state;
	check_round_trip(&hist);
	hist = make(HIST_HOUR_NS);
	hist_add(&hist, 0);
	check_round_trip(&hist);
	/* Counts of every length, up to the nine bytes of the largest. */
	hist = make(INT64_MAX);
	for (int bit = 0; bit < 62; bit++)
		hist_add_n(&hist, INT64_C(3) * bit, INT64_C(1) << bit);
	check_round_trip(&hist);
	hist = make(INT64_MAX);
	hist_add_n(&hist, 1, INT64_MAX - 1);
	hist_add(&hist, INT64_MAX);
	check_round_trip(&hist);
	/* No run of empty slots to make it small: the longest text there is. */
	hist = make(INT64_MAX);
	uint64_t seed = 4101842887655102017u;
	for (size_t slot = 0; slot < hist.n_counts; slot++)
		hist.counts[slot] = (int64_t)(random_next(&seed) >> 20);
	for (size_t slot = 0; slot < hist.n_counts; slot++)
		hist.count += hist.counts[slot];
	hist.min_ns = 0;
	hist.max_ns = INT64_MAX;
	char *text;
	struct hist back;
	assert_int_equal(hlog_encode(&hist, &text), 0);
	assert_true(strlen(text) < 1000000);
	assert_int_equal(hlog_decode(text, strlen(text), &back), 0);
	assert_memory_equal(back.counts, hist.counts, hist.n_counts * sizeof(*hist.counts));
	free(text);
	hist_release(&back);
	hist_release(&hist);
}

static void what_another_program_wrote_is_read(void **state)
{
	struct hist hist;

	(void)state;
	assert_int_equal(hlog_decode(JAVA_THOUSAND, strlen(JAVA_THOUSAND), &hist), 0);
	assert_int_equal(hist.count, 400000);
	assert_int_equal(hist.min_ns, 1);
	assert_int_equal(hist.max_ns, 1000);
	assert_true(hist_mean(&hist) == 500.5);
	assert_int_equal(hist_percentile(&hist, 50), 500);
	assert_int_equal(hist_percentile(&hist, 99.9), 999);
	hist_release(&hist);
	assert_int_equal(hlog_decode(JAVA_LARGE, strlen(JAVA_LARGE), &hist), 0);
	assert_int_equal(hist.count, (INT64_C(1) << 60) + 5);
	assert_int_equal(hist.min_ns, 7);
	assert_true(hist.max_ns >= 3000000000000 && hist.max_ns < 3003000000000);
	hist_release(&hist);
}

static void samples_above_the_range_cannot_be_written(void **state)
{
	struct hist hist = make(4000);
	char *text;

	(void)state;
	hist_add(&hist, 5000);
	assert_int_equal(hlog_encode(&hist, &text), -ERANGE);
	hist_release(&hist);
}

/* ---- malformed histograms ---- */

/* An encoding under construction: the head's fields, and counts as raw bytes. */
struct forged {
	uint32_t outer_cookie, outer_length_add;
	uint32_t cookie, counts_length_add;
	uint32_t offset, digits;
	uint64_t lowest, highest;
	const uint8_t *counts;
	size_t n_counts; /* bytes */
	size_t cut;      /* bytes taken from the end of the compressed stream */
	size_t behind;   /* bytes put behind it */
};

static const uint8_t one_two[] = {2, 4};

/* Good as it is: one sample of 0 ns and two of 1 ns. */
static struct forged forge(void)
{
	return (struct forged){
		.outer_cookie = 0x1c849314,
		.cookie = 0x1c849313,
		.digits = 3,
		.lowest = 1,
		.highest = 4095,
		.counts = one_two,
		.n_counts = sizeof(one_two),
	};
}

static char *base64(const uint8_t *bytes, size_t n)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	char *text = calloc(n / 3 + 2, 4);

	for (size_t i = 0; i < n; i += 3) {
		char *at = text + i / 3 * 4;
		unsigned group = (unsigned)bytes[i] << 16 | (i + 1 < n ? (unsigned)bytes[i + 1] << 8 : 0) |
						 (i + 2 < n ? bytes[i + 2] : 0u);

		for (int j = 0; j < 4; j++)
			at[j] = letters[i + (size_t)j <= n ? group >> (18 - 6 * j) & 63 : 64];
	}
	return text;
}

/* The text of a forged encoding, for the caller to free. */
static char *forged_text(struct forged forged)
{
	size_t plain_size = 40 + forged.n_counts;
	uint8_t *plain = calloc(1, plain_size);
	uint32_t head[] = {
		htobe32(forged.cookie),
		htobe32((uint32_t)forged.n_counts + forged.counts_length_add),
		htobe32(forged.offset),
		htobe32(forged.digits),
	};
	uint64_t range[] = {htobe64(forged.lowest), htobe64(forged.highest)};

	memcpy(plain, head, sizeof(head));
	memcpy(plain + 16, range, sizeof(range));
	if (forged.n_counts)
		memcpy(plain + 40, forged.counts, forged.n_counts);
	uLongf size = compressBound(plain_size);
	uint8_t *all = calloc(1, 8 + size + forged.behind);
	assert_int_equal(compress(all + 8, &size, plain, plain_size), Z_OK);
	size = size - forged.cut + forged.behind;
	uint32_t outer[] = {
		htobe32(forged.outer_cookie),
		htobe32((uint32_t)size + forged.outer_length_add),
	};
	memcpy(all, outer, sizeof(outer));
	char *text = base64(all, 8 + size);
	free(all);
	free(plain);
	return text;
}

static int decode_forged(struct forged forged)
{
	struct hist hist;
	char *text = forged_text(forged);
	int rc = hlog_decode(text, strlen(text), &hist);

	free(text);
	if (rc == 0)
		hist_release(&hist);
	return rc;
}

#define FORGED(expected, ...)                              \
	do {                                                   \
		struct forged forged = forge();                    \
		__VA_ARGS__;                                       \
		assert_int_equal(decode_forged(forged), expected); \
	} while (0)

static void a_head_is_not_trusted(void **state)
{
	(void)state;
	FORGED(0, );
	FORGED(0, forged.outer_cookie = 0x1c849304; forged.cookie = 0x1c849383);
	FORGED(-EBADMSG, forged.outer_cookie = 0x1c849313);
	FORGED(-EBADMSG, forged.outer_cookie = 0);
	FORGED(-EBADMSG, forged.cookie = 0x1c849314);
	FORGED(-EBADMSG, forged.cookie = 0x1c849301);
	FORGED(-EBADMSG, forged.outer_length_add = 1);
	FORGED(-EBADMSG, forged.outer_length_add = 0x7fffffff);
	FORGED(-EBADMSG, forged.outer_length_add = UINT32_MAX);
	FORGED(-EBADMSG, forged.counts_length_add = 1);
	FORGED(-EBADMSG, forged.counts_length_add = 0x7fffffff);
	FORGED(-EBADMSG, forged.counts_length_add = UINT32_MAX);
	FORGED(-EBADMSG, forged.highest = 0);
	FORGED(-EBADMSG, forged.highest = UINT64_MAX);
	FORGED(0, forged.highest = INT64_MAX);
	FORGED(-EBADMSG, forged.cut = 1);
	FORGED(-EBADMSG, forged.cut = 20);
	FORGED(-EBADMSG, forged.behind = 1);
}

static void other_layouts_are_said_to_be_such(void **state)
{
	(void)state;
	FORGED(-ENOTSUP, forged.digits = 2);
	FORGED(-ENOTSUP, forged.digits = UINT32_MAX);
	FORGED(-ENOTSUP, forged.lowest = 1000);
	FORGED(-ENOTSUP, forged.lowest = 0);
	FORGED(-ENOTSUP, forged.offset = 1);
}

#define COUNTS(...)                                 \
	forged.counts = (const uint8_t[]){__VA_ARGS__}; \
	forged.n_counts = sizeof((const uint8_t[]){__VA_ARGS__})

static void counts_are_not_trusted(void **state)
{
	(void)state;
	FORGED(0, forged.n_counts = 0);
	/* The 3,072 slots of 0..4095: a run of 3,071 empty ones (ZigZag 6141), then a last. */
	FORGED(0, COUNTS(0xfd, 0x2f, 2));
	FORGED(-EBADMSG, COUNTS(0xfd, 0x2f, 2, 2));
	FORGED(-EBADMSG, COUNTS(0xfd, 0x2f, 2, 0));
	FORGED(0, COUNTS(0xff, 0x2f));
	FORGED(-EBADMSG, COUNTS(0x81, 0x30));
	/* The lowest number there is, which cannot be negated. */
	FORGED(-EBADMSG, COUNTS(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
	/* The highest, alone and with another sample. */
	FORGED(0, COUNTS(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
	FORGED(-EBADMSG, COUNTS(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2));
	/* A number that is cut. */
	FORGED(-EBADMSG, COUNTS(0x82));
	FORGED(-EBADMSG, COUNTS(2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
}

/* 64 MiB of empty slots, deflated piece by piece: less than 100 KiB of text. */
static char *bomb_text(void)
{
	enum { PIECE = 1 << 16, PIECES = 1024, OUT = 80 << 10 };
	static uint8_t zeros[PIECE], out[OUT];
	z_stream stream = {.next_out = out + 8, .avail_out = OUT - 8};

	assert_int_equal(deflateInit(&stream, Z_DEFAULT_COMPRESSION), Z_OK);
	for (int i = 0; i < PIECES; i++) {
		stream.next_in = zeros;
		stream.avail_in = PIECE;
		int status = deflate(&stream, i + 1 < PIECES ? Z_NO_FLUSH : Z_FINISH);
		assert_int_equal(status, i + 1 < PIECES ? Z_OK : Z_STREAM_END);
	}
	uint32_t head[] = {htobe32(0x1c849314), htobe32((uint32_t)stream.total_out)};
	memcpy(out, head, sizeof(head));
	size_t size = 8 + stream.total_out;
	assert_int_equal(deflateEnd(&stream), Z_OK);
	return base64(out, size);
}

static void a_bomb_does_not_go_off(void **state)
{
	struct rusage before, after;
	char *text = bomb_text();
	struct hist hist;

	(void)state;
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	assert_int_equal(hlog_decode(text, strlen(text), &hist), -EBADMSG);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 8 << 10); /* KiB */
	free(text);
}

static void every_cut_and_every_changed_letter_is_seen(void **state)
{
	char text[] = JAVA_THOUSAND;
	size_t len = strlen(text);
	struct hist hist;

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(hlog_decode(text, cut, &hist), -EBADMSG);
	for (size_t i = 0; i < len; i++) {
		static const char others[] = "A/=,\n\x80";
		char was = text[i];

		for (size_t j = 0; j < sizeof(others); j++) {
			text[i] = others[j];
			int rc = hlog_decode(text, len, &hist);
			/* The word sizes (letter 6 and one inside the stream) may be anything. */
			if (rc == 0) {
				assert_int_equal(hist.count, 400000);
				hist_release(&hist);
			} else {
				assert_int_equal(rc, -EBADMSG);
			}
		}
		text[i] = was;
	}
}

static void random_counts_do_no_harm(void **state)
{
	uint64_t seed = 2463534242u;
	int n_good = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint8_t counts[64];
		struct forged forged = forge();

		for (size_t j = 0; j < sizeof(counts); j++)
			counts[j] = (uint8_t)(random_next(&seed) >> 32) & (i % 2 ? 0xff : 0x7f);
		forged.counts = counts;
		forged.n_counts = 1 + random_next(&seed) % sizeof(counts);
		int rc = decode_forged(forged);
		assert_true(rc == 0 || rc == -EBADMSG);
		n_good += rc == 0;
	}
	assert_true(n_good > 100);
}

/* ---- files ---- */

static char path[64];

static int make_path(void **state)
{
	(void)state;
	strcpy(path, "/tmp/hlog_test.XXXXXX");
	int fd = mkstemp(path);
	return fd < 0 || close(fd) < 0 || unlink(path) < 0;
}

static int remove_path(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void put_file(const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static off_t file_size(void)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

static struct hlog open_log(enum csv_mode mode)
{
	struct hlog hlog;

	assert_int_equal(hlog_open(&hlog, path, mode, 1700000000.25, "a comment"), 0);
	return hlog;
}

static void write_one(struct hlog *hlog, const char *tag, int64_t ns)
{
	struct hlog_interval interval = {.tag = tag, .start_s = 1.5, .length_s = 0.0625};
	struct hist hist = make(HIST_HOUR_NS);

	hist_add(&hist, ns);
	assert_int_equal(hlog_write(hlog, &interval, &hist), 0);
	hist_release(&hist);
}

static void read_one(struct hlog_reader *reader, const char *tag, int64_t ns)
{
	struct hlog_interval interval;
	struct hist hist;

	assert_int_equal(hlog_read(reader, &interval, &hist), 1);
	assert_string_equal(interval.tag, tag);
	assert_true(interval.start_s == 1.5);
	assert_true(interval.length_s == 0.063);
	assert_int_equal(hist.count, 1);
	assert_int_equal(hist.max_ns, ns);
	hist_release(&hist);
}

static void a_log_comes_back(void **state)
{
	struct hlog hlog = open_log(CSV_CREATE);
	struct hlog_reader reader;
	struct hlog_interval interval;
	struct hist hist;

	(void)state;
	write_one(&hlog, "w/b/k=v;l=w/rep=1/batch=64", 42);
	write_one(&hlog, "", 43);
	assert_int_equal(hlog_close(&hlog), 0);
	hlog = open_log(CSV_APPEND);
	write_one(&hlog, "again", 44);
	assert_int_equal(hlog_close(&hlog), 0);
	assert_int_equal(hlog_reader_open(&reader, path), 0);
	read_one(&reader, "w/b/k=v;l=w/rep=1/batch=64", 42);
	read_one(&reader, "", 43);
	read_one(&reader, "again", 44);
	assert_int_equal(hlog_read(&reader, &interval, &hist), 0);
	hlog_reader_close(&reader);
}

static void files_are_not_touched_unasked(void **state)
{
	struct hlog hlog;

	(void)state;
	put_file("precious\n", 9);
	assert_int_equal(hlog_open(&hlog, path, CSV_CREATE, 0, ""), -EEXIST);
	assert_int_equal(hlog_open(&hlog, path, CSV_APPEND, 0, ""), -EBADMSG);
	assert_int_equal(file_size(), 9);
	hlog = open_log(CSV_FORCE);
	write_one(&hlog, "x", 1);
	assert_int_equal(hlog_close(&hlog), 0);
	/* A last line that is cut is not continued. */
	assert_int_equal(truncate(path, file_size() - 1), 0);
	assert_int_equal(hlog_open(&hlog, path, CSV_APPEND, 0, ""), -EBADMSG);
	assert_int_equal(hlog_open(&hlog, "/nowhere/x.hlog", CSV_CREATE, 0, ""), -ENOENT);
	assert_int_equal(hlog_open(&hlog, "/dev/full", CSV_CREATE, 0, ""), -ENOSPC);
}

static void a_line_is_written_whole_or_not_at_all(void **state)
{
	struct hlog hlog = open_log(CSV_CREATE);
	struct hlog_interval interval = {.tag = "x"};
	struct hist hist = make(HIST_HOUR_NS);
	struct rlimit before, little;
	off_t size = file_size();

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	little = before;
	little.rlim_cur = (rlim_t)size + 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	int rc = hlog_write(&hlog, &interval, &hist);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(rc, -EFBIG);
	assert_int_equal(file_size(), size);
	assert_int_equal(hlog_write(&hlog, &interval, &hist), 0);
	assert_true(file_size() > size);
	size = file_size();
	interval.tag = "a,b";
	assert_int_equal(hlog_write(&hlog, &interval, &hist), -EINVAL);
	interval.tag = "a b";
	assert_int_equal(hlog_write(&hlog, &interval, &hist), -EINVAL);
	assert_int_equal(file_size(), size);
	assert_int_equal(hlog_close(&hlog), 0);
	hist_release(&hist);
}

/* Reads a file of one good comment and the given second line. */
static void check_line(const char *line, size_t len, int expected)
{
	char text[512] = "#[a comment]\n";
	size_t before = strlen(text);
	struct hlog_reader reader;
	struct hlog_interval interval;
	struct hist hist;

	assert_true(before + len < sizeof(text));
	memcpy(text + before, line, len);
	put_file(text, before + len);
	assert_int_equal(hlog_reader_open(&reader, path), 0);
	int rc = hlog_read(&reader, &interval, &hist);
	if (rc != expected)
		fail_msg("%.*s: %d", (int)len, line, rc);
	if (rc == 1)
		hist_release(&hist);
	if (rc < 0) {
		assert_int_equal(reader.line_number, 2);
		assert_non_null(reader.error);
	}
	hlog_reader_close(&reader);
}

static void malformed_lines_are_refused(void **state)
{
	static const char *const bad[] = {
		"\n",
		",\n",
		"Tag=\n",
		"Tag=x\n",
		"1,2,3\n",
		"1,2,3,\n",
		"1,2,3,4,5\n",
		"1,2,3,HIST\n",
		"Tag=a b,1,2,3," JAVA_LARGE "\n",
		"Tag=\x1b[2J,1,2,3," JAVA_LARGE "\n",
		"x,2,3," JAVA_LARGE "\n",
		"-1,2,3," JAVA_LARGE "\n",
		"nan,2,3," JAVA_LARGE "\n",
		"1,1e999,3," JAVA_LARGE "\n",
		"1,2,," JAVA_LARGE "\n",
		"1,2,3 ," JAVA_LARGE "\n",
		"1,2,3," JAVA_LARGE " \n",
		"1,2,3," JAVA_LARGE "\r\n",
		"1,2,3," JAVA_LARGE,
		"1,2,3," JAVA_LARGE JAVA_LARGE "\n",
	};

	(void)state;
	check_line("1,2,3," JAVA_LARGE "\n", strlen("1,2,3," JAVA_LARGE "\n"), 1);
	check_line("", 0, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_line(bad[i], strlen(bad[i]), -EBADMSG);
	check_line("1,2\0,3\n", 7, -EBADMSG);
	check_line("\0\n", 2, -EBADMSG);
	struct forged forged = forge();
	forged.digits = 2;
	char *text = forged_text(forged);
	char line[256];
	int len = snprintf(line, sizeof(line), "1,2,3,%s\n", text);
	check_line(line, (size_t)len, -ENOTSUP);
	free(text);
}

static void an_endless_line_is_refused(void **state)
{
	size_t size = 3 << 20;
	char *text = malloc(size);
	struct hlog_reader reader;
	struct hlog_interval interval;
	struct hist hist;

	(void)state;
	memset(text, 'A', size);
	put_file(text, size);
	free(text);
	assert_int_equal(hlog_reader_open(&reader, path), 0);
	assert_int_equal(hlog_read(&reader, &interval, &hist), -EBADMSG);
	hlog_reader_close(&reader);
	assert_int_equal(hlog_reader_open(&reader, "/tmp"), 0);
	assert_int_equal(hlog_read(&reader, &interval, &hist), -EISDIR);
	hlog_reader_close(&reader);
	assert_int_equal(hlog_reader_open(&reader, "/nowhere/x.hlog"), -ENOENT);
}

/* ---- trials ---- */

static struct result make_trial(void)
{
	struct result result;

	result_init(&result);
	strcpy(result.workload, "fib");
	strcpy(result.backend, "coro");
	strcpy(result.params, "server=exec:/a b,c;size=64");
	result.rep = 3;
	result.lat_batch = 512;
	return result;
}

static void a_tag_is_the_cell(void **state)
{
	struct result result = make_trial();
	char tag[TRIAL_LOG_TAG_MAX];

	(void)state;
	assert_string_equal(trial_log_tag(&result, tag),
						"fib/coro/server=exec:/a_b_c;size=64/rep=3/batch=512");
	assert_int_equal(trial_log_batch(tag), 512);
	memset(result.workload, 'w', sizeof(result.workload) - 1);
	memset(result.backend, 'b', sizeof(result.backend) - 1);
	memset(result.variant, 'v', sizeof(result.variant) - 1);
	memset(result.params, 'p', sizeof(result.params) - 1);
	result.rep = result.lat_batch = INT64_MAX;
	assert_int_equal(trial_log_batch(trial_log_tag(&result, tag)), INT64_MAX);
	assert_int_equal(trial_log_batch(""), 1);
	assert_int_equal(trial_log_batch("x/batch=0"), 1);
	assert_int_equal(trial_log_batch("x/batch=-5"), 1);
	assert_int_equal(trial_log_batch("x/batch=5x"), 1);
	assert_int_equal(trial_log_batch("x/batch=99999999999999999999"), 1);
}

static void only_good_trials_with_samples_are_kept(void **state)
{
	struct trial_log log;
	struct result result = make_trial();
	struct hist latency = make(HIST_HOUR_NS);

	(void)state;
	assert_int_equal(trial_log_open(&log, path, CSV_CREATE, "run-1"), 0);
	off_t size = file_size();
	assert_int_equal(trial_log_add(&log, log.opened_ns, &result, &latency), 0);
	assert_int_equal(file_size(), size);
	hist_add(&latency, 5);
	result.status = RESULT_INTERRUPTED;
	assert_int_equal(trial_log_add(&log, log.opened_ns, &result, &latency), 0);
	assert_int_equal(file_size(), size);
	result.status = RESULT_OK;
	assert_int_equal(trial_log_add(&log, log.opened_ns, &result, &latency), 0);
	assert_true(file_size() > size);
	assert_int_equal(trial_log_close(&log), 0);
	hist_release(&latency);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histograms_come_back),
		cmocka_unit_test(extreme_histograms_come_back),
		cmocka_unit_test(what_another_program_wrote_is_read),
		cmocka_unit_test(samples_above_the_range_cannot_be_written),
		cmocka_unit_test(a_head_is_not_trusted),
		cmocka_unit_test(other_layouts_are_said_to_be_such),
		cmocka_unit_test(counts_are_not_trusted),
		cmocka_unit_test(a_bomb_does_not_go_off),
		cmocka_unit_test(every_cut_and_every_changed_letter_is_seen),
		cmocka_unit_test(random_counts_do_no_harm),
		cmocka_unit_test_setup_teardown(a_log_comes_back, make_path, remove_path),
		cmocka_unit_test_setup_teardown(files_are_not_touched_unasked, make_path, remove_path),
		cmocka_unit_test_setup_teardown(a_line_is_written_whole_or_not_at_all, make_path,
										remove_path),
		cmocka_unit_test_setup_teardown(malformed_lines_are_refused, make_path, remove_path),
		cmocka_unit_test_setup_teardown(an_endless_line_is_refused, make_path, remove_path),
		cmocka_unit_test(a_tag_is_the_cell),
		cmocka_unit_test_setup_teardown(only_good_trials_with_samples_are_kept, make_path,
										remove_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
