#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Histograms as files: what run --hist writes, what hist shows, and whether HdrHistogram for Java agrees.

load common.bash

JAR=/usr/share/java/hdrhistogram.jar

# Enough samples for a p99.
ECHO='-w tcp_echo -b coro,event -p conns=2 -p duration=100ms -p warmup=1ms -r 2'

# Batches of operations, and a thousand and more of them.
FIB='-w fib_generators -b call -p generators=1 -p window=20ms -r 1'

# agree FILE: Java's reader has the same tags, counts, means, maxima and percentiles as hist --csv.
agree() {
	command -v java >/dev/null || skip 'java is not installed'
	[ -e "$JAR" ] || skip "$JAR is not installed (libhdrhistogram-java)"
	"$BENCH" hist --csv "$1" >figures.csv
	python3 - "$JAR" "$1" <<'PY'
import csv, math, re, subprocess, sys

def processor(*options):
    command = ["timeout", "30", "java", "-cp", sys.argv[1], "org.HdrHistogram.HistogramLogProcessor", "-i", sys.argv[2]]
    return subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout

ours = list(csv.DictReader(open("figures.csv", newline="")))
listed = processor("-listtags").splitlines()[1:]
assert sorted({row["tag"] for row in ours} - {""}) == sorted(set(listed) - {"[NO TAG (default)]"}), listed
for row in ours:
    text = processor("-outputValueUnitRatio", "1", *(["-tag", row["tag"]] if row["tag"] else []))
    # Value, percentile, samples up to that value; only some values are listed.
    steps = [(float(a), int(c)) for a, c in re.findall(r"^ *([\d.]+) [\d.]+ +(\d+)", text, re.M)]
    mean, = re.findall(r"Mean *= *([\d.]+)", text)
    top, total = re.findall(r"Max *= *([\d.]+).*Total count *= *(\d+)", text)[0]
    count = int(row["count"])
    assert count == int(total) == steps[-1][1], (row, total)
    assert int(row["max_ns"]) == float(top) == steps[-1][0], (row, top)
    assert abs(float(row["mean_ns"]) - float(mean)) <= 0.0011, (row, mean)  # two roundings of a half
    # The least value's slot.
    assert 0 <= steps[0][0] - int(row["min_ns"]) <= 0.001 * steps[0][0], (row, steps[0])
    checked = 0
    for column, share in (("p50_ns", 5000), ("p90_ns", 9000), ("p99_ns", 9900), ("p999_ns", 9990), ("p9999_ns", 9999)):
        rank = -(-share * count // 10000)
        assert bool(row[column]) == (count - rank >= 30), row
        if not row[column]:
            continue
        value = int(row[column])
        # Not below any listed value that fewer samples reach, not above the first that enough reach.
        assert value > max((v for v, n in steps if n < rank), default=-1), (column, row)
        assert value <= min(v for v, n in steps if n >= rank), (column, row)
        checked += 1
    assert checked, row
PY
}

@test "run --hist writes one tagged entry for each trial that is ok" {
	"$BENCH" run $ECHO --hist x.hlog -o x.csv >/dev/null 2>err
	[ "$(column status x.csv)" = "$(printf 'ok\nok\nok\nok')" ]
	"$BENCH" hist --csv x.hlog >figures.csv
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("x.csv", newline="")))
figures = list(csv.DictReader(open("figures.csv", newline="")))
assert len(figures) == 4
for row, figure in zip(rows, figures):
    parts = [row["workload"], row["backend"], row["variant"], row["params"]]
    parts += ["rep=" + row["rep"], "batch=" + row["lat_batch"]]
    assert figure["tag"] == "/".join(parts), figure["tag"]
    assert figure["count"] == row["lat_count"]
    for name in ("p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns"):
        assert bool(figure[name]) == bool(row["lat_" + name])
        if figure[name]:
            assert abs(int(figure[name]) - float(row["lat_" + name])) <= 0.001 * int(figure[name])
    for name in ("min_ns", "mean_ns", "max_ns"):
        assert abs(float(figure[name]) / float(row["lat_" + name]) - 1) <= 0.001, (name, row, figure)
PY
}

@test "a batch's time is not divided, and its size is in the tag" {
	"$BENCH" run $FIB -p values=10k --hist x.hlog -o x.csv >/dev/null 2>err
	"$BENCH" hist --csv x.hlog >figures.csv
	batch=$(column lat_batch x.csv)
	[ "$batch" -gt 1 ]
	[ "$(column batch figures.csv)" = "$batch" ]
	python3 -c "assert abs($(column mean_ns figures.csv) / $batch / $(column lat_mean_ns x.csv) - 1) < 0.001"
	out "$BENCH" hist x.hlog
	[[ "$output" == *"each the time of $batch operations"* ]]
}

@test "a trial without samples has no entry" {
	"$BENCH" run -w sleep_fanout -b call -p tasks=1 -p sleep=1ms -r 1 --hist x.hlog -o x.csv >/dev/null 2>err
	[ "$(grep -vc '^[#"]' x.hlog)" -eq 0 ]
	usage 'no histogram found' hist x.hlog
}

@test "an existing --hist file is refused, appended to, overwritten" {
	echo precious >x.hlog
	usage '--hist x.hlog: File exists' run $TINY -o x.csv --hist x.hlog
	[ ! -e x.csv ]
	usage 'not a log of histograms' run $TINY --hist x.hlog --append
	[ "$(cat x.hlog)" = precious ]
	"$BENCH" run $TINY -o x.csv --hist x.hlog --force >/dev/null 2>err
	"$BENCH" run $TINY -o x.csv --hist x.hlog --append >/dev/null 2>err
	[ "$(grep -c '^Tag=' x.hlog)" -eq 2 ]
	out "$BENCH" hist --csv x.hlog
	[ "$status" -eq 0 ]
}

