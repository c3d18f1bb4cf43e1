#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The gate on files: what it refuses, its verdicts, exit codes and reports. The files are written
# here, so nothing depends on this machine's speed.

load common.bash

HEADER=schema,run_id,seq,planned,pair_id,side,workload,workload_version,backend,variant,params,rep,status,throughput_ops_per_s

# job FILE RUN THROUGHPUT...: a file of one job, a repetition a figure.
job() {
	local file=$1 run=$2 rep=0 value
	shift 2
	echo "$HEADER" >"$file"
	for value; do
		rep=$((rep + 1))
		echo "1,$run,$rep,$#,,,spin,1,call,,size=1,$rep,ok,$value" >>"$file"
	done
}

# pairs FILE PERCENT [N]: N pairs of two cells; in the first B reaches PERCENT of A's throughput.
pairs() {
	local n=${3:-10} seq=0 rep noise
	echo "$HEADER" >"$1"
	for rep in $(seq "$n"); do
		noise=$((rep * 7 % 5)) # of A and B differs, by less than half a percent
		pair_row "$rep" A spin $((1000 + noise))
		pair_row "$rep" B spin $(((1004 - noise) * $2 / 100))
		pair_row "$rep" A rest $((1004 - noise))
		pair_row "$rep" B rest $((1000 + noise))
	done >>"$1"
}

# pair_row PAIR SIDE WORKLOAD THROUGHPUT: counts seq.
pair_row() {
	seq=$((seq + 1))
	echo "1,r,$seq,$((n * 4)),1.$1,$2,$3,1,call,,size=1,$1,ok,$4"
}

# refused MESSAGE ARGS...: exit 2; stderr is one line that holds MESSAGE, and the verdict's.
refused() {
	local message=$1
	shift
	out "$BENCH" compare "$@"
	[ "$status" -eq 2 ] || { echo "exit $status: $(cat err)"; return 1; }
	[ -z "$output" ] || { echo "on stdout: $output"; return 1; }
	[ "$(wc -l <err)" -eq 2 ] || { echo "not two lines: $(cat err)"; return 1; }
	head -n 1 err | grep -qF -- "concbench: $message" || { echo "says: $(cat err)"; return 1; }
	verdict 'exit=2 regressed=0 improved=0 equivalent=0 inconclusive=0 missing=0 cells=0'
}

# verdict TEXT: the last line on stderr is the verdict, and begins with TEXT.
verdict() {
	tail -n 1 err | grep -qF -- "concbench-verdict: $1" || { echo "verdict: $(tail -n 1 err)"; return 1; }
}

# malformed MESSAGE: bad.csv is refused on either side.
malformed() {
	job good.csv g 100 101 102
	refused "$1" bad.csv good.csv
	refused "$1" good.csv bad.csv
}

@test "the self-test passes" {
	out "$BENCH" compare --self-test
	[ "$status" -eq 0 ]
	[ "${lines[2]}" = 'self-test passed' ]
}

@test "the self-test on measured pairs; without pairs it is refused" {
	pairs ab.csv 100
	out "$BENCH" compare --self-test ab.csv
	[ "$status" -eq 0 ]
	job a.csv a 100 101 102
	refused 'a.csv: pair_id: empty; the self-test needs pairs' --self-test a.csv
}

@test "a file that is not there" {
	malformed 'bad.csv: cannot open: No such file or directory'
}

@test "an empty file" {
	: >bad.csv
	malformed 'bad.csv: the file is empty'
}

@test "a header only" {
	echo "$HEADER" >bad.csv
	malformed 'bad.csv: no rows behind the header'
}

@test "a file cut within a row" {
	job whole.csv b 100 101 102
	head -c -5 whole.csv >bad.csv
	malformed 'bad.csv:4: the file ends within a row'
}

@test "a file cut between rows; --partial takes what there is" {
	job whole.csv b 100 101 102
	head -n 3 whole.csv >bad.csv
	malformed 'bad.csv:3: run b has 2 rows of 3 planned'
	out "$BENCH" compare --partial good.csv bad.csv
	[ "$status" -eq 0 ]
	verdict 'exit=0 regressed=0 improved=0 equivalent=0 inconclusive=1 missing=0 cells=1'
}

@test "figures that are none: NaN, inf, negative, with a decimal comma" {
	for value in nan NaN inf -inf '"1,5"'; do
		job bad.csv b 100 "$value" 102
		malformed "bad.csv:3: column throughput_ops_per_s: \"${value//\"/}\" is not a number"
	done
	job bad.csv b 100 -1 102
	malformed 'bad.csv:3: column throughput_ops_per_s: "-1" is below 0'
}

