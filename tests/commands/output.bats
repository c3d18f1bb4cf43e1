#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a run prints and writes.

load common.bash

@test "CSV when piped, with the header once and one row a trial" {
	out "$BENCH" run $TINY -r 2
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | wc -l)" -eq 3 ]
	[[ "$output" == schema,run_id,* ]]
	[ "$(echo "$output" | column status | sort -u)" = ok ]
}

@test "with -o FILE the table goes to stdout and the rows to the file" {
	out "$BENCH" run $TINY -o x.csv
	[ "$status" -eq 0 ]
	[[ "$output" == *fib_generators* ]]
	[ "$(column seq x.csv)" = 1 ]
	[ "$(column planned x.csv)" = 1 ]
}

@test "the floor beside each trial: where there is one, and unless there is one trial only" {
	"$BENCH" run -w fib_generators,spawn_join -b call,coro -p generators=1 -p values=1k -p tasks=10 -p window=1ms \
		-r 2 -o x.csv >/dev/null 2>err
	python3 - <<'PY'
import csv
rows = [r for r in csv.DictReader(open("x.csv", newline="")) if r["status"] == "ok"]
limits = {w: [r["limit_ns_per_op"] for r in rows if r["workload"] == w] for w in ("fib_generators", "spawn_join")}
assert len(limits["fib_generators"]) >= 4 and all(float(x) > 0 for x in limits["fib_generators"]), limits
assert len(set(limits["fib_generators"])) > 1, limits
assert len(limits["spawn_join"]) >= 2 and set(limits["spawn_join"]) == {""}, limits
PY
	"$BENCH" run $TINY -o one.csv >/dev/null 2>err
	[ -z "$(column limit_ns_per_op one.csv)" ]
}

@test "--append adds rows under one header, --force starts anew" {
	"$BENCH" run $TINY -o x.csv 2>/dev/null >&2
	"$BENCH" run $TINY -o x.csv --append 2>/dev/null >&2
	[ "$(grep -c ^schema x.csv)" -eq 1 ]
	[ "$(column rep x.csv | wc -l)" -eq 2 ]
	"$BENCH" run $TINY -o x.csv --force 2>/dev/null >&2
	[ "$(column rep x.csv | wc -l)" -eq 1 ]
}

@test "no progress in a pipe" {
	out "$BENCH" run $TINY
	! grep -q 'eta' err
}

@test "every resolved option is in params and variant, sorted" {
	out "$BENCH" run -w fib_generators -b coro -p generators=1 -p values=1k -p window=1ms -r 1
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column params)" = 'generators=1;placement=same;through=direct;values=1000;window=1000000' ]
	[[ "$(echo "$output" | column variant)" == *switch=asm* ]]
	[ "$(echo "$output" | column backend)" = coro ]
}

@test "a sweep plans the product, the same cell once" {
	out "$BENCH" run -w fib_generators -b call,call,coro -p values=1k,2k -p generators=1 -r 2 --dry-run -o -
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | wc -l)" -eq 9 ]
}

@test "a parameter bound to a workload beats the plain one" {
	out "$BENCH" run -w fib_generators -b call -p generators=1 -p window=5ms -p fib_generators.window=1ms -r 1 --dry-run -o -
	[[ "$output" == *window=1000000* ]]
}

@test "the plan depends on the seed alone" {
	plan() { "$BENCH" run -w fib_generators -p values=1k,2k,3k,4k -r 3 --dry-run --seed "$1" 2>/dev/null; }
	[ "$(plan 7)" = "$(plan 7)" ]
	[ "$(plan 7)" != "$(plan 8)" ]
}

@test "a dry run measures nothing and writes nothing" {
	out "$BENCH" run $TINY --dry-run -o x.csv
	[ "$status" -eq 0 ]
	[ ! -e x.csv ]
	grep -q 'about' err
}

