#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Bad days: limits, hangs, crashes, signals, a full disk, a machine that offers less.

load common.bash

# Starts a run that sleeps for an hour in its first trial; $driver and $role are its processes.
start_sleeper() {
	"$BENCH" run -w sleep_fanout -b "${1:-coro}" -p tasks=3 -p sleep=10m -p window=1ms -r 1 \
		--timeout "${2:-10m}" -o x.csv >table 2>err &
	driver=$!
	until_true has_child "$driver"
	role=$(children "$driver" | head -n 1)
	until_true asleep "$role"
}

# Past the exec: it is a trial, and it waits.
asleep() {
	tr '\0' ' ' <"/proc/$1/cmdline" | grep -q '^concbench trial ' && grep -q '^State:.S' "/proc/$1/status"
}

@test "more tasks than the machine allows: limited, with the limit's name and what would do" {
	out "$BENCH" run -w sleep_fanout -b thread,process -p tasks=10M -p sleep=1ms -r 3
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column status | sort -u)" = limited ]
	[[ "$(echo "$output" | column reason | head -n 1)" =~ allows\ [0-9]+\ tasks,\ 10000000\ asked\ for ]]
}

@test "more connections than descriptors: limited by RLIMIT_NOFILE, the soft limit is raised" {
	ulimit -Sn 64
	ulimit -Hn 256
	out "$BENCH" run -w tcp_echo -b event -p conns=1000 -p duration=100ms -p warmup=1ms -r 1
	[ "$(echo "$output" | column status)" = limited ]
	[[ "$(echo "$output" | column reason)" == *RLIMIT_NOFILE* ]]
	out "$BENCH" run -w tcp_echo -b event -p conns=100 -p duration=100ms -p warmup=1ms -r 1
	[ "$(echo "$output" | column status)" = ok ]
}

@test "a trial that is stopped runs into its timeout; the run goes on, exit 1" {
	"$BENCH" run -w sleep_fanout,fib_generators -b coro -p tasks=3 -p sleep=10m -p values=100 -p generators=1 -p window=1ms \
		-r 1 --timeout 300ms -o x.csv >table 2>err && status=0 || status=$?
	[ "$status" -eq 1 ]
	[ "$(column status x.csv | sort | tr '\n' ' ')" = 'ok timeout ' ]
}

@test "a trial that crashes is a row, and the run exits 1" {
	start_sleeper
	kill -SEGV "$role"
	wait "$driver" && status=0 || status=$?
	[ "$status" -eq 1 ]
	[ "$(column status x.csv)" = failed ]
	[[ "$(column reason x.csv)" == *SIGSEGV* ]]
}

@test "SIGINT cuts the trial: row interrupted, exit 130, nothing left" {
	start_sleeper process
	kill -INT "$driver"
	wait "$driver" && status=0 || status=$?
	[ "$status" -eq 130 ]
	[ "$(column status x.csv)" = interrupted ]
	gone "$role"
	[ -z "$(ps -o pid= -g "$role")" ]
}

@test "SIGTERM: exit 143" {
	start_sleeper
	kill -TERM "$driver"
	wait "$driver" && status=0 || status=$?
	[ "$status" -eq 143 ]
	[ "$(column status x.csv)" = interrupted ]
}

@test "a driver that is killed takes its trial with it" {
	start_sleeper process
	group=$role
	kill -KILL "$driver"
	wait "$driver" || true
	until_true gone "$role"
	nobody() { [ -z "$(ps -o pid=,stat= -g "$group" | grep -v Z)" ]; }
	until_true nobody
}

@test "a full disk: exit 1, and the rows already written are whole" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to mount a small file system"
	mkdir small
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	run unshare -m sh -c "mount -t tmpfs -o size=16k none small &&
		$BENCH run -w fib_generators -b call -p generators=1 -p values=100 -p window=1us -r 40 -o small/x.csv >table 2>err;
		echo \$?; cp small/x.csv full.csv"
	[ "${lines[0]}" = 1 ]
	grep -q 'No space left' err
	tail -c 1 full.csv | od -c | grep -q '\\n'
	python3 - <<'PY'
import csv
rows = list(csv.reader(open("full.csv", newline="")))
assert len(rows) > 2 and len({len(r) for r in rows}) == 1
PY
}

@test "a full standard output is a failure too" {
	[ -e /dev/full ] || skip "no /dev/full"
	run bash -c "$BENCH run $TINY -o - >/dev/full"
	[ "$status" -eq 1 ]
}

@test "one CPU only: works, and an explicit split says what it needs" {
	out taskset -c 0 "$BENCH" run -w tcp_echo -b event -p conns=2 -p duration=100ms -p warmup=1ms -r 1
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column status)" = ok ]
	[[ "$(echo "$output" | column params)" == *placement=same* ]]
	out taskset -c 0 "$BENCH" run -w tcp_echo -b event -p conns=2 -p placement=split -r 1
	[ "$(echo "$output" | column status)" = unsupported ]
	[[ "$(echo "$output" | column reason)" == *"2 CPUs"* ]]
}

@test "without /proc/pressure its column is empty, not 0" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to hide a file"
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	out unshare -m sh -c "mount -t tmpfs none /proc/pressure && exec $BENCH run $TINY"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column status)" = ok ]
	[ -z "$(echo "$output" | column psi_cpu_some_ns)" ]
}

@test "a seccomp profile that forbids optional calls" {
	forbidden=$(python3 "$BATS_TEST_DIRNAME/forbid.py" --names)
	[ -n "$forbidden" ] || skip "system call numbers are known for x86-64 and aarch64 only"
	out python3 "$BATS_TEST_DIRNAME/forbid.py" "$BENCH" run -p tasks=10 -p sleep=1ms -p values=100 -p generators=3 -p conns=2 \
		-p reads=100 -p jobs=100 -p ops=100 -p items=100 -p hops=100 -p units=10 -p unit=1us \
		-p duration=100ms -p warmup=1ms -p window=1ms -r 1
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column status | sort -u | tr '\n' ' ')" = 'ok unsupported ' ]
}

