// SPDX-License-Identifier: MIT
/*
 * Posters of the event backend: their calls reach the loop through an ev_async, libev's own way in
 * from another thread. Its eventfd is written to only when the loop is about to sleep, or does.
 */
#ifndef CONCBENCH_EVENT_POST_H
#define CONCBENCH_EVENT_POST_H

#include "event.h"

struct postbox;

/* Zeroed at first. */
struct event_posters {
	ev_async wake;
	struct event *event;
	struct event_post post;
	struct postbox *box;   /* NULL: there are none */
	struct spread *spread; /* gives each its CPU, or NULL; set by who makes the struct */
};

/* As event_post_open in event.h. */
int event_posters_open(struct event_posters *posters, struct event *event,
					   const struct event_post *post);

/* Ends those that still run. */
void event_posters_close(struct event_posters *posters);

#endif