@test "the smallest matrix: equal digests, operations and tasks where the work is fixed" {
	"$BENCH" run -w sleep_fanout,fib_generators,spawn_join,ring,cpu_scale -p tasks=20 -p sleep=1ms -p values=100 \
		-p generators=3 -p alive=3 -p hops=211 -p order=seq,random -p through=direct,scheduler -p units=50 -p unit=1us \
		-p cpu_scale.lock=none,global -p switch=5us -p window=1ms -r 1 -o x.csv >/dev/null 2>err
	python3 - <<'PY'
import csv
rows = [r for r in csv.DictReader(open("x.csv", newline="")) if r["status"] != "unsupported"]
assert {r["status"] for r in rows} == {"ok"}, [(r["backend"], r["reason"]) for r in rows]
for name, least in (("sleep_fanout", 4), ("fib_generators", 9), ("spawn_join", 4), ("ring", 10), ("cpu_scale", 8)):
    of = [r for r in rows if r["workload"] == name]
    assert len(of) >= least, [r["backend"] for r in of]
    assert len({r["digest"] for r in of}) == 1 and of[0]["digest"], of
    assert len({int(r["ops"]) // int(r["rounds"]) for r in of}) == 1
    assert len({r["tasks"] for r in of}) == 1
    assert all(r["errors"] == "0" for r in of)
    # With its 20 tasks, against one.
    assert all((float(r["speedup"] or 0) > 0) == (name == "cpu_scale") for r in of), of
PY
}

@test "speed-up: against one task, which itself has none" {
	"$BENCH" run -w cpu_scale -b event,thread -p tasks=1,2 -p units=20 -p unit=1us -p window=1ms -p lock=none \
		-r 1 -o x.csv >table 2>err
	grep -q speedup table
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("x.csv", newline="")))
assert len(rows) == 4 and {r["status"] for r in rows} == {"ok"}, rows
assert all(bool(r["speedup"]) == ("tasks=2;" in r["params"]) for r in rows), rows
PY
}

@test "depths of queues: what coro and event held at a time, and nobody else" {
	"$BENCH" run -w sleep_fanout -b coro,coro:stack=copy,event,event:timer=libev,thread -p tasks=200 \
		-p sleep=250ms -p deadline=common -p window=1ms -r 1 -o x.csv >/dev/null 2>err
	"$BENCH" run -w spawn_join,ring -b coro,event -p tasks=100 -p alive=100 -p hops=1k -p window=1ms \
		-r 1 -o x.csv --append >/dev/null 2>err
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("x.csv", newline="")))
assert len(rows) == 9 and {r["status"] for r in rows} == {"ok"}, rows
for r in rows:
    depths = r["ready_max"], r["timers_max"]
    if r["backend"] == "thread":
        assert depths == ("", ""), r
        continue
    ready, timers = map(int, depths)
    # All have one deadline ahead of them, and all of coro's are woken in one turn of the loop.
    assert timers == (200 if r["workload"] == "sleep_fanout" else 0), r
    if r["backend"] == "coro":
        assert ready == 200 if timers else 64 <= ready <= 101, r
    else:
        assert 1 <= ready <= 200, r
PY
}

@test "every lock keeps the number, and no lock counts what it loses" {
	"$BENCH" run -w lock -b coro,event,thread,process -p ops=2k -p lock=mutex,spin,rwlock,semaphore,atomic,none \
		-p placement=free -p window=1ms -r 1 -o x.csv >/dev/null 2>err
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("x.csv", newline="")))
assert len(rows) == 24
for r in rows:
    cannot = r["backend"] == "event" or r["backend"] == "coro" and "lock=spin" in r["params"]
    assert r["status"] == ("unsupported" if cannot else "ok"), (r["backend"], r["params"], r["reason"])
    if cannot:
        continue
    assert int(r["digest"], 16) == 2000 and r["tasks_peak"] == "4", r
    if "lock=none" in r["params"] or "lock=atomic" in r["params"]:
        assert r["lat_kind"] == "" and r["lat_count"] == "", r
    else:
        assert r["lat_kind"] == "wait" and int(r["lat_count"]) > 0 and r["lat_batch"] == "1", r
    assert int(r["errors"]) >= 0 if "lock=none" in r["params"] else r["errors"] == "0", r
PY
}

