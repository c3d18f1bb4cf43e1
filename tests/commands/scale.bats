#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How cost grows: the sweep of run, and what scale makes of it. Most files are written here, so
# nothing depends on this machine's speed.

load common.bash

# rows FILE PYTHON: a file of results; the code calls add(backend, N, **fields) for each row.
rows() {
	python3 - "$1" "$2" <<'PY'
import csv, sys
rows = []
def add(backend, n, **fields):
    row = dict(schema=1, run_id="r", workload="spin", workload_version=1, backend=backend, variant="",
               params=f"a=7;n={n};z=own", rep=1, status="ok", tasks=n, rounds=2, ops=2 * n, noisy=0)
    row.update(fields)
    rows.append(row)
exec(sys.argv[2])
names = ["schema", "run_id", "seq", "planned", "pair_id", "side", "workload", "workload_version", "backend",
         "variant", "params", "rep", "status", "reason", "tasks", "tasks_peak", "rounds", "ops", "wall_ns",
         "throughput_ops_per_s", "cpu_ns_per_op", "mem_bytes_per_task", "ctxsw_voluntary", "ctxsw_involuntary",
         "noisy", "host_id"]
with open(sys.argv[1], "w", newline="") as file:
    writer = csv.DictWriter(file, names, lineterminator="\n")
    writer.writeheader()
    for i, row in enumerate(rows):
        writer.writerow({"seq": i + 1, "planned": len(rows), **row})
PY
}

# says TEXT...: the output has these texts.
says() {
	local text
	for text; do
		[[ "$output" == *"$text"* ]] || { echo "without '$text': $output"; return 1; }
	done
}

scale() {
	out "$BENCH" scale "$@"
	[ "$status" -eq 0 ] || { echo "exit $status: $(cat err)"; return 1; }
}

@test "a sweep runs, its sizes can be fitted, and stopped backends say why" {
	"$BENCH" run --sweep -w fib_generators -b call,coro -p generators=1,2,4 -p values=100 -p window=1ms -r 2 \
		-o x.csv >/dev/null 2>err
	scale x.csv
	says 'fib_generators by N = generators; ' 'costs of one operation' '  call' '  coro:' 'time      ~ N^'
	"$BENCH" run --sweep -w sleep_fanout -b call,event -p tasks=10,20,40 -p sleep=1ms -p window=1ms -r 1 \
		-o y.csv >/dev/null 2>err
	scale y.csv
	says 'a round of N operations, time beyond the 1.00 ms that it has to take' 'unsupported: call: '
}

@test "run --sweep: the dry run has the series, a -p takes its place" {
	out "$BENCH" run --sweep -w ring,lock -b coro -r 1 --dry-run
	[ "$status" -eq 0 ]
	says 'ring ' 'lock ' 'tasks=128 ' 'window=40ms'
	grep -q 'about .* s or more' err
	out "$BENCH" run --sweep -w ring -b coro -r 1 -p tasks=3,9 --dry-run -o -
	[ "$(echo "$output" | tail -n +2 | grep -c 'tasks=[39];')" -eq 2 ]
	[ "$(echo "$output" | wc -l)" -eq 3 ]
}

@test "the series of all workloads can be planned" {
	out "$BENCH" run --sweep -r 1 --dry-run
	[ "$status" -eq 0 ] || { cat err; return 1; }
}

@test "an exact law: the exponent, its limits, in words; costs of a round" {
	rows x.csv '
for n in (10, 100, 1000, 10000):
    add("coro", n, wall_ns=2 * 150 * n, cpu_ns_per_op=5 * n, mem_bytes_per_task=4096)'
	scale --by n x.csv
	says 'spin by N = n; a=7;z=own' 'costs of a round of N operations; '
	says 'time      ~ N^1.00 (1.00 .. 1.00), linear; 1.50 us at N=10, 1.50 ms at N=10k'
	says 'cpu       ~ N^2.00 (2.00 .. 2.00), worse than linear; 500 ns at N=10'
	says 'memory    ~ N^1.00 (1.00 .. 1.00), linear; 40.0 KiB at N=10, 39.1 MiB at N=10k'
	[[ "$output" != *leaves* && "$output" != *stops* && "$output" != *noisy* ]]
}

@test "where N only shares the work, costs are those of one operation" {
	rows x.csv '
for n in (1, 10, 100): add("coro", n, ops=1000, wall_ns=1000 * 30, ctxsw_voluntary=2000, ctxsw_involuntary=0)
for n in (1, 10, 100): add("event", n, ops=1000, wall_ns=1000 * 30, ctxsw_voluntary=1, ctxsw_involuntary=0)'
	scale --by n x.csv
	says 'costs of one operation' 'time      ~ N^0.00 (0.00 .. 0.00), constant; 30.0 ns at N=1'
	says 'switches  ~ N^0.00 (0.00 .. 0.00), constant; 2.00 at N=1, 2.00 at N=100'
	says 'switches  fewer than one in a hundred operations'
}

