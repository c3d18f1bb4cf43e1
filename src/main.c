// SPDX-License-Identifier: MIT
/* concbench: the verbs. Each one parses its own options and returns the exit code. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aa.h"
#include "ab.h"
#include "compare.h"
#include "exit.h"
#include "hist_main.h"
#include "limits_main.h"
#include "list.h"
#include "role.h"
#include "run.h"
#include "scale.h"
#include "serve.h"
#include "version.h"

struct main_verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct main_verb main_verbs[] = {
	{"run", run_main, "measure workloads on backends"},
	{"list", list_main, "workloads, backends, parameters, and what is unavailable here"},
	{"hist", hist_main, "percentiles and charts from the histograms of --hist"},
	{"scale", scale_main, "how time and memory grow with N, from run --sweep"},
	{"limits", limits_main, "this machine's primitive costs: the floor under each workload"},
	{"compare", compare_main, "the verdict on two results, or on one file of pairs"},
	{"ab", ab_main, "two builds in interleaved pairs: the regression gate"},
	{"aa", aa_main, "how often this machine would cry wolf"},
	{"serve", serve_main, "the server of a workload by hand"},
};

enum { MAIN_VERBS = sizeof(main_verbs) / sizeof(*main_verbs) };

static void main_help(FILE *out)
{
	fprintf(out, "usage: concbench VERB [OPTION...]\n\n"
				 "Which concurrency model suits this kind of work, on this machine, and did\n"
				 "anything make it slower?\n\n");
	for (int i = 0; i < MAIN_VERBS; i++)
		fprintf(out, "  %-8s %s\n", main_verbs[i].name, main_verbs[i].summary);
	fprintf(out,
			"\nconcbench VERB --help explains a verb; concbench --version says what was built\n");
}

static void main_version(void)
{
	char build_id[VERSION_BUILD_ID_MAX], libev[VERSION_LIBEV_MAX];

	printf("concbench %s (%s)\ncompiler %s %s\nlibev %s\nbuild-id %s\n", version_tool(),
		   version_commit(), version_compiler(), version_cflags(), version_libev(libev),
		   version_build_id(build_id));
}

/* What was printed has to have arrived: a full disk behind a pipe is a failure too. */
static int main_finish(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno != EPIPE)
		fprintf(stderr, "concbench: standard output: %s\n", strerror(errno));
	return code ? code : EXIT_TRIAL;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "trial") == 0)
		role_main(argc - 1, argv + 1);
	if (strcmp(verb, "-h") == 0 || strcmp(verb, "--help") == 0 || strcmp(verb, "help") == 0) {
		main_help(stdout);
		return main_finish(EXIT_OK);
	}
	if (strcmp(verb, "--version") == 0) {
		main_version();
		return main_finish(EXIT_OK);
	}
	for (int i = 0; i < MAIN_VERBS; i++)
		if (strcmp(verb, main_verbs[i].name) == 0)
			return main_finish(main_verbs[i].run(argc - 1, argv + 1));
	if (!*verb) {
		main_help(stderr);
		return EXIT_USAGE;
	}
	fprintf(stderr, "concbench: \"%s\" is no verb; see concbench --help\n", verb);
	return EXIT_USAGE;
}