@test "a sample of a lock is the wait for it, without the section" {
	"$BENCH" run -w lock -b thread -p tasks=1 -p ops=20 -p lock=mutex -p section=1ms -p window=1ms -r 1 \
		-o x.csv >/dev/null 2>err
	[ "$(column status x.csv)" = ok ]
	[ "$(column lat_min_ns x.csv | cut -d. -f1)" -lt 1000000 ]
}

@test "every item goes through a bounded queue once" {
	"$BENCH" run -w bounded_queue -b coro,event,thread,thread:queue=condvar,process -p items=1001 \
		-p producers=1,3 -p consumers=1,4 -p capacity=1,7 -p placement=same,free -p window=1ms -r 1 -o x.csv >/dev/null 2>err
	[ "$(column status x.csv | sort -u)" = ok ]
	[ "$(column status x.csv | wc -l)" -eq 80 ]
	[ "$(column digest x.csv | sort -u)" = "$(printf %016x $((1001 * 1002 * 1003 / 3)))" ]
}

@test "every job of a pool is done once, whatever the size of the pool" {
	"$BENCH" run -w pool_dispatch -b call,coro,event,thread,thread:queue=condvar,process -p jobs=1001 \
		-p workers=1,3 -p inflight=1,7,2k -p work=0,1us -p window=1ms -r 1 -o x.csv >/dev/null 2>err
	[ "$(column status x.csv | sort -u)" = ok ]
	[ "$(column status x.csv | wc -l)" -eq 72 ]
	[ "$(column digest x.csv | sort -u)" = "$(printf %016x $(((1001 * 1002 * 1003 / 3 << 32) + 1001 * 1002 / 2)))" ]
}

@test "every item goes through all stages of a pipeline, with barriers and without" {
	"$BENCH" run -w pipeline -b call,coro,event,thread,process -p items=49 -p stages=1,3 -p sleep=0,10us \
		-p mode=gather,stream -p inflight=2,60 -p window=1ms -r 1 -o x.csv >/dev/null 2>err
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("x.csv", newline="")))
assert len(rows) == 5 * 16
digests = {}
for r in rows:
    p = dict(part.split("=") for part in r["params"].split(";"))
    cannot = r["backend"] == "call" and p["sleep"] != "0"
    assert r["status"] == ("unsupported" if cannot else "ok"), (r["backend"], r["params"], r["reason"])
    if cannot:
        continue
    alive = min(int(p["inflight"]), 49) if p["mode"] == "gather" else max(int(p["inflight"]), int(p["stages"]))
    assert int(r["tasks"]) == alive and int(r["ops"]) == 49 * int(r["rounds"]), r
    assert r["tasks_peak"] == (str(alive) if p["mode"] == "stream" and r["backend"] not in ("call", "event") else ""), r
    if p["sleep"] != "0":
        assert int(r["lat_count"]) == int(r["ops"]) and float(r["lat_min_ns"]) >= 10000 * int(p["stages"]), r
    digests.setdefault(p["stages"], set()).add(r["digest"])
assert sorted(len(found) for found in digests.values()) == [1, 1] and digests["1"] != digests["3"], digests
PY
}

@test "every block of a file is read once, whoever makes the calls" {
	"$BENCH" run -w file_read -b call,coro,coro:stack=dense,coro:stack=copy,event,thread,process -p reads=101 \
		-p files=1,7 -p size=8,4104 -p inflight=1,200 -p io=auto,blocking,threads,io_uring -p window=1ms -r 1 \
		-o x.csv >/dev/null 2>err
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("x.csv", newline="")))
digests = {}
for r in rows:
    p = dict(kv.split("=") for kv in r["params"].split(";"))
    own = r["backend"] in ("call", "thread", "process")
    assert p["io"] != "auto"
    if own and p["io"] != "blocking":
        assert r["status"] == "unsupported" and "io=blocking" in r["reason"], r
        continue
    if r["status"] == "unsupported":
        assert p["io"] == "io_uring" and "io_uring" in r["reason"], r
        continue
    assert r["status"] == "ok" and r["errors"] == "0", (r["backend"], r["params"], r["reason"])
    digests.setdefault((p["files"], p["size"]), set()).add(r["digest"])