@test "the time of a round is what it takes beyond its sleep" {
	rows x.csv '
for n in (10, 100, 1000, 10000):
    add("coro", n, workload="sleep_fanout", wall_ns=2 * (1000000 + 150 * n),
        params=f"deadline=own;placement=same;sleep=1000000;tasks={n};window=1000000")
    add("event", n, workload="sleep_fanout", wall_ns=900 * n, params=f"tasks={n}")'
	scale x.csv
	says 'time beyond the 1.00 ms that it has to take' '~ N^1.00 (1.00 .. 1.00), linear; 1.50 us at N=10, 1.50 ms at N=10k'
	says "time cannot be fitted: this build's sleep_fanout has other parameters"
}

@test "the median of the repetitions: one disturbed trial moves nothing, noisy ones are counted" {
	rows x.csv '
for n in (10, 100, 1000, 10000):
    for rep in (1, 2, 3):
        add("coro", n, rep=rep, wall_ns=2 * 150 * n * (50 if n == 100 and rep == 2 else 1), noisy=rep == 2 and 1 or 0)'
	scale --by n x.csv
	says '~ N^1.00 (1.00 .. 1.00), linear' 'note: 4 of 12 trials ran beside other work'
	[[ "$output" != *leaves* ]]
}

@test "a kink is named with its size and its factor" {
	rows x.csv '
for n in (10, 30, 100, 300, 1000, 3000):
    add("thread", n, wall_ns=2 * 150 * n * (3 if n == 1000 else 6 if n == 3000 else 1))'
	scale --by n x.csv
	says '~ N^1.00 (1.00 .. 1.00), linear'
	says 'leaves this line at N=1k: 3.00 x what the smaller sizes lead to, 6.00 x at N=3k'
}

@test "a backend that stops: after which size, and the reason as it stands in the file" {
	rows x.csv '
for n in (10, 100, 1000): add("thread", n, wall_ns=2 * 150 * n)
add("thread", 1000, status="failed", reason="killed by signal 9", wall_ns=7, rep=2)
add("thread", 300, status="timeout", reason="not done")
add("thread", 100000, status="limited", reason="kernel.pid_max 32768, \"that many\"; 100000 asked for")
add("thread", 1000000, status="limited", reason="another")
add("call", 10, status="unsupported", reason="call: not by plain calls")'
	scale --by n x.csv
	says 'stops after N=1k: N=100k is limited: kernel.pid_max 32768, "that many"; 100000 asked for'
	says '1 of 2 trials at N=1k failed: killed by signal 9' '1 of 1 trials at N=300 timeout: not done'
	says '    unsupported: call: not by plain calls'
	[[ "$output" != *another* ]]
	says '~ N^1.00 (1.00 .. 1.00), linear; 1.50 us at N=10, 150 us at N=1k'
}

@test "tasks that were never alive at once are not passed over" {
	rows x.csv 'for n in (10, 100, 1000): add("thread", n, wall_ns=300 * n, tasks_peak=min(n, 60))'
	scale --by n x.csv
	says 'at N=1k no more than 60 tasks were alive at once'
}

@test "two sizes: it says that it cannot fit" {
	rows x.csv '
for n in (10, 100): add("coro", n, wall_ns=300 * n)
for n in (10, 100, 1000): add("event", n, wall_ns=300 * n)'
	scale --by n x.csv
	says 'time      cannot be fitted: 2 sizes measured, at least 3 needed'
	rows x.csv 'for n in (10, 100): add("coro", n, wall_ns=300 * n)'
	out "$BENCH" scale --by n x.csv
	[ "$status" -eq 2 ]
	grep -qx 'concbench: scale: nothing was fitted: no series has figures of at least 3 sizes' err
}

@test "another variant, another parameter: another line" {
	rows x.csv '
for n in (10, 100, 1000):
    add("coro", n, wall_ns=300 * n)
    add("coro", n, variant="stack=dense", wall_ns=300 * n * n)
    add("coro", n, params=f"a=8;n={n};z=own", wall_ns=300)'
	scale --by n x.csv
	[ "$(echo "$output" | grep -c '^spin by N = n; ')" -eq 2 ]
	says '  coro:stack=dense' '~ N^2.00' '~ N^1.00' 'spin by N = n; a=8;z=own'
}

