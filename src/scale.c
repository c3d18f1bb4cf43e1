// SPDX-License-Identifier: MIT
/* `concbench scale`, top-down: options, the file's series, the report. */
#include "scale.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "options.h"
#include "scale_data.h"
#include "scale_report.h"

enum { BY = 256, CSV, PARTIAL };

static const struct options_row scale_options[] = {
	{BY, "by", "KEY", "the parameter that is N (default: each workload's main one)"},
	{CSV, "csv", NULL, "the same as CSV"},
	{PARTIAL, "partial", NULL, "take a file that was cut short as far as it goes"},
	{0},
};

struct scale {
	const char *by; /* NULL: each workload's main parameter */
	bool csv, partial;
};

static void scale_help(void)
{
	printf("usage: concbench scale [options] FILE.csv\n\n"
		   "How cost grows with N, from the rows of concbench run --sweep: a power law for each\n"
		   "backend, by least squares on the logarithms of the medians of the repetitions, with\n"
		   "95 %% limits of the exponent. Where the work of a round grows with N (N tasks sleep)\n"
		   "the cost is that of a round, elapsed time beyond what it has to sleep, and may have a\n"
		   "fixed part beside the power of N; otherwise (N tasks share the work) it is that of\n"
		   "one operation. Says from which size on a backend costs other than the smaller sizes\n"
		   "lead to (outside their 95 %% prediction limits, and by a quarter or more), and where\n"
		   "it stops, and why. An exponent needs 3 sizes.\n\n");
	options_print(stdout, scale_options);
	printf("\nexit: 0 ok, 2 usage, or a file that cannot be used or fitted\n");
}

static int scale_refuse(const char *error)
{
	fprintf(stderr, "concbench: scale: %s\n", error);
	return EXIT_USAGE;
}

static int scale_file(const struct scale *scale, const char *path)
{
	struct scale_data data = {0};
	char error[DATASET_ERROR_MAX];
	int code = EXIT_OK;
	int n_fitted;

	if (scale_data_read(&data, path, scale->by, scale->partial, error) < 0) {
		scale_data_release(&data);
		return scale_refuse(error);
	}
	n_fitted =
		scale->csv ? scale_report_csv(stdout, &data) : scale_report_text(stdout, &data, scale->by);
	if (n_fitted < 0)
		code = scale_refuse(strerror(-n_fitted));
	else if (n_fitted == 0)
		code = scale_refuse("nothing was fitted: no series has figures of at least 3 sizes");
	scale_data_release(&data);
	return code;
}

int scale_main(int argc, char **argv)
{
	struct scale scale = {0};
	const char *value;
	int id;

	while ((id = options_next(argc, argv, scale_options, &value)) != OPTIONS_END) {
		if (id == OPTIONS_HELP) {
			scale_help();
			return EXIT_OK;
		}
		if (id == OPTIONS_BAD)
			return EXIT_USAGE;
		if (id == BY)
			scale.by = value;
		else if (id == CSV)
			scale.csv = true;
		else
			scale.partial = true;
	}
	if (optind + 1 == argc)
		return scale_file(&scale, argv[optind]);
	fprintf(stderr, "concbench: scale: %d files given, 1 wanted; see concbench scale --help\n",
			argc - optind);
	return EXIT_USAGE;
}
