// SPDX-License-Identifier: MIT
/*
 * http_get's protocol: from bytes to a request, and from a request to the words of the reply. No
 * input or output happens here, so that both styles can use it. Requests are parsed by Debian's
 * libhttp-parser, where the header is there; without it the workload is unsupported.
 */
#include "http_get.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *http_get_request(bool keep, size_t *length)
{
	static const char kept[] = "GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
	static const char closed[] =
		"GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

	*length = keep ? sizeof(kept) - 1 : sizeof(closed) - 1;
	return keep ? kept : closed;
}

char *http_get_page(size_t body, bool keep, size_t *length)
{
	char head[128];
	size_t n = (size_t)snprintf(head, sizeof(head),
								"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
								"Content-Length: %zu\r\nConnection: %s\r\n\r\n",
								body, keep ? "keep-alive" : "close");
	char *page = malloc(n + body);

	if (!page)
		return NULL;
	memcpy(page, head, n);
	/* Letters that repeat in no power of two, and a line end where one would look for it. */
	for (size_t i = 0; i < body; i++)
		page[n + i] = i + 1 == body ? '\n' : (char)('a' + i % 23);
	*length = n + body;
	return page;
}

#if __has_include(<http_parser.h>)

#include <http_parser.h>

static const char http_get_path[] = "/page";

_Static_assert(sizeof(http_parser) <= sizeof(((struct http_get_session *)NULL)->parser),
			   "room for the library's parser");

const char *http_get_unavailable(void)
{
	return NULL;
}

/* ---- parsing ---- */

static http_parser *session_parser(struct http_get_session *session)
{
	return (http_parser *)session->parser;
}

static int on_begin(http_parser *parser)
{
	struct http_get_session *session = parser->data;

	session->path_length = 0;
	session->header_bytes = 0;
	session->status = 0;
	session->between = false;
	return 0;
}

/* Counts what a client may make long. Not 0: too much, which stops the parser. */
static int on_header(http_parser *parser, const char *at, size_t length)
{
	struct http_get_session *session = parser->data;

	(void)at;
	session->header_bytes += (uint32_t)length;
	if (session->header_bytes <= HTTP_GET_HEADER_MAX)
		return 0;
	session->status = 431;
	return 1;
}

static int on_path(http_parser *parser, const char *at, size_t length)
{
	struct http_get_session *session = parser->data;
	size_t room = sizeof(session->path) - session->path_length;

	if (session->path_length < sizeof(session->path))
		memcpy(session->path + session->path_length, at, length < room ? length : room);
	session->path_length += (uint32_t)length;
	return on_header(parser, at, length);
}

static int on_headers_complete(http_parser *parser)
{
	struct http_get_session *session = parser->data;
	size_t length = session->path_length;
	bool found =
		length == sizeof(http_get_path) - 1 && memcmp(session->path, http_get_path, length) == 0;

	session->keep = http_should_keep_alive(parser) != 0;
	session->status = found ? 200 : 404;
	if (parser->method == HTTP_GET || parser->method == HTTP_HEAD)
		return 0;
	/* Its body need not be read, because the connection ends here. */
	session->status = 405;
	return -1;
}

/* Stops the parser behind the request, so that its reply comes before the next one is read. */
static int on_complete(http_parser *parser)
{
	http_parser_pause(parser, 1);
	return 0;
}

static const http_parser_settings session_settings = {
	.on_message_begin = on_begin,
	.on_url = on_path,
	.on_header_field = on_header,
	.on_header_value = on_header,
	.on_headers_complete = on_headers_complete,
	.on_message_complete = on_complete,
};

void http_get_session_init(struct http_get_session *session, size_t body)
{
	memset(session, 0, offsetof(struct http_get_session, buf));
	session->body = body;
	http_parser_init(session_parser(session), HTTP_REQUEST);
	session_parser(session)->data = session;
}

void http_get_session_release(struct http_get_session *session)
{
	free(session->page);
}

/* ---- replies ---- */

/* The page, or only its head. It is made for the first request and then kept. */
static void reply_page(struct http_get_session *session, struct http_get_reply *reply)
{
	if (!session->page || session->page_of != session->keep) {
		free(session->page);
		session->page = http_get_page(session->body, session->keep, &session->page_length);
		session->page_of = session->keep;
	}
	reply->text = session->page;
	reply->length = session->page ? session->page_length : 0;
	reply->page = session_parser(session)->method == HTTP_GET;
	if (!reply->page && session->page)
		reply->length -= session->body;
}

static void reply_status(struct http_get_session *session, struct http_get_reply *reply)
{
	const char *words = http_status_str((enum http_status)session->status);
	bool head = session_parser(session)->method == HTTP_HEAD;
	int length =
		snprintf(session->text, sizeof(session->text),
				 "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
				 "%sConnection: %s\r\n\r\n%s%s",
				 session->status, words, strlen(words) + 1,
				 session->status == 405 ? "Allow: GET, HEAD\r\n" : "",
				 reply->last ? "close" : "keep-alive", head ? "" : words, head ? "" : "\n");

	reply->text = session->text;
	reply->length = (size_t)length;
}

bool http_get_next(struct http_get_session *session, struct http_get_reply *reply)
{
	http_parser *parser = session_parser(session);

	if (session->at == session->got)
		return false;
	session->at += http_parser_execute(parser, &session_settings, session->buf + session->at,
									   session->got - session->at);
	if (HTTP_PARSER_ERRNO(parser) == HPE_OK)
		return false;
	*reply = (struct http_get_reply){.last = true};
	session->between = true;
	if (HTTP_PARSER_ERRNO(parser) == HPE_PAUSED) {
		http_parser_pause(parser, 0);
		reply->last = !session->keep;
	} else if (session->status != 405 && session->status != 431) {
		session->status = 400;
	}
	if (session->status == 200)
		reply_page(session, reply);
	else
		reply_status(session, reply);
	return true;
}

void http_get_too_late(struct http_get_session *session, struct http_get_reply *reply)
{
	*reply = (struct http_get_reply){.text = "", .last = true};
	if (session->between)
		return;
	session->status = 408;
	reply_status(session, reply);
}

#else

const char *http_get_unavailable(void)
{
	return "built without libhttp-parser (Debian: libhttp-parser-dev)";
}

void http_get_session_init(struct http_get_session *session, size_t body)
{
	(void)body;
	session->at = session->got = 0;
}

void http_get_session_release(struct http_get_session *session)
{
	(void)session;
}

bool http_get_next(struct http_get_session *session, struct http_get_reply *reply)
{
	(void)session;
	(void)reply;
	return false;
}

void http_get_too_late(struct http_get_session *session, struct http_get_reply *reply)
{
	(void)session;
	*reply = (struct http_get_reply){.text = "", .last = true};
}

#endif