@test "--csv has the same figures" {
	rows x.csv '
for n in (10, 30, 100, 300, 1000): add("thread", n, wall_ns=300 * n * (4 if n == 1000 else 1))
add("thread", 5000, status="limited", reason="a, b")
add("call", 10, status="unsupported", reason="no")'
	"$BENCH" scale --by n --csv x.csv >figures.csv
	python3 - <<'PY'
import csv
call, thread = csv.DictReader(open("figures.csv", newline=""))
assert None not in call and None not in thread
assert (call["backend"], call["cost"], call["stops_at"], call["stops_status"]) == ("call", "", "10", "unsupported")
assert (thread["cost"], thread["unit"], thread["of"], thread["sizes"]) == ("time", "ns", "N", "5"), thread
assert abs(float(thread["exponent"]) - 1) < 1e-6 and thread["growth"] == "linear"
assert (thread["leaves_at"], thread["leaves_factor"]) == ("1000", "4")
assert (thread["stops_at"], thread["stops_status"], thread["stops_reason"]) == ("5000", "limited", "a, b")
assert thread["params"] == "a=7;z=own" and thread["by"] == "n"
PY
}

@test "results/README.md explains every column of --csv, and none that is not there" {
	rows x.csv 'for n in 10, 100, 1000: add("coro", n, wall_ns=n * 1000)'
	"$BENCH" scale --by n --csv x.csv >grown.csv
	python3 - "$ROOT/results/README.md" <<'PY'
import re, sys
header = open("grown.csv", newline="").readline().strip().split(",")
table = re.search(r"^\| column of `scale` \|.*\n((?:\|.*\n)+)", open(sys.argv[1]).read(), re.M).group(1)
named = re.findall(r"`([a-z0-9_]+)`", " ".join(line.split("|")[1] for line in table.splitlines()))
assert len(header) > 15 and named == header, (named, header)
PY
}

@test "a workload without a known main parameter is named, and with --by one without the key" {
	"$BENCH" run -w fib_generators -b call -p generators=1,2,4 -p values=100 -p window=1ms -r 1 -o x.csv >/dev/null 2>err
	sed '1d; s/,fib_generators,/,other,/; s/^\(1,[^,]*\)/\1x/' x.csv | cat x.csv - >y.csv
	scale y.csv
	says 'note: other: left out, it has no main parameter; see --by'
	scale --by generators y.csv
	says 'other by N = generators'
}

@test "files and options that cannot be used" {
	rows x.csv 'for n in (10, 100, 1000): add("coro", n, wall_ns=300 * n)'
	usage '0 files given, 1 wanted' scale
	usage '2 files given, 1 wanted' scale x.csv x.csv
	usage '--frobnicate: unknown option' scale --frobnicate x.csv
	usage 'scale: /nowhere: ' scale /nowhere
	usage 'the main parameter of none of its workloads is known; see --by' scale x.csv
	usage "x.csv: --by: no row has a parameter 'm' above 0" scale --by m x.csv
	usage 'x.csv:2: column params: z=own is no number to scale by' scale --by z x.csv
	head -n 3 x.csv >cut.csv
	usage 'cut.csv:3: run r has 2 rows of 3 planned' scale --by n cut.csv
	out "$BENCH" scale --partial --by n cut.csv
	[ "$status" -eq 2 ]
	grep -q 'nothing was fitted' err
	rows ab.csv 'for side in "AB": add("coro", 10, wall_ns=300, pair_id="1.1", side=side)'
	usage 'ab.csv:2: column pair_id: rows of two builds' scale --by n ab.csv
	rows two.csv 'for host in "ab": add("coro", 10, wall_ns=300, host_id=host, rep="ab".index(host) + 1)'
	usage "two.csv: rows of two hosts: host_id: 'a'" scale --by n two.csv
	: >empty.csv
	usage 'empty.csv: ' scale empty.csv
}

@test "scale --help" {
	out "$BENCH" scale --help
	[ "$status" -eq 0 ]
	[[ "$output" == usage:* ]]
	says '--by KEY' '--csv' '--partial'
}

@test "bench/README.md shows the figures of the reference results" {
	cp "$ROOT/bench/README.md" page.md
	"$ROOT/scripts/results-table" "$ROOT/results/reference-standard-2cpu.csv" page.md
	diff "$ROOT/bench/README.md" page.md # else: scripts/results-table results/reference-... bench/README.md
}

@test "results-table: medians of good trials, what cannot be done, and workloads it does not know" {
	rows x.csv '
for rep, rate in enumerate((2e6, 1e6, 4e6)): add("coro", 5, rep=rep, throughput_ops_per_s=rate)
add("coro", 5, rep=4, status="failed", throughput_ops_per_s=1)
add("thread", 5, status="limited", reason="x")
add("coro", 2, workload="ring", params="tasks=2", throughput_ops_per_s=8e6)'
	out "$ROOT/scripts/results-table" x.csv
	[ "$status" -eq 0 ]
	says '| `ring` `tasks=2` | time a hop | - | 125 ns | - | - | - |'
	says '| `spin` | time an operation | - | 500 ns | - | x | - |'
}