@test "a decimal comma without quotes is a field too many" {
	job bad.csv b 100 1,5 102
	malformed 'bad.csv:3: the row has 15 fields, the header 14'
}

@test "lines that end in CR LF" {
	job bad.csv b 100 101 102
	sed -i 's/$/\r/' bad.csv
	malformed 'bad.csv:1: a carriage return'
}

@test "a column twice" {
	job bad.csv b 100 101 102
	sed -i '1s/$/,rep/; 2,$s/$/,1/' bad.csv
	malformed 'bad.csv:1: column rep: occurs twice'
}

@test "a column that must be there is missing" {
	job bad.csv b 100 101 102
	sed -i '1s/,backend,/,back,/' bad.csv
	malformed 'bad.csv:1: column backend: is missing'
}

@test "a row twice" {
	job bad.csv b 100 101 102
	sed -i '$p' bad.csv
	malformed 'bad.csv:5: run b has 4 rows, but planned 3'
}

@test "another schema" {
	job bad.csv b 100 101 102
	sed -i '2,$s/^1,/9,/' bad.csv
	malformed 'bad.csv:2: column schema: 9 is not the schema'
}

@test "columns and rows in another order, and columns of one's own, change nothing" {
	pairs ab.csv 80
	python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("ab.csv", newline="")))
with open("shuffled.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, ["my own", *reversed(rows[0])], restval="a, \"b\"", lineterminator="\n")
    writer.writeheader()
    writer.writerows(reversed(rows))
PY
	out "$BENCH" compare -v ab.csv
	[ "$status" -eq 1 ]
	plain=$output
	out "$BENCH" compare -v shuffled.csv
	[ "$status" -eq 1 ]
	[ "$(sort <<<"$output")" = "$(sort <<<"$plain")" ]
}

@test "the same run twice is refused, also under another name" {
	job a.csv a 100 101 102
	cp a.csv b.csv
	refused "run_id: 'a' in A, the same run in B" a.csv a.csv
	refused "run_id: 'a' in A, the same run in B" a.csv b.csv
}

@test "no common cell" {
	job a.csv a 100 101 102
	job b.csv b 100 101 102
	sed -i s/,spin,/,idle,/ b.csv
	refused 'no common cell: spin on call in A, idle on call in B' a.csv b.csv
}

@test "what must not be compared is named with both values" {
	job a.csv a 100 101 102
	job b.csv b 100 101 102
	sed s/,size=1,/,size=2,/ b.csv >params.csv
	refused "params of spin call: 'size=1' in A, 'size=2' in B" a.csv params.csv
	sed s/,spin,1,/,spin,2,/ b.csv >version.csv
	refused 'workload_version of spin: 1 in A, 2 in B' a.csv version.csv
}

@test "another host: refused, and with --across-hosts only advice" {
	job a.csv a 100 101 102 103 104
	job b.csv b 50 51 52 53 54
	sed -i '1s/$/,host_id/; 2,$s/$/,here/' a.csv
	sed -i '1s/$/,host_id/; 2,$s/$/,there/' b.csv
	refused "host_id: 'here' in A, 'there' in B" a.csv b.csv
	out "$BENCH" compare --across-hosts a.csv b.csv
	[ "$status" -eq 0 ]
}

@test "a gating cell that B lacks: exit 2, and its name" {
	pairs ab.csv 100
	grep -v ',B,rest,' ab.csv | sed 's/^1,r,\([0-9]*\),40,/1,r,\1,30,/' >cut.csv
	awk -F, -v OFS=, 'NR > 1 { $3 = NR - 1 } 1' cut.csv >missing.csv
	out "$BENCH" compare missing.csv
	[ "$status" -eq 2 ]
	grep -qF "cell: 'rest call size=1' in A, missing in B" err
	verdict 'exit=2 regressed=0 improved=0 equivalent=1 inconclusive=0 missing=1'
}

@test "one file without pairs is no comparison" {
	job a.csv a 100 101 102
	refused 'pair_id: empty' a.csv
}

@test "bad usage of compare" {
	job a.csv a 100 101 102
	usage '0 files given' compare
	usage '3 files given' compare a.csv a.csv a.csv
	usage '--frobnicate: unknown option' compare --frobnicate
	usage "--report: 'nope=x' is not KIND=FILE (text|markdown|csv|junit)" compare --report nope=x a.csv a.csv
	usage '--margin' compare --margin throughput=x a.csv a.csv
	usage '--overrides' compare --overrides nope.csv a.csv a.csv
}

