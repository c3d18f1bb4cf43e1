// SPDX-License-Identifier: MIT
/* `concbench hist`, top-down: options, files into groups by tag, figures and charts. */
#include "hist_main.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "hist.h"
#include "hist_chart.h"
#include "hlog.h"
#include "options.h"
#include "text.h"
#include "trial_log.h"

enum { HIST_MERGE = 256, HIST_TAG, HIST_CSV };

static const struct options_row hist_options[] = {
	{HIST_MERGE, "merge", NULL, "all histograms as one, not one for each tag"},
	{HIST_TAG, "tag", "TEXT", "only those whose tag holds TEXT"},
	{HIST_CSV, "csv", NULL, "figures only, as CSV"},
	{0},
};

/* What is shown as one: all histograms that share a tag. */
struct hist_group {
	char *tag; /* heap */
	int64_t batch;
	size_t n_merged;
	struct hist hist;
};

struct hist_show {
	bool merge, csv;
	const char *tag; /* a part of it; NULL: all */
	struct hist_group *groups;
	size_t n_groups;
};

static void hist_help(void)
{
	printf(
		"usage: concbench hist [options] FILE...\n\n"
		"Shows the histograms of interval logs, as concbench run --hist and other programs with\n"
		"HdrHistogram write them: one block for each tag, of all files together. Times are\n"
		"those of a sample, which is `batch` operations. A percentile is left out (-) where\n"
		"fewer than %d samples lie beyond it. Both scales of the chart are logarithmic.\n\n",
		HIST_BEYOND_MIN);
	options_print(stdout, hist_options);
	printf("\nexit: 0 ok, 2 usage, or a file that cannot be used\n");
}

/* ---- from files to groups ---- */

static struct hist_group *group_find(const struct hist_show *show, const char *tag)
{
	for (size_t i = 0; i < show->n_groups; i++)
		if (show->merge || strcmp(show->groups[i].tag, tag) == 0)
			return &show->groups[i];
	return NULL;
}

/* A new group with a histogram that becomes its own. 0 or -ENOMEM. */
static int group_append(struct hist_show *show, const char *tag, const struct hist *hist)
{
	size_t size = (show->n_groups + 1) * sizeof(*show->groups);
	struct hist_group *groups = realloc(show->groups, size);

	if (!groups)
		return -ENOMEM;
	show->groups = groups;
	char *copy = strdup(tag);
	if (!copy)
		return -ENOMEM;
	groups[show->n_groups++] = (struct hist_group){
		.tag = copy, .batch = trial_log_batch(tag), .n_merged = 1, .hist = *hist};
	return 0;
}

/* Adds to a group; *hist is released whatever happens. 0, or -errno with *error set. */
static int group_add(struct hist_group *group, const char *tag, struct hist *hist,
					 const char **error)
{
	int rc = 0;

	if (trial_log_batch(tag) != group->batch) {
		*error = "histograms of different batches cannot be merged; --tag chooses";
		rc = -EINVAL;
	} else if (hist->n_counts > group->hist.n_counts) {
		/* The wider one stays. */
		struct hist narrow = group->hist;

		group->hist = *hist;
		*hist = narrow;
	}
	if (rc == 0)
		rc = hist_merge(&group->hist, hist);
	if (rc == -EOVERFLOW)
		*error = "more than 2^63 samples with one tag";
	group->n_merged += rc == 0;
	hist_release(hist);
	return rc;
}

/* Takes over *hist. 0, or -errno with *error set. */
static int show_add(struct hist_show *show, const char *tag, struct hist *hist, const char **error)
{
	struct hist_group *group = group_find(show, tag);
	int rc;

	if (show->tag && !strstr(tag, show->tag)) {
		hist_release(hist);
		return 0;
	}
	if (group)
		return group_add(group, tag, hist, error);
	rc = group_append(show, tag, hist);
	if (rc) {
		hist_release(hist);
		*error = strerror(-rc);
	}
	return rc;
}

/* Adds all histograms of a file. 0, or -errno after one line on stderr. */
static int show_read(struct hist_show *show, const char *path)
{
	struct hlog_reader reader;
	struct hlog_interval interval;
	struct hist hist;
	int rc = hlog_reader_open(&reader, path);

	if (rc) {
		fprintf(stderr, "concbench: %s: %s\n", path, strerror(-rc));
		return rc;
	}
	/* Ends with the file, or at its first fault. */
	while ((rc = hlog_read(&reader, &interval, &hist)) > 0) {
		rc = show_add(show, interval.tag, &hist, &reader.error);
		if (rc)
			break;
	}
	if (rc)
		fprintf(stderr, "concbench: %s:%" PRId64 ": %s\n", path, reader.line_number, reader.error);
	hlog_reader_close(&reader);
	return rc;
}

