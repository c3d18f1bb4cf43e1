// SPDX-License-Identifier: MIT
/*
 * The backend `call`: no concurrency at all. It runs a role's baseline, the same work by plain
 * calls, so that every other figure can be read as a multiple of it.
 */
#include "backend.h"

static int call_run(const struct backend_config *config, const struct backend_body *body)
{
	return body->call(config->arena);
}

static struct backend_demand call_demand(const struct backend_config *config)
{
	(void)config;
	return (struct backend_demand){0};
}

const struct backend call_backend = {
	.name = "call",
	.summary = "the baseline: the same work by plain calls",
	.style = BACKEND_CALL,
	.carrier = BACKEND_CARRIER_CALL,
	.demand = call_demand,
	.run = call_run,
};
