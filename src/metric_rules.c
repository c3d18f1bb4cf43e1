// SPDX-License-Identifier: MIT
/*
 * Margins and gating set by the user: from the command line for all cells, or from a small CSV for
 * some of them.
 */
#include "metrics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field { WORKLOAD, BACKEND, PARAMS, METRIC, MARGIN, GATE, N_FIELDS };

static const char *const field_names[N_FIELDS] = {"workload", "backend",    "params",
												  "metric",   "margin_pct", "gate"};

/* The metrics' names for a message: "throughput, cpu, ...". Returns `buf`. */
static const char *names_of_metrics(char *buf, size_t size)
{
	size_t length = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n_metrics && length < size; i++)
		length +=
			(size_t)snprintf(buf + length, size - length, "%s%s", i ? ", " : "", metrics[i].name);
	return buf;
}

static int rule_append(struct metric_rules *rules, const struct metric_rule *rule)
{
	struct metric_rule *grown = realloc(rules->rules, (rules->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	rules->rules = grown;
	rules->rules[rules->n++] = *rule;
	return 0;
}

static int metric_parse(struct metric_rule *rule, const char *text, char *error)
{
	char names[METRIC_ERROR_MAX / 2];

	rule->metric = metric_find(text);
	if (rule->metric)
		return 0;
	snprintf(error, METRIC_ERROR_MAX, "metric: '%.64s' is none of %s", text,
			 names_of_metrics(names, sizeof(names)));
	return -EINVAL;
}

static int margin_parse(struct metric_rule *rule, const char *text, char *error)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || *end || !(percent > 0 && percent <= 1000)) {
		snprintf(error, METRIC_ERROR_MAX, "margin: '%.64s' is no percentage above 0, up to 1000",
				 text);
		return -EINVAL;
	}
	rule->margin = percent / 100;
	return 0;
}

int metric_rules_add(struct metric_rules *rules, const char *text, char error[METRIC_ERROR_MAX])
{
	struct metric_rule rule = {.margin = NAN, .gates = -1};
	const char *equals = strchr(text, '=');
	char name[32];

	if (!equals || (size_t)(equals - text) >= sizeof(name)) {
		snprintf(error, METRIC_ERROR_MAX, "margin: '%.64s' is not METRIC=PERCENT", text);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	if (metric_parse(&rule, name, error) < 0 || margin_parse(&rule, equals + 1, error) < 0)
		return -EINVAL;
	return rule_append(rules, &rule);
}

/* Cuts `line` at its commas. Returns how many fields there are; at most `max` are kept. */
static size_t line_split(char *line, char **fields, size_t max)
{
	size_t n = 0;

	for (char *next = line; next; n++) {
		char *field = strsep(&next, ",");

		if (n < max)
			fields[n] = field;
	}
	return n;
}

static int text_set(char *to, size_t size, const char *from, char *error)
{
	if (strlen(from) >= size) {
		snprintf(error, METRIC_ERROR_MAX, "'%.64s...' is longer than %zu", from, size - 1);
		return -EINVAL;
	}
	strcpy(to, from);
	return 0;
}

static int field_apply(struct metric_rule *rule, enum field field, const char *text, char *error)
{
	if (!*text || !strcmp(text, "*"))
		return 0;
	switch (field) {
	case WORKLOAD:
		return text_set(rule->workload, sizeof(rule->workload), text, error);
	case BACKEND:
		return text_set(rule->backend, sizeof(rule->backend), text, error);
	case PARAMS:
		return text_set(rule->params, sizeof(rule->params), text, error);
	case METRIC:
		return metric_parse(rule, text, error);
	case MARGIN:
		return margin_parse(rule, text, error);
	default:
		break;
	}
	if (strcmp(text, "yes") && strcmp(text, "no")) {
		snprintf(error, METRIC_ERROR_MAX, "gate: '%.64s' is neither yes nor no", text);
		return -EINVAL;
	}
	rule->gates = !strcmp(text, "yes");
	return 0;
}

/* Which field each column is. */
static int header_parse(char *line, enum field columns[N_FIELDS], char *error)
{
	char *names[N_FIELDS];
	unsigned seen = 0;
	size_t n = line_split(line, names, N_FIELDS);

	for (size_t i = 0; i < N_FIELDS && i < n; i++) {
		for (unsigned f = 0; f < N_FIELDS; f++) {
			if (!strcmp(names[i], field_names[f])) {
				columns[i] = (enum field)f;
				seen |= 1u << f;
			}
		}
	}
	if (n == N_FIELDS && seen == (1u << N_FIELDS) - 1)
		return 0;
	snprintf(error, METRIC_ERROR_MAX,
			 "the header is not workload,backend,params,metric,margin_pct,gate in some order");
	return -EINVAL;
}

static int row_parse(struct metric_rules *rules, char *line, const enum field columns[N_FIELDS],
					 char *error)
{
	struct metric_rule rule = {.margin = NAN, .gates = -1};
	char *fields[N_FIELDS];
	size_t n = line_split(line, fields, N_FIELDS);

	if (n != N_FIELDS) {
		snprintf(error, METRIC_ERROR_MAX, "%zu fields instead of %d", n, N_FIELDS);
		return -EINVAL;
	}
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (field_apply(&rule, columns[i], fields[i], error) < 0)
			return -EINVAL;
	}
	return rule_append(rules, &rule);
}

