// SPDX-License-Identifier: MIT
/* Interval logs: lines and files. The histograms' own encoding is hlog_code.c's. */
#include "hlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hlog_code.h"

enum {
	/* The widest histogram with every slot a count of 9 random bytes takes 664 KB of base64. */
	LINE_MAX_BYTES = 1 << 20,
};

/* The first line of what we write, and so the sign of a log that can be appended to. */
static const char version_line[] = "#[Histogram log format version 1.3]\n";

/* ---- writing ---- */

/* Seconds with three decimals and a point, whatever the locale. */
struct decimal {
	int64_t whole, thousandths;
};

static struct decimal decimal_of(double value)
{
	int64_t thousandths = llround(value * 1000);

	return (struct decimal){thousandths / 1000, thousandths % 1000};
}

static bool tag_fits(const char *tag)
{
	for (; *tag; tag++)
		if ((unsigned char)*tag <= ' ' || *tag == 0x7f || *tag == ',')
			return false;
	return true;
}

/* Whether our lines may go behind what is in the file. */
static int check_existing(const struct rowfile *file)
{
	char head[sizeof(version_line)] = "", last = '\0';
	struct stat status;

	if (fstat(file->fd, &status) < 0)
		return -errno;
	if (!file->regular || status.st_size == 0)
		return 0;
	if (pread(file->fd, head, sizeof(head) - 1, 0) < 0 ||
		pread(file->fd, &last, 1, status.st_size - 1) < 0)
		return -errno;
	return strcmp(head, version_line) == 0 && last == '\n' ? 0 : -EBADMSG;
}

static int write_header(struct hlog *hlog, double epoch_s, const char *comment)
{
	struct decimal epoch = decimal_of(epoch_s);
	char *text;
	int size = asprintf(&text,
						"%s#[%s]\n"
						"#[StartTime: %" PRId64 ".%03" PRId64 " (seconds since epoch)]\n"
						"#[BaseTime: %" PRId64 ".%03" PRId64 " (seconds since epoch)]\n"
						"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
						"\"Interval_Compressed_Histogram\"\n",
						version_line, comment, epoch.whole, epoch.thousandths, epoch.whole,
						epoch.thousandths);

	if (size < 0)
		return -ENOMEM;
	int rc = rowfile_write(&hlog->file, text, (size_t)size);
	free(text);
	return rc;
}

int hlog_open(struct hlog *hlog, const char *path, enum csv_mode mode, double epoch_s,
			  const char *comment)
{
	int rc = rowfile_open(&hlog->file, path,
						  mode == CSV_CREATE  ? O_EXCL
						  : mode == CSV_FORCE ? O_TRUNC
											  : 0);

	if (rc)
		return rc;
	rc = check_existing(&hlog->file);
	if (rc == 0)
		rc = write_header(hlog, epoch_s, comment);
	if (rc)
		rowfile_close(&hlog->file);
	return rc;
}

int hlog_write(struct hlog *hlog, const struct hlog_interval *interval, const struct hist *hist)
{
	struct decimal start = decimal_of(interval->start_s);
	struct decimal length = decimal_of(interval->length_s);
	struct decimal max_ms = decimal_of(hist->count ? (double)hist->max_ns / 1e6 : 0);
	char *code, *line;

	if (!tag_fits(interval->tag))
		return -EINVAL;
	int rc = hlog_encode(hist, &code);
	if (rc)
		return rc;
	int size = asprintf(&line,
						"%s%s%s%" PRId64 ".%03" PRId64 ",%" PRId64 ".%03" PRId64 ",%" PRId64
						".%03" PRId64 ",%s\n",
						*interval->tag ? "Tag=" : "", interval->tag, *interval->tag ? "," : "",
						start.whole, start.thousandths, length.whole, length.thousandths,
						max_ms.whole, max_ms.thousandths, code);
	free(code);
	if (size < 0)
		return -ENOMEM;
	rc = rowfile_write(&hlog->file, line, (size_t)size);
	free(line);
	return rc;
}

int hlog_close(struct hlog *hlog)
{
	return rowfile_close(&hlog->file);
}

/* ---- reading ---- */

int hlog_reader_open(struct hlog_reader *reader, const char *path)
{
	*reader = (struct hlog_reader){.line = malloc(LINE_MAX_BYTES)};
	if (!reader->line)
		return -ENOMEM;
	reader->file = fopen(path, "re");
	if (reader->file)
		return 0;
	int rc = -errno;
	free(reader->line);
	return rc;
}

void hlog_reader_close(struct hlog_reader *reader)
{
	fclose(reader->file);
	free(reader->line);
	*reader = (struct hlog_reader){0};
}

static int fail(struct hlog_reader *reader, int rc, const char *error)
{
	reader->error = error;
	return rc;
}

/* The next line without its end: 1, 0 at the end of the file, or -errno. */
static int read_line(struct hlog_reader *reader)
{
	reader->line_number++;
	errno = 0;
	if (!fgets(reader->line, LINE_MAX_BYTES, reader->file)) {
		if (!ferror(reader->file))
			return 0;
		int rc = errno ? -errno : -EIO;
		return fail(reader, rc, "cannot read");
	}
	size_t len = strlen(reader->line);
	if (len == 0 || reader->line[len - 1] != '\n')
		return fail(reader, -EBADMSG, "the line is cut, longer than 1 MiB, or holds a NUL");
	reader->line[len - 1] = '\0';
	return 1;
}

static bool parse_seconds(const char *text, double *value)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	*value = strtod(text, &end);
	return *end == '\0' && isfinite(*value);
}

/* Takes the reader's line apart: [Tag=NAME,]start,length,max,code. */
static int parse_line(struct hlog_reader *reader, struct hlog_interval *interval, struct hist *hist)
{
	static const char tag_is[] = "Tag=";
	char *rest = reader->line;
	double max;

	interval->tag = "";
	if (strncmp(rest, tag_is, strlen(tag_is)) == 0)
		interval->tag = strsep(&rest, ",") + strlen(tag_is);
	if (!tag_fits(interval->tag))
		return fail(reader, -EBADMSG, "the tag holds a space or a control character");
	if (!parse_seconds(strsep(&rest, ","), &interval->start_s) ||
		!parse_seconds(strsep(&rest, ","), &interval->length_s) ||
		!parse_seconds(strsep(&rest, ","), &max) || !rest)
		return fail(reader, -EBADMSG, "not [Tag=NAME,]START,LENGTH,MAX,HISTOGRAM");

	int rc = hlog_decode(rest, strlen(rest), hist);
	if (rc == -EBADMSG)
		return fail(reader, rc, "malformed histogram");
	if (rc == -ENOTSUP)
		return fail(reader, rc, "not a histogram of 3 digits with a unit of 1");
	return rc ? fail(reader, rc, strerror(-rc)) : 1;
}

int hlog_read(struct hlog_reader *reader, struct hlog_interval *interval, struct hist *hist)
{
	int rc;

	/* Comments and the legend say nothing that is needed here. */
	do
		rc = read_line(reader);
	while (rc > 0 && (reader->line[0] == '#' || reader->line[0] == '"'));
	return rc > 0 ? parse_line(reader, interval, hist) : rc;
}
