// SPDX-License-Identifier: MIT
/* The only list of backends. A new one is a file in src/backend/ and a row here. */
#include <string.h>

#include "backend.h"

extern const struct backend call_backend, coro_backend, event_backend, thread_backend,
	process_backend;

/* A program that is not ours, named by a workload's parameter. It has no body and no options. */
static const struct backend exec_backend = {
	.name = "exec",
	.summary = "a foreign program, named by a workload's parameter",
	.style = BACKEND_FOREIGN,
	.carrier = BACKEND_CARRIER_UNKNOWN,
};

const struct backend *const backends[] = {
	&call_backend, &coro_backend, &event_backend, &thread_backend, &process_backend, &exec_backend,
};

const size_t n_backends = sizeof(backends) / sizeof(backends[0]);

const struct backend *backend_find(const char *name, size_t len)
{
	for (size_t i = 0; i < n_backends; i++)
		if (strlen(backends[i]->name) == len && !memcmp(backends[i]->name, name, len))
			return backends[i];
	return NULL;
}