/* Each line of the file into `rules`; `error` has no place yet. */
static int file_parse(struct metric_rules *rules, FILE *file, size_t *line_number, char *error)
{
	enum field columns[N_FIELDS];
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int status = 0;

	while (status == 0 && (length = getline(&line, &size, file)) >= 0) {
		if (length > 0 && line[length - 1] == '\n')
			line[--length] = '\0';
		++*line_number;
		if (strlen(line) != (size_t)length || strpbrk(line, "\"\r")) {
			snprintf(error, METRIC_ERROR_MAX, "quotes, CR and NUL have no place here");
			status = -EINVAL;
		} else if (*line_number == 1) {
			status = header_parse(line, columns, error);
		} else {
			status = row_parse(rules, line, columns, error);
		}
	}
	free(line);
	if (status == 0 && *line_number == 0) {
		snprintf(error, METRIC_ERROR_MAX, "the file is empty");
		status = -EINVAL;
	}
	return status;
}

int metric_rules_read(struct metric_rules *rules, const char *path, char error[METRIC_ERROR_MAX])
{
	FILE *file = fopen(path, "re");
	char what[METRIC_ERROR_MAX];
	size_t line_number = 0;
	int status;

	if (!file) {
		status = -errno;
		snprintf(error, METRIC_ERROR_MAX, "%.160s: %s", path, strerror(-status));
		return status;
	}
	status = file_parse(rules, file, &line_number, what);
	if (status == -EINVAL) {
		char line[24] = "";

		if (line_number > 0)
			snprintf(line, sizeof(line), "%zu:", line_number);
		snprintf(error, METRIC_ERROR_MAX, "%.80s:%s %.150s", path, line, what);
		status = -EBADMSG;
	}
	fclose(file);
	return status;
}

void metric_rules_release(struct metric_rules *rules)
{
	free(rules->rules);
	*rules = (struct metric_rules){0};
}

/* Whether the setting of `len` bytes is one of the "k=v;k=v" in `params`. */
static bool setting_among(const char *setting, size_t len, const char *params)
{
	while (*params) {
		size_t length = strcspn(params, ";");

		if (length == len && !memcmp(params, setting, len))
			return true;
		params += length;
		params += *params == ';';
	}
	return false;
}

static bool params_match(const char *wanted, const char *params)
{
	while (*wanted) {
		size_t length = strcspn(wanted, ";");

		if (length > 0 && !setting_among(wanted, length, params))
			return false;
		wanted += length;
		wanted += *wanted == ';';
	}
	return true;
}

struct metric_policy metric_policy(const struct metric_rules *rules, const struct metric *metric,
								   const char *workload, const char *backend, const char *params)
{
	struct metric_policy policy = {metric->margin, metric->gates};

	for (size_t i = 0; i < rules->n; i++) {
		const struct metric_rule *rule = &rules->rules[i];

		if ((rule->metric && rule->metric != metric) ||
			(*rule->workload && strcmp(rule->workload, workload)) ||
			(*rule->backend && strcmp(rule->backend, backend)) ||
			!params_match(rule->params, params))
			continue;
		if (!isnan(rule->margin))
			policy.margin = rule->margin;
		if (rule->gates >= 0)
			policy.gates = rule->gates == 1;
	}
	return policy;
}
