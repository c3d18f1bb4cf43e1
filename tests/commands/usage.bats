#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Bad input: one line that names the option, the value and what is allowed; exit 2.

load common.bash

@test "an unknown verb" {
	usage '"frobnicate" is no verb' frobnicate
}

@test "no verb prints the usage and exits 2" {
	out "$BENCH"
	[ "$status" -eq 2 ]
	grep -q '^usage: concbench VERB' err
}

@test "an unknown option" {
	usage '--frobnicate: unknown option' run --frobnicate
}

@test "an option without its value" {
	usage '-r: a value is missing' run -r
}

@test "an operand where none belongs" {
	usage 'nonsense: run takes options only' run nonsense
}

@test "an unknown workload names those there are" {
	local names
	names=$("$BENCH" list | sed -n 's/^  \([a-z_]*\) (version .*/\1/p' | paste -sd '|')
	[[ "$names" == sleep_fanout\|* ]]
	usage "workload: \"nope\" is not one of $names" run -w nope
}

@test "a workload named twice" {
	usage '"tcp_echo" is named twice' run -w tcp_echo,tcp_echo
}

@test "an empty list of workloads" {
	usage 'workload: "" is not one of' run -w ''
}

@test "an unknown backend names those there are" {
	usage 'backend: "nope" is not one of call|coro|event|thread|process' run -b nope
}

@test "an empty list of backends" {
	usage 'backend: "" is not one of' run -b ''
}

@test "a backend's unknown option" {
	usage 'backend coro: no option "nope"' run -b coro:nope=1
}

@test "a backend's option with an unknown value" {
	usage '"nope" is not one of' run -b coro:switch=nope
}

@test "a backend's option set twice" {
	usage 'switch is set twice' run -b coro:switch=asm+switch=asm
}

@test "an unknown parameter" {
	usage 'none of the chosen workloads has a parameter "nope"' run -p nope=1
}

@test "a parameter of a workload that was not chosen" {
	usage 'none of the chosen workloads has a parameter "conns"' run -w fib_generators -p conns=1
}

@test "a parameter below its range" {
	usage 'tasks: 0 is out of range (1..' run -p tasks=0
}

@test "a parameter above its range" {
	usage 'is out of range (1..' run -p tasks=999999999999
}

@test "a parameter that overflows" {
	usage 'tasks:' run -p tasks=99999999999999999999999999
}

@test "a parameter that is no number" {
	usage 'tasks: "many"' run -p tasks=many
}

@test "a parameter without a value" {
	usage 'a value is missing' run -p tasks
	usage 'a value is missing' run -p tasks=
}

@test "an empty value in a list" {
	usage 'tasks: ""' run -p tasks=1,,2
}

@test "a parameter set twice" {
	usage '"tasks" is set twice' run -p tasks=1 -p tasks=2
}

@test "an unknown choice" {
	usage 'deadline: "nope" is not one of own|common' run -p deadline=nope
}

@test "a value that none of the workloads with that parameter takes" {
	usage 'lock: "nope" is not one of mutex|spin|' run -p lock=nope
	usage 'lock: "nope" is not one of mutex|spin|' run -p lock=mutex,global,nope
	usage 'lock: "mutex" is not one of none|global' run -p cpu_scale.lock=mutex
	usage 'lock: "mutex" is not one of none|global' run -w cpu_scale -p lock=mutex
}

@test "a value that one of them takes leaves the others as they are" {
	out "$BENCH" run -w lock,cpu_scale,ring -b thread -p tasks=2 -p lock=mutex,none -r 1 --dry-run -o -
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | grep -c '^lock,.*lock=mutex;')" -eq 1 ]
	[ "$(echo "$output" | grep -c '^lock,.*lock=none;')" -eq 1 ]
	[ "$(echo "$output" | grep -c '^cpu_scale,.*lock=none;')" -eq 1 ]
	[ "$(echo "$output" | grep -c '^cpu_scale,.*lock=')" -eq 1 ]
	[ "$(echo "$output" | grep -c '^ring,.*tasks=2;')" -ge 1 ]
	out "$BENCH" run -w lock,cpu_scale -b thread -p tasks=2 -p lock=mutex -r 1 --dry-run -o -
	[ "$(echo "$output" | grep -c '^cpu_scale,.*lock=')" -eq 2 ]
}

