# SPDX-License-Identifier: MIT
# What all command tests share. Each test works in a folder of its own; nothing waits for a fixed time.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	BENCH=${BENCH:-$ROOT/build/concbench}
	cd "$BATS_TEST_TMPDIR" || return
	# The smallest fixed work: one trial takes some milliseconds.
	TINY='-w fib_generators -b call -p generators=1 -p window=1ms -p values=1k -r 1'
}

# Standard output alone; standard error goes to ./err.
out() {
	run bash -c '"$@" 2>err' out "$@"
}

# usage MESSAGE ARGS...: exit 2, one line on stderr that holds MESSAGE, nothing on stdout.
usage() {
	local message=$1
	shift
	out "$BENCH" "$@"
	[ "$status" -eq 2 ] || { echo "exit $status: $(cat err)"; return 1; }
	[ -z "$output" ] || { echo "on stdout: $output"; return 1; }
	[ "$(wc -l <err)" -eq 1 ] || { echo "not one line: $(cat err)"; return 1; }
	grep -qF -- "$message" err || { echo "says: $(cat err)"; return 1; }
}

# column NAME [FILE]: that column's fields, one a line.
column() {
	python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[2], newline="")):
    print(row[sys.argv[1]])' "$1" "${2:-/dev/stdin}"
}

# until_true COMMAND...: polls for at most 20 s.
until_true() {
	local tries=2000
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.01
	done
}

# children PID: its children, one a line.
children() {
	ps -o pid= --ppid "$1" | tr -d ' '
}

has_child() {
	[ -n "$(children "$1")" ]
}

gone() {
	! kill -0 "$1" 2>/dev/null
}
