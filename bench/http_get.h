// SPDX-License-Identifier: MIT
/*
 * http_get: a small web server, and clients that fetch its one page. What is left of the models'
 * differences once a protocol has to be parsed, and once every request brings a new connection?
 *
 * One operation: a client asked for /page, had the whole response and found it equal, byte by
 * byte. Each of the `conns` clients has one request under way at any time. With keepalive=no each
 * request has a connection of its own, which the server closes.
 *
 *   request    from the sending of the request (keepalive=no: from before the connecting) until its
 *              last byte is there
 *   window     as in tcp_echo: the client that is the last to have its first response plans it
 *
 * The server is a real one as far as it goes: it parses with a library, answers what is pipelined
 * in order, knows HEAD, 400, 404, 405, 408 (nothing came for `idle`) and 431. `concbench serve
 * -w http_get` runs it by hand. What both styles must do alike (parsing and wording) is in
 * http_get.c; how it gets the bytes in and out is theirs.
 *
 * The server cannot know which connection is the last. So the clients say when all is over, in the
 * last slice, and open one more connection, which is what the server waits for.
 */
#ifndef CONCBENCH_HTTP_GET_H
#define CONCBENCH_HTTP_GET_H

#include <sys/types.h>

#include "arena.h"

struct event;
struct task_ops;

enum http_get_param {
	HTTP_GET_CONNS,
	HTTP_GET_BODY,
	HTTP_GET_KEEPALIVE,
	HTTP_GET_DURATION,
	HTTP_GET_WARMUP,
	HTTP_GET_IDLE,
	HTTP_GET_CLIENT,
	HTTP_GET_PLACEMENT,
};

/* The choices of `keepalive`, in the order of its row. */
enum { HTTP_GET_KEEPALIVE_YES, HTTP_GET_KEEPALIVE_NO };

enum { HTTP_GET_ROLE_SERVER, HTTP_GET_ROLE_CLIENT };

enum {
	/* What a server reads at a time. */
	HTTP_GET_CHUNK = 4096,
	/* Bytes of a request's path and header lines, beyond which the answer is 431. */
	HTTP_GET_HEADER_MAX = 8192,
	/* The sample pool holds this many requests a second; a trial with more is not `ok`. */
	HTTP_GET_RATE_MAX = 1000000,
};

static inline bool http_get_keeps(const struct arena *arena)
{
	return arena_param(arena, HTTP_GET_KEEPALIVE) == HTTP_GET_KEEPALIVE_YES;
}

/* ---- the protocol, in http_get.c ---- */

/* Why the server cannot run; NULL: it can. */
const char *http_get_unavailable(void);

/* What a client sends, a constant. */
const char *http_get_request(bool keep, size_t *length);

/* The response to that, to be freed; NULL: no memory. */
char *http_get_page(size_t body, bool keep, size_t *length);

/* The server's side of one connection. */
struct http_get_session {
	uint64_t parser[6];   /* the library's */
	size_t body;          /* bytes of the page */
	char path[16];        /* what fits of it */
	uint32_t path_length; /* all of it */
	uint32_t header_bytes;
	int status;   /* of the request that is being read; 0: not known yet */
	bool keep;    /* the client wants to go on */
	bool between; /* a request has been answered, and no other one has begun */
	char *page;   /* the response to a good request, made once; NULL: not yet */
	bool page_of; /* `keep` of that response */
	size_t page_length;
	char text[192]; /* any other response */
	size_t at, got; /* in buf: what has been taken out, what was read */
	char buf[HTTP_GET_CHUNK];
};

struct http_get_reply {
	const char *text; /* NULL: no memory */
	size_t length;
	bool page; /* the page was asked for and this is all of it */
	bool last; /* nothing more will be answered on this connection */
};

void http_get_session_init(struct http_get_session *session, size_t body);
void http_get_session_release(struct http_get_session *session);

/*
 * Takes the next request out of the bytes between session->at and session->got, and puts the reply
 * into words, which stand until the next call. False: more has to be read into session->buf.
 */
bool http_get_next(struct http_get_session *session, struct http_get_reply *reply);

/* The reply to a client that sends nothing; an empty one where it was between two requests. */
void http_get_too_late(struct http_get_session *session, struct http_get_reply *reply);

/* ---- accounts ---- */

static inline uint32_t http_get_tasks(const int64_t *params, int role)
{
	uint32_t conns = (uint32_t)params[HTTP_GET_CONNS];

	/* keepalive=no: while a connection's task ends, its client's next one may begin. */
	if (role == HTTP_GET_ROLE_SERVER && params[HTTP_GET_KEEPALIVE] == HTTP_GET_KEEPALIVE_NO)
		return 2 * conns;
	return conns;
}

