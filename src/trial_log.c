// SPDX-License-Identifier: MIT
/* Trials into an interval log. */
#include "trial_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

static const char batch_is[] = "/batch=";

int trial_log_open(struct trial_log *log, const char *path, enum csv_mode mode, const char *run_id)
{
	struct timespec now;
	char comment[128];

	clock_gettime(CLOCK_REALTIME, &now);
	log->opened_ns = clock_now_ns();
	snprintf(comment, sizeof(comment), "concbench run %s, times of `batch` operations in ns",
			 run_id);
	return hlog_open(&log->hlog, path, mode, (double)now.tv_sec + (double)now.tv_nsec / 1e9,
					 comment);
}

char *trial_log_tag(const struct result *result, char *buf)
{
	const char *parts[] = {result->backend, result->variant, result->params};
	size_t room = TRIAL_LOG_TAG_MAX;
	size_t len = (size_t)snprintf(buf, room, "%s", result->workload);

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (*parts[i])
			len += (size_t)snprintf(buf + len, room - len, "/%s", parts[i]);
	snprintf(buf + len, room - len, "/rep=%" PRId64 "%s%" PRId64, result->rep, batch_is,
			 result->lat_batch);
	/* A path of a foreign program may hold anything; a tag may not. */
	for (char *c = buf; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == ',')
			*c = '_';
	return buf;
}

int64_t trial_log_batch(const char *tag)
{
	const char *at = strstr(tag, batch_is);
	char *end;

	if (!at)
		return 1;
	at += strlen(batch_is);
	errno = 0;
	int64_t batch = strtoll(at, &end, 10);
	return *end == '\0' && errno == 0 && batch > 0 ? batch : 1;
}

int trial_log_add(struct trial_log *log, int64_t begun_ns, const struct result *result,
				  const struct hist *latency)
{
	char tag[TRIAL_LOG_TAG_MAX];
	struct hlog_interval interval = {
		.tag = tag,
		.start_s = (double)(begun_ns - log->opened_ns) / 1e9,
		.length_s = (double)(clock_now_ns() - begun_ns) / 1e9,
	};

	if (result->status != RESULT_OK || latency->count == 0)
		return 0;
	trial_log_tag(result, tag);
	return hlog_write(&log->hlog, &interval, latency);
}

int trial_log_close(struct trial_log *log)
{
	return hlog_close(&log->hlog);
}