static void show_release(struct hist_show *show)
{
	for (size_t i = 0; i < show->n_groups; i++) {
		hist_release(&show->groups[i].hist);
		free(show->groups[i].tag);
	}
	free(show->groups);
}

/* ---- printing ---- */

static const char *group_name(const struct hist_show *show, const struct hist_group *group)
{
	return show->merge ? "merged" : group->tag;
}

/* Quoted as RFC 4180 wants it; commas and line ends are not in a tag. */
static void csv_print_tag(const char *tag)
{
	if (!strchr(tag, '"')) {
		fputs(tag, stdout);
		return;
	}
	putchar('"');
	for (; *tag; tag++)
		printf(*tag == '"' ? "\"\"" : "%c", *tag);
	putchar('"');
}

static void csv_print_ns(int64_t ns)
{
	if (ns == HIST_NONE)
		putchar(',');
	else
		printf(",%" PRId64, ns);
}

static void csv_print(const struct hist_show *show)
{
	printf("tag,batch,count,min_ns,mean_ns,p50_ns,p90_ns,p99_ns,p999_ns,p9999_ns,max_ns\n");
	for (size_t i = 0; i < show->n_groups; i++) {
		const struct hist *hist = &show->groups[i].hist;

		csv_print_tag(group_name(show, &show->groups[i]));
		printf(",%" PRId64 ",%" PRId64, show->groups[i].batch, hist->count);
		csv_print_ns(hist->min_ns);
		if (hist->count)
			printf(",%.3f", hist_mean(hist));
		else
			putchar(',');
		for (int mark = 0; mark < HIST_MARKS; mark++)
			csv_print_ns(hist_percentile_reportable(hist, hist_marks[mark].percent));
		csv_print_ns(hist->max_ns);
		putchar('\n');
	}
}

static void print_ns(int64_t ns)
{
	char text[TEXT_SCALED_MAX];

	printf(" %8s", ns == HIST_NONE ? "-" : text_scale_ns((double)ns, text));
}

static void group_print(const struct hist_group *group, const char *name)
{
	const struct hist *hist = &group->hist;
	char mean[TEXT_SCALED_MAX];

	printf("%s\n", *name ? name : "(no tag)");
	printf("  %" PRId64 " samples", hist->count);
	if (group->batch > 1)
		printf(", each the time of %" PRId64 " operations", group->batch);
	if (group->n_merged > 1)
		printf(", of %zu histograms", group->n_merged);
	printf("\n      min     mean");
	for (int mark = 0; mark < HIST_MARKS; mark++)
		printf(" %8s", hist_marks[mark].name);
	printf("      max\n");
	print_ns(hist->min_ns);
	printf(" %8s", text_scale_ns(hist_mean(hist), mean));
	for (int mark = 0; mark < HIST_MARKS; mark++)
		print_ns(hist_percentile_reportable(hist, hist_marks[mark].percent));
	print_ns(hist->max_ns);
	printf("\n");
	hist_chart_print(hist, stdout);
}

static void show_print(const struct hist_show *show)
{
	if (show->csv) {
		csv_print(show);
		return;
	}
	for (size_t i = 0; i < show->n_groups; i++) {
		if (i > 0)
			putchar('\n');
		group_print(&show->groups[i], group_name(show, &show->groups[i]));
	}
}

/* ---- the verb ---- */

/* 0, an OPTIONS_HELP, or -EINVAL after one line on stderr. */
static int hist_parse(struct hist_show *show, int argc, char **argv)
{
	const char *value;
	int id;

	while ((id = options_next(argc, argv, hist_options, &value)) != OPTIONS_END) {
		if (id == OPTIONS_HELP)
			return OPTIONS_HELP;
		if (id == OPTIONS_BAD)
			return -EINVAL;
		if (id == HIST_MERGE)
			show->merge = true;
		else if (id == HIST_CSV)
			show->csv = true;
		else
			show->tag = value;
	}
	if (optind < argc)
		return 0;
	fprintf(stderr, "concbench: hist: no FILE given; see concbench hist --help\n");
	return -EINVAL;
}

int hist_main(int argc, char **argv)
{
	struct hist_show show = {0};
	int rc = hist_parse(&show, argc, argv);

	if (rc == OPTIONS_HELP) {
		hist_help();
		return EXIT_OK;
	}
	for (int i = optind; rc == 0 && i < argc; i++)
		rc = show_read(&show, argv[i]);
	if (rc == 0 && show.n_groups == 0) {
		fprintf(stderr, "concbench: hist: no histogram %s%s\n", show.tag ? "with tag " : "found",
				show.tag ? show.tag : "");
		rc = -ENOENT;
	}
	if (rc == 0)
		show_print(&show);
	show_release(&show);
	return rc ? EXIT_USAGE : EXIT_OK;
}