@test "pairs of which one cell got slower: exit 1, and only that cell is red" {
	pairs ab.csv 80
	out "$BENCH" compare ab.csv
	[ "$status" -eq 1 ]
	verdict 'exit=1 regressed=1 improved=0 equivalent=1 inconclusive=0 missing=0 cells=2'
	[[ "$output" == *spin*'slower by '*'10 pairs'* ]]
	[[ "$output" != *rest* ]]
}

@test "sides swapped, the verdict is mirrored" {
	pairs ab.csv 80
	sed 's/,A,/,X,/; s/,B,/,A,/; s/,X,/,B,/' ab.csv >ba.csv
	out "$BENCH" compare ba.csv
	[ "$status" -eq 0 ]
	verdict 'exit=0 regressed=0 improved=1 equivalent=1 inconclusive=0 missing=0 cells=2'
}

@test "a margin above the change makes it green" {
	pairs ab.csv 80
	out "$BENCH" compare --margin throughput=40 ab.csv
	[ "$status" -eq 0 ]
	verdict 'exit=0 regressed=0 improved=0 equivalent=2 inconclusive=0 missing=0 cells=2'
}

@test "an override takes one cell out of the gate" {
	pairs ab.csv 80
	printf '%s\n' workload,backend,params,metric,margin_pct,gate spin,call,,throughput,5,no >over.csv
	out "$BENCH" compare --overrides over.csv ab.csv
	[ "$status" -eq 0 ]
	verdict 'exit=0 regressed=0 '
}

@test "four pairs are never a pass: inconclusive, and exit 3 with --require-power" {
	pairs ab.csv 50 4
	out "$BENCH" compare ab.csv
	[ "$status" -eq 0 ]
	[[ "$output" == *'n too small'* ]]
	verdict 'exit=0 regressed=0 improved=0 equivalent=0 inconclusive=2 missing=0 cells=2'
	out "$BENCH" compare --require-power ab.csv
	[ "$status" -eq 3 ]
	verdict 'exit=3 '
}

@test "two jobs are advice: what is slower is said, exit 0" {
	job a.csv a 100 101 102 103 104 105
	job b.csv b 50 51 52 53 54 55
	out "$BENCH" compare a.csv b.csv
	[ "$status" -eq 0 ]
	[[ "$output" == *'slower by '* ]]
	[[ "$output" == *advisory* ]]
}

@test "two real runs can be compared" {
	"$BENCH" run $TINY -r 2 -o a.csv >/dev/null 2>&1
	"$BENCH" run $TINY -r 2 -o b.csv >/dev/null 2>&1
	out "$BENCH" compare a.csv b.csv
	[ "$status" -eq 0 ]
	verdict 'exit=0 '
}

@test "all reports at once, from one table" {
	pairs ab.csv 80
	out "$BENCH" compare --report junit=x.xml --report markdown=x.md --report csv=x.csv --report text=x.txt ab.csv
	[ "$status" -eq 1 ]
	python3 - <<'PY'
import csv
import xml.etree.ElementTree as tree
suite = tree.parse("x.xml").getroot().find("testsuite")
cases = suite.findall("testcase")
assert int(suite.get("tests")) == len(cases) >= 2
failed = [case for case in cases if case.find("failure") is not None]
assert [case.get("classname") for case in failed] == ["spin.call"], failed
assert int(suite.get("failures")) == 1 and int(suite.get("errors")) == 0
assert "slower by" in failed[0].find("failure").get("message")
rows = list(csv.DictReader(open("x.csv", newline="")))
assert [r["verdict"] for r in rows if r["workload"] == "spin"] == ["regressed"], rows
PY
	grep -q '^|.*spin.*slower by' x.md
	grep -q 'slower by' x.txt
}

@test "what a file says cannot break the JUnit report" {
	pairs ab.csv 80
	sed -i 's/,size=1,/,"size=<\&>""",/' ab.csv
	out "$BENCH" compare --report junit=x.xml ab.csv
	[ "$status" -eq 1 ]
	python3 -c 'import xml.etree.ElementTree as tree; assert "size=<&>\"" in tree.parse("x.xml").find(".//testcase").get("name")'
}

@test "a report that cannot be written is no pass" {
	pairs ab.csv 100
	out "$BENCH" compare --report junit=/dev/full ab.csv
	[ "$status" -eq 2 ]
	grep -q -- '--report: /dev/full: ' err
	verdict 'exit=2 '
}

@test "a report that has nowhere to go is refused before anything is measured" {
	usage '--report: no/such/x.xml: No such file' ab --a "$BENCH" --b "$BENCH" --force --report junit=no/such/x.xml
	usage '--report: .: Is a directory' compare --report text=y.txt --report text=. a.csv b.csv
	[ ! -e y.txt ]
}
