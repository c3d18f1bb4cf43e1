// SPDX-License-Identifier: MIT
/*
 * The progress line on a pseudo-terminal of a given width, and its silence elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pty.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "progress.h"

struct terminal {
	int master, slave;
};

static void terminal_init(struct terminal *terminal, unsigned short columns)
{
	const struct winsize size = {.ws_row = 24, .ws_col = columns};

	assert_int_equal(openpty(&terminal->master, &terminal->slave, NULL, NULL, &size), 0);
}

/* What has been written so far; there is something. */
static const char *seen(const struct terminal *terminal, char *buf, size_t size)
{
	const ssize_t length = read(terminal->master, buf, size - 1);

	assert_true(length > 0);
	buf[length] = '\0';
	return buf;
}

static void terminal_release(struct terminal *terminal)
{
	close(terminal->slave);
	close(terminal->master);
}

static void test_line(void **state)
{
	struct terminal terminal;
	struct progress progress;
	char buf[512];

	(void)state;
	terminal_init(&terminal, 80);
	progress_begin(&progress, terminal.slave, 60, 600 * CLOCK_NS_PER_S);
	progress_update(&progress, 0, "tcp_echo coro conns=64 rep 1");
	assert_non_null(strstr(seen(&terminal, buf, sizeof(buf)),
						   "\r[0/60] 0 % tcp_echo coro conns=64 rep 1  eta 10m0"));
	assert_string_equal(buf + strlen(buf) - 4, "s\033[K");
	progress_update(&progress, 12, "tcp_echo coro conns=64 rep 2");
	assert_non_null(strstr(seen(&terminal, buf, sizeof(buf)), "[12/60] 20 % tcp_echo coro"));
	progress_clear(&progress);
	assert_string_equal(seen(&terminal, buf, sizeof(buf)), "\r\033[K");
	terminal_release(&terminal);
}

/* The pace seen so far takes over from the plan: here the plan was ten times too long. */
static void test_eta_follows_pace(void **state)
{
	struct terminal terminal;
	struct progress progress;
	char buf[512];

	(void)state;
	terminal_init(&terminal, 80);
	progress_begin(&progress, terminal.slave, 10000, 100000 * CLOCK_NS_PER_S);
	progress.started_ns -= 4995 * CLOCK_NS_PER_S;
	progress_update(&progress, 4995, "x");
	assert_non_null(strstr(seen(&terminal, buf, sizeof(buf)), "eta 1h24m"));
	terminal_release(&terminal);
}

static void test_narrow_terminal(void **state)
{
	struct terminal terminal;
	struct progress progress;
	char buf[512], long_text[1000];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	terminal_init(&terminal, 20);
	progress_begin(&progress, terminal.slave, 60, 0);
	progress_update(&progress, 30, long_text);
	assert_string_equal(seen(&terminal, buf, sizeof(buf)), "\r[30/60] 50 % xxxxxx\033[K");
	terminal_release(&terminal);

	terminal_init(&terminal, 2000);
	progress_begin(&progress, terminal.slave, 60, 0);
	progress_update(&progress, 30, long_text);
	assert_true(strlen(seen(&terminal, buf, sizeof(buf))) < 512);
	terminal_release(&terminal);
}

static void test_silent_on_a_pipe(void **state)
{
	struct progress progress;
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	progress_begin(&progress, ends[1], 60, CLOCK_NS_PER_S);
	progress_update(&progress, 1, "x");
	progress_clear(&progress);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_eta_follows_pace),
		cmocka_unit_test(test_narrow_terminal),
		cmocka_unit_test(test_silent_on_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