# Starts a run that reads files for ten minutes, in folders of its own; $driver and $role are its processes.
start_reader() {
	mkdir -p tmp
	TMPDIR=$PWD/tmp "$BENCH" run -w file_read -b "$1" -p io=auto -p files=9 -p reads=1k -p window=10m -r 1 \
		--timeout "${2:-10m}" -o x.csv --force >table 2>err &
	driver=$!
	until_true all_files
	role=$(children "$driver" | head -n 1)
}

all_files() {
	[ "$(find tmp -type f -size 8 | wc -l)" -eq 9 ]
}

@test "files are gone after a SIGINT, a SIGTERM, a crash, a timeout" {
	for how in INT TERM SEGV timeout; do
		case $how in
		timeout) start_reader coro 500ms ;;
		SEGV) start_reader process && kill -SEGV "$role" ;;
		*) start_reader event && kill -"$how" "$driver" ;;
		esac
		wait "$driver" || true
		[ -z "$(ls -A tmp)" ] || { ls -R tmp; return 1; }
		echo "$how $(column status x.csv)" >>seen
	done
	[ "$(tr '\n' ' ' <seen)" = 'INT interrupted TERM interrupted SEGV failed timeout timeout ' ]
}

@test "files of a driver that was killed are removed by the next run, those of a living one are not" {
	start_reader thread
	kill -KILL "$driver"
	wait "$driver" || true
	until_true gone "$role"
	orphan=$(ls tmp)
	mkdir tmp/concbench-others tmp/concbench-mine
	touch tmp/concbench-others/x
	mkdir tmp/concbench-deeper tmp/concbench-deeper/folder
	start_reader_beside() {
		TMPDIR=$PWD/tmp "$BENCH" run -w file_read -b call -p files=1 -p reads=10 -p window=1ms -r 1 -o y.csv --force >table 2>err
	}
	start_reader_beside
	[ "$(column status y.csv)" = ok ]
	[ ! -e "tmp/$orphan" ]
	[ "$(ls tmp | tr '\n' ' ')" = 'concbench-deeper concbench-mine ' ]
}

@test "nowhere to put files: the row says where and why, and the run goes on" {
	out env TMPDIR=/nonexistent "$BENCH" run -w file_read,fib_generators -b coro -p io=auto -p files=2 -p reads=10 -p generators=1 \
		-p values=100 -p window=1ms -r 1
	[ "$status" -eq 1 ]
	[ "$(echo "$output" | column status | sort | tr '\n' ' ')" = 'failed ok ' ]
	[[ "$(echo "$output" | column reason)" == *"no folder for files can be made in /nonexistent: No such file or directory"* ]]
}

@test "no room for files: the row says so, the run goes on, and nothing is left" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to mount a small file system"
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	mkdir small
	out unshare -m sh -c "mount -t tmpfs -o size=64k none small && TMPDIR=$PWD/small $BENCH run \
		-w file_read,fib_generators -b call,event -p io=auto -p reads=10 -p generators=1 -p values=100 -p window=1ms -r 1 -o x.csv
		ls -A small"
	[ -z "$output" ] || [[ "$output" != *concbench-* ]]
	[ "$(column status x.csv | sort | tr '\n' ' ')" = 'failed failed ok ok ' ]
	[ "$(column reason x.csv | grep -c 'writing the files: No space left on device')" -eq 2 ]
}

@test "io_uring forbidden: io=auto takes threads, and io=io_uring says why not" {
	forbidden=$(python3 "$BATS_TEST_DIRNAME/forbid.py" --names)
	[ -n "$forbidden" ] || skip "system call numbers are known for x86-64 and aarch64 only"
	out python3 "$BATS_TEST_DIRNAME/forbid.py" "$BENCH" run -w file_read -b coro,event -p io=auto,io_uring -p reads=10 \
		-p window=1ms -r 1
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column status | sort | tr '\n' ' ')" = 'ok ok unsupported unsupported ' ]
	[ "$(echo "$output" | column params | grep -c 'io=threads')" -eq 2 ]
	echo "$output" | column reason | grep -qE 'io_uring is not permitted here|built without liburing'
}

@test "a cgroup quota below one CPU: works, and throttling is recorded" {
	group=/sys/fs/cgroup/cpu/concbench-test-$$
	mkdir "$group" 2>/dev/null || skip "no cgroup can be made here"
	if ! { echo 100000 >"$group/cpu.cfs_period_us" && echo 20000 >"$group/cpu.cfs_quota_us"; } 2>/dev/null; then
		rmdir "$group"
		skip "no CPU controller"
	fi
	out sh -c "echo \$\$ >$group/cgroup.procs && exec $BENCH run -w fib_generators -b call -p generators=1 -p window=500ms -r 1"
	rmdir "$group"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column status)" = ok ]
	[ "$(echo "$output" | column throttled_ns)" -gt 0 ]
	[ "$(echo "$output" | column noisy)" = 1 ]
}

@test "nothing is left in /dev/shm or /tmp, and no process" {
	before=$(ls -A /dev/shm | wc -l)
	"$BENCH" run -w fib_generators -p generators=2 -p values=100 -p window=1ms -r 1 -o x.csv >/dev/null 2>&1
	[ "$(ls -A /dev/shm | wc -l)" -eq "$before" ]
	[ -z "$(children $$ | grep -v "$BASHPID" | xargs -r ps -o comm= -p | grep concbench)" ]
}