assert len(digests) == 4 and all(len(d) == 1 for d in digests.values()), digests
# io=auto makes no cell of its own: four parameters' combinations, three ways of reading for each.
assert len(rows) == 7 * 8 * 3, len(rows)
PY
	run ls -d "${TMPDIR:-/tmp}"/concbench-??????
	[ "$status" -ne 0 ]
}

@test "every call from another thread is made once and answered once" {
	"$BENCH" run -w cross_submit -b call,coro,coro:stack=copy,event,thread,process -p calls=1001 -p posters=1,3 \
		-p inflight=1,7 -p placement=same,free -p window=1ms -r 1 -o x.csv >/dev/null 2>err
	[ "$(column status x.csv | sort -u)" = ok ]
	[ "$(column status x.csv | wc -l)" -eq 48 ]
	[ "$(column digest x.csv | sort -u)" = "$(printf %016x $((1001 * 1002 * 1003 / 3)))" ]
}

@test "the smallest echo on every pair of server and client" {
	"$BENCH" run -w tcp_echo -b coro,event,thread,process -p conns=3 -p duration=100ms -p warmup=1ms \
		-p client=coro,event,thread,process,self -r 1 -o x.csv >/dev/null 2>err
	[ "$(column status x.csv | sort -u)" = ok ]
	[ "$(column status x.csv | wc -l)" -eq 20 ]
	[ "$(column errors x.csv | sort -u)" = 0 ]
}

@test "big and odd messages cross every backend" {
	"$BENCH" run -w tcp_echo -b coro,event,thread,process -p conns=2 -p duration=100ms -p warmup=1ms \
		-p size=1,4097,64KiB -p client=self -r 1 -o x.csv >/dev/null 2>err
	[ "$(column status x.csv | sort -u)" = ok ]
}

@test "the smallest web server on every pair of server and client, with and without keep-alive" {
	"$BENCH" run -w http_get -b coro,event,thread,process -p conns=3 -p duration=100ms -p warmup=1ms \
		-p keepalive=yes,no -p client=event,self -r 1 -o x.csv >/dev/null 2>err
	column reason x.csv | grep -q 'built without' && skip "no HTTP parser"
	[ "$(column status x.csv | sort -u)" = ok ]
	[ "$(column status x.csv | wc -l)" -eq 16 ]
	[ "$(column errors x.csv | sort -u)" = 0 ]
}

@test "a foreign server is measured beside ours" {
	out env -C "$ROOT" "$BENCH" run -w tcp_echo -b event -p conns=2 -p duration=100ms -p warmup=1ms \
		-p server=self,exec:build/peers/echo_epoll,exec:build/peers/echo_libev -r 1
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column backend | sort | tr '\n' ' ')" = 'event exec exec ' ]
	[ "$(echo "$output" | column status | sort -u)" = ok ]
}

@test "call says why it has no baseline for sockets and timers, and that is no failure" {
	out "$BENCH" run -w sleep_fanout -b call -p tasks=1 -p sleep=1ms -r 3
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | column status)" = unsupported ]
	[[ "$(echo "$output" | column reason)" == *"plain calls"* ]]
}

@test "list names every workload, backend and parameter" {
	out "$BENCH" list
	[ "$status" -eq 0 ]
	for word in sleep_fanout tcp_echo fib_generators call coro event thread process conns values; do
		[[ "$output" == *"$word"* ]]
	done
}

@test "results/README.md explains every column, and none that is not there" {
	"$BENCH" run $TINY -o x.csv >/dev/null 2>err
	python3 - "$ROOT/results/README.md" <<'PY'
import re, sys
header = open("x.csv", newline="").readline().strip().split(",")
text = open(sys.argv[1]).read()
missing = [name for name in header if f"`{name}`" not in text]
assert len(header) > 60 and not missing, missing
# The first cells of the tables of columns.
tables = re.findall(r"^\| column \|.*\n((?:\|.*\n)+)", text, re.M)
cells = [line.split("|")[1] for table in tables for line in table.splitlines()]
named = re.findall(r"`([a-z0-9_]+)`", " ".join(cells))
gone = [name for name in named if name not in header]
assert len(named) > 60 and not gone, gone
PY
}
