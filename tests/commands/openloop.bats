#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Open-loop load: a schedule that does not slip, and a server that stalls.
# What is asserted follows from the schedule and not from the machine's speed: a stall can be longer
# than asked for, never shorter, and what was due in it waited at least for its end.

load common.bash

# stall AFTER_MS MS ARGS...: tcp_echo against a server that stalls; rows to x.csv.
stall() {
	local after=$1 ms=$2
	shift 2
	STALL_AFTER=$after STALL_MS=$ms "$BENCH" run -w tcp_echo -b event -p size=64 -p warmup=100ms -r 1 \
		-p server=exec:"$BATS_TEST_DIRNAME/stalling_echo.py" "$@" -o x.csv >table 2>err
}

@test "a stall shows in full in the response time, and once a connection in the service time" {
	# 200 of 1000 messages are due in the stall; the k-th of them waits 200 ms - k ms at least.
	stall 400 200 -p conns=4 -p rate=1k -p duration=1s -p client=event,coro,thread,process
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("x.csv", newline="")))
assert len(rows) == 4
for r in rows:
    of = {k: float(v) for k, v in r.items() if k.endswith("_ns") and k[:4] in ("lat_", "svc_") and v}
    assert r["status"] == "ok" and r["lat_kind"] == "response", r
    assert 300 < int(r["lat_count"]) == int(r["svc_count"]), r
    # A tenth, 100 messages, waited for 100 ms. The mean, 20 ms, is the area of a triangle.
    assert of["lat_p90_ns"] > 80e6 and of["lat_max_ns"] > 195e6 and of["lat_mean_ns"] > 15e6, of
    # Of these 200, all but one on each connection, which is in service, and those of the last ms.
    assert int(r["late"]) > 180, r
    # As a closed loop would have it: 4 of 1000.
    assert of["svc_max_ns"] > 195e6, of
    assert of["svc_p90_ns"] < of["lat_p90_ns"] / 3 and of["svc_mean_ns"] < of["lat_mean_ns"] / 3, of
PY
}

@test "a stall beyond the window's end is its backlog" {
	# 500 messages are due in the window; the stall begins some 250 ms into it and outlasts it.
	stall 350 600 -p conns=4 -p rate=1k -p duration=500ms -p client=event,thread
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("x.csv", newline="")))
assert len(rows) == 2
for r in rows:
    assert r["status"] == "ok", r
    assert int(r["backlog_end"]) > 150 and float(r["achieved_ratio"]) < 0.7, r
    # One message was in service on each connection: it has its sample, the others were never sent.
    assert int(r["backlog_end"]) - 4 + int(r["lat_count"]) >= 490, r
    assert float(r["lat_max_ns"]) > 590e6, r
PY
}

@test "a closed loop has none of this" {
	stall 200 50 -p conns=4 -p duration=300ms
	[ "$(column status x.csv)" = ok ]
	[ "$(column lat_kind x.csv)" = round_trip ]
	for name in late backlog_end achieved_ratio svc_count svc_mean_ns svc_p50_ns svc_max_ns; do
		[ -z "$(column $name x.csv)" ]
	done
}

@test "every pair of server and client keeps either schedule" {
	"$BENCH" run -w tcp_echo -b coro,event,thread,process -p conns=3 -p duration=100ms -p warmup=1ms \
		-p client=self,event -p rate=1k -p arrivals=fixed,poisson -r 1 -o x.csv >table 2>err
	[ "$(column status x.csv | sort -u)" = ok ]
	[ "$(column status x.csv | wc -l)" -eq 16 ]
	[ "$(column lat_kind x.csv | sort -u)" = response ]
}

@test "more than the server can do: the load is not held back, and what is left is told" {
	out "$BENCH" run -w tcp_echo -b event -p conns=1 -p duration=200ms -p warmup=1ms -p rate=1M -r 1
	[ "$(echo "$output" | column status)" = ok ]
	[ "$(echo "$output" | column backlog_end)" -gt 0 ]
	[[ "$(echo "$output" | column achieved_ratio)" == 0.* ]]
	[ "$(echo "$output" | column lat_count)" -ge "$(echo "$output" | column ops)" ]
}

@test "connections that are due less than once a window end with it" {
	# Each is due every 25 s, and nobody waits for that.
	out "$BENCH" run -w tcp_echo -b event -p conns=500 -p duration=200ms -p warmup=1ms -p rate=20 \
		-p client=event,coro -r 1 --timeout 10s
	[ "$(echo "$output" | column status | sort -u)" = ok ]
}

@test "a server that hangs up between two messages: failed, with the reason" {
	stall 50 0 -p conns=2 -p rate=100 -p duration=500ms -p client=event,thread && status=0 || status=$?
	[ "$status" -eq 1 ]
	[ "$(column status x.csv | sort -u)" = failed ]
	[[ "$(column reason x.csv | sort -u)" == "connection of the client: "* ]]
}

@test "bad input" {
	usage 'rate: 1000001 is out of range (0..1M)' run -w tcp_echo -b event -p rate=1000001
	usage 'arrivals: poisson needs a rate (1..1000000)' run -w tcp_echo -b event -p arrivals=poisson
	usage 'rate: 5 is out of range (at least one message in duration=100000000ns)' \
		run -w tcp_echo -b event -p rate=5 -p duration=100ms
}