@test "an unknown profile" {
	usage '--profile: "nope" is not one of quick|standard|full|defaults' run --profile nope
}

@test "repetitions out of range" {
	usage '-r: 0 is out of range (1..10k)' run -r 0
	usage '-r: "x"' run -r x
}

@test "a timeout that is no time" {
	usage '--timeout: "soon"' run --timeout soon
}

@test "a client that is no backend" {
	usage '"nope" is not one of' run -w tcp_echo -p client=nope
}

@test "--append without a file" {
	usage '--append and --force need an -o FILE' run --append
}

@test "a combination that a workload refuses" {
	usage 'generators' run -w fib_generators -p generators=100 -p values=10
}

@test "-o on an existing file is refused and the file is kept" {
	echo precious >kept.csv
	usage 'kept.csv' run $TINY -o kept.csv
	[ "$(cat kept.csv)" = precious ]
}

@test "-o in a missing folder" {
	usage 'no/such/x.csv' run $TINY -o no/such/x.csv
}

@test "-o in a read-only folder" {
	[ "$(id -u)" -ne 0 ] || skip "root may write anywhere"
	mkdir ro && chmod a-w ro
	usage 'ro/x.csv' run $TINY -o ro/x.csv
}

@test "--append to a file with another header is refused" {
	echo 'a,b' >other.csv
	usage 'other.csv' run $TINY -o other.csv --append
	[ "$(cat other.csv)" = 'a,b' ]
}

@test "--help and --version go to stdout with exit 0" {
	for verb in '' run list; do
		out "$BENCH" $verb --help
		[ "$status" -eq 0 ]
		[[ "$output" == usage:* ]]
	done
	out "$BENCH" --version
	[ "$status" -eq 0 ]
	[[ "$output" == concbench\ * ]]
}

@test "list says what a backend cannot do in the words of a run" {
	out "$BENCH" list
	[ "$status" -eq 0 ]
	[[ "$output" != *'no such body'* ]]
	local line
	for line in 'sleep_fanout, tcp_echo, spawn_join, http_get, lock, bounded_queue: this work cannot be done by plain calls' 'lock: callbacks on one thread never interleave' \
		'lock lock=spin: on one thread, the task that one spins for cannot run' \
		'cpu_scale lock=global: calls come one after another anyway' 'tcp_echo model=pool: an event loop has no tasks'; do
		grep -qF "unsupported: $line" <<<"$output" || { echo "lacks: $line"; return 1; }
	done
}

@test "a parameter bound to a workload that is not chosen" {
	usage '-p lock.tasks=2: the workload "lock" is not chosen' run -w ring -p lock.tasks=2
}

@test "a foreign program drives no server" {
	usage 'client: "exec" is not one of call|coro|event|thread|process' run -w tcp_echo -p client=exec
}

@test "serve wants one workload with a server, and one value a parameter" {
	usage 'serve: -w is missing' serve
	usage '-w ring: this workload has no server' serve -w ring
	usage 'serve: -w http_get,tcp_echo: several servers' serve -w http_get,tcp_echo
	usage 'serve: -b event,coro: several servers' serve -w http_get -b event,coro
	usage 'serve: -p body=1,2: several servers' serve -w http_get -p body=1,2
	usage 'serve: call: this work cannot be done by plain calls' serve -w http_get -b call
	usage 'nonsense: serve takes options only' serve -w http_get nonsense
}

@test "compare --history wants one file" {
	usage 'compare: 0 files given, 1 wanted' compare --history .
}

@test "an empty file of overrides" {
	: >none.csv
	usage '--overrides: none.csv: the file is empty' compare --overrides none.csv a.csv b.csv
}

@test "--append or --force, not both" {
	echo kept >x.csv
	usage '--append and --force exclude each other' run $TINY -o x.csv --append --force
	usage '--append and --force exclude each other' run $TINY -o x.csv --force --append
	[ "$(cat x.csv)" = kept ]
}

@test "a foreign server that is not there" {
	usage 'server: exec:/no/such/echo: No such file or directory' run -w tcp_echo -b event -p server=exec:/no/such/echo
}