/*
 * The server has sent a whole reply on its connection number `connection`. With keepalive=no a
 * slice serves many connections, two of which may overlap: hence the atomic additions.
 */
static inline void http_get_sent(struct arena *arena, uint64_t connection,
								 const struct http_get_reply *reply)
{
	uint32_t places = http_get_tasks(arena->params, HTTP_GET_ROLE_SERVER);
	struct arena_slice *slice = arena_slice(arena, (uint32_t)(connection % places));

	if (!reply->page) {
		__atomic_fetch_add(&slice->errors, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_fetch_add(&slice->ops, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&slice->bytes, reply->length, __ATOMIC_RELAXED);
}

/* Life of a connection that has a place of its own, for tasks_peak. */
static inline void http_get_begin(struct arena *arena, uint64_t connection)
{
	if (connection < arena->n_tasks)
		arena_task_begin(arena, (uint32_t)connection, clock_now_ns());
}

static inline void http_get_end(struct arena *arena, uint64_t connection)
{
	if (connection < arena->n_tasks)
		arena_task_end(arena, (uint32_t)connection, clock_now_ns());
}

/* The clients have all they wanted; to be said before the last connection is opened. */
static inline uint64_t *http_get_over_word(struct arena *arena)
{
	return &arena_slice(arena, arena->n_slices - 1)->ops;
}

static inline void http_get_say_over(struct arena *arena)
{
	__atomic_store_n(http_get_over_word(arena), 1, __ATOMIC_RELEASE);
}

static inline bool http_get_over(struct arena *arena)
{
	return __atomic_load_n(http_get_over_word(arena), __ATOMIC_ACQUIRE) != 0;
}

/* What a client keeps of its operations. */
struct http_get_tally {
	struct arena_slice *slice;
	struct arena_sampler sampler;
	int64_t start_ns; /* of the request under way */
};

static inline struct http_get_tally http_get_tally_start(struct arena *arena, uint32_t client)
{
	uint32_t first = http_get_tasks(arena->params, HTTP_GET_ROLE_SERVER);

	return (struct http_get_tally){
		.slice = arena_slice(arena, first + client),
		.start_ns = clock_now_ns(),
	};
}

/* An I/O error of a client; `error` is -errno, or -ENODATA where the stream ended too early. */
static inline void http_get_fail(struct arena *arena, struct http_get_tally *tally, int error)
{
	tally->slice->errors++;
	arena_fail(arena, "connection of the client", error);
}

/* A response of `bytes` is complete, and equal to the page or not. Whether another is wanted. */
static inline bool http_get_done(struct arena *arena, struct http_get_tally *tally, size_t bytes,
								 bool equal)
{
	int64_t open_ns = arena_open_ns(arena), close_ns = arena_close_ns(arena);
	int64_t start_ns = tally->start_ns, now_ns = clock_now_ns();
	struct arena_slice *slice = tally->slice;

	tally->start_ns = now_ns;
	slice->bytes += bytes;
	slice->errors += !equal;
	if (slice->ops++ == 0 && arena_arrive(arena, (uint32_t)arena_param(arena, HTTP_GET_CONNS))) {
		open_ns = now_ns + arena_param(arena, HTTP_GET_WARMUP);
		arena_window_plan(arena, open_ns, open_ns + arena_param(arena, HTTP_GET_DURATION));
		return true;
	}
	if (now_ns >= open_ns && now_ns <= close_ns) {
		slice->window_ops++;
		if (start_ns >= open_ns)
			arena_sampler_put(arena, &tally->sampler, now_ns - start_ns);
	}
	return now_ns < close_ns;
}

/* ---- for the row in workloads.c ---- */

static inline struct arena_sizing http_get_sizing(const int64_t *params, uint64_t rounds)
{
	uint32_t server = http_get_tasks(params, HTTP_GET_ROLE_SERVER);
	uint32_t client = http_get_tasks(params, HTTP_GET_ROLE_CLIENT);
	uint64_t duration_us = (uint64_t)(params[HTTP_GET_DURATION] / CLOCK_NS_PER_US) + 1;

	(void)rounds;
	return (struct arena_sizing){
		.n_slices = server + client + 1,
		.n_tasks = params[HTTP_GET_KEEPALIVE] == HTTP_GET_KEEPALIVE_YES ? server : 0,
		.n_samples = client * (uint64_t)ARENA_CHUNK + duration_us * (HTTP_GET_RATE_MAX / 1000000),
	};
}

static inline int64_t http_get_least_ns(const int64_t *params)
{
	return params[HTTP_GET_WARMUP] + params[HTTP_GET_DURATION];
}

/* ---- the bodies ---- */

void http_get_server_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
void http_get_client_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int http_get_server_event(struct event *event, int fd);
int http_get_client_event(struct event *event, int fd);

#endif