@test "a refused -o leaves no --hist file behind" {
	echo precious >x.csv
	usage 'x.csv: cannot open: File exists' run $TINY -o x.csv --hist x.hlog
	[ ! -e x.hlog ]
}

@test "--hist needs a file of its own" {
	usage '--hist: -: it needs a file' run $TINY --hist -
	usage '--hist: x: it needs a file' run $TINY -o x --hist x
}

@test "an interrupted run leaves whole entries, one for each ok row" {
	"$BENCH" run $TINY -r 1000 --hist x.hlog -o x.csv >/dev/null 2>err &
	pid=$!
	until_true grep -qs '^Tag=.*/rep=3/' x.hlog
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	"$BENCH" hist --csv x.hlog >figures.csv
	[ "$(column tag figures.csv | wc -l)" -eq "$(column status x.csv | grep -cx ok)" ]
}

@test "what Java wrote is read: tags merged, figures exact" {
	out "$BENCH" hist --csv "$BATS_TEST_DIRNAME/java.hlog"
	[ "$status" -eq 0 ]
	diff - <(echo "$output") <<'END'
tag,batch,count,min_ns,mean_ns,p50_ns,p90_ns,p99_ns,p999_ns,p9999_ns,max_ns
a,1,500000,1,1000234.000,625,5001215,5001215,5001215,5001215,5001215
,1,861,1,102211242619.084,268697599,275146342399,,,,1100585369599
big/batch=4,4,8589934597,7,1752.625,7,7,7,7,7,3000034656255
END
}

@test "Java reads the same from what Java wrote" {
	agree "$BATS_TEST_DIRNAME/java.hlog"
}

@test "Java reads the same from what we wrote" {
	"$BENCH" run -w fib_generators,tcp_echo,sleep_fanout -b coro -p generators=1 -p values=10k -p window=20ms \
		-p conns=2 -p duration=100ms -p warmup=1ms -p tasks=100 -p sleep=1ms -r 1 --hist x.hlog -o x.csv \
		>/dev/null 2>err
	agree x.hlog
}

@test "Java reads a log that was appended to" {
	"$BENCH" run $FIB -p values=10k --hist x.hlog -o x.csv >/dev/null 2>err
	"$BENCH" run $FIB -p values=20k --hist x.hlog -o x.csv --append >/dev/null 2>err
	agree x.hlog
}

@test "hist draws a bar for each row and marks the percentiles" {
	grep '^#\|^Tag=a' "$BATS_TEST_DIRNAME/java.hlog" >x.hlog
	out "$BENCH" hist x.hlog
	[ "$status" -eq 0 ]
	[[ "$output" == *'500000 samples, of 2 histograms'* ]]
	[ "$(echo "$output" | awk -F'|' 'NF == 3 { n += $3 } END { print n }')" -eq 500000 ]
	[ "$(echo "$output" | grep -c '|#* *|.* p50$')" -eq 1 ]
	[ "$(echo "$output" | tail -n 1 | grep -c ' p90 p99 p99.9 p99.99$')" -eq 1 ]
	[ "$(echo "$output" | awk '{ print length }' | sort -n | tail -n 1)" -le 100 ]
}

@test "--merge makes one of all, but not of different batches" {
	usage 'different batches' hist --merge "$BATS_TEST_DIRNAME/java.hlog"
	grep -v '^Tag=big' "$BATS_TEST_DIRNAME/java.hlog" >x.hlog
	out "$BENCH" hist --csv --merge x.hlog x.hlog
	[ "$(echo "$output" | column tag)" = merged ]
	[ "$(echo "$output" | column count)" -eq $((2 * 500861)) ]
	[ "$(echo "$output" | column max_ns)" -eq 1100585369599 ]
	out "$BENCH" hist --csv --tag big "$BATS_TEST_DIRNAME/java.hlog"
	[ "$(echo "$output" | column tag)" = big/batch=4 ]
}

@test "a wider histogram and a narrower one are merged, whichever comes first" {
	sed 's/^Tag=[^,]*/Tag=x/' "$BATS_TEST_DIRNAME/java.hlog" | grep '^Tag' >up.hlog
	tac up.hlog >down.hlog
	for file in up.hlog down.hlog; do
		out "$BENCH" hist --csv "$file"
		[ "$status" -eq 0 ]
		[ "$(echo "$output" | column count)" -eq $((8589934597 + 500000)) ]
		[ "$(echo "$output" | column min_ns)" -eq 1 ]
		[ "$(echo "$output" | column max_ns)" -eq 3000034656255 ]
	done
}

@test "files that cannot be used are refused with file and line" {
	usage 'no FILE given' hist
	usage '/nowhere: No such file' hist /nowhere
	usage 'no histogram with tag nope' hist --tag nope "$BATS_TEST_DIRNAME/java.hlog"
	head -c -1 "$BATS_TEST_DIRNAME/java.hlog" >x.hlog
	usage 'x.hlog:7: the line is cut' hist x.hlog
	sed '4s/HIST/HITS/' "$BATS_TEST_DIRNAME/java.hlog" >x.hlog
	usage 'x.hlog:4: malformed histogram' hist x.hlog
	echo 'a,b' >x.hlog
	usage 'x.hlog:1: not [Tag=' hist x.hlog
}
