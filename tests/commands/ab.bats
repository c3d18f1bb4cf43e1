#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The gate on two builds: what it refuses, what it measures and writes, and that it sees a build
# that is slower. No verdict rests on how fast this machine is.

load common.bash

CELLS='-w fib_generators -b call -p generators=1 -p values=1k -p window=1ms'

# verdict TEXT: the last line on stderr is the verdict, and begins with TEXT.
verdict() {
	tail -n 1 err | grep -qF -- "concbench-verdict: $1" || { echo "says: $(cat err)"; return 1; }
}

# script NAME: an executable sh script of standard input.
script() {
	{ echo '#!/bin/sh'; cat; } >"$1"
	chmod +x "$1"
}

# rows_in FILE N: the file has at least so many rows.
rows_in() {
	[ -e "$1" ] && [ "$(wc -l <"$1")" -gt "$2" ]
}

@test "bad usage of ab" {
	usage '--frobnicate: unknown option' ab --frobnicate
	usage 'ab: --a is missing' ab --b "$BENCH"
	usage 'ab: --b is missing' ab --a "$BENCH"
	usage 'nonsense: ab takes options only' ab --a "$BENCH" --b "$BENCH" nonsense
	usage '--pairs: 0 is out of range (1..' ab --a "$BENCH" --b "$BENCH" --pairs 0
	usage '--budget: "soon"' ab --a "$BENCH" --b "$BENCH" --budget soon
	usage '--report: ' ab --a "$BENCH" --b "$BENCH" --report nope=x
}

@test "the same build on both sides: exit 0, and it says so" {
	cp "$BENCH" copy
	out "$BENCH" ab --a "$BENCH" --b ./copy $CELLS
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	grep -q "build-id: '[0-9a-f]*' on both sides: the same build, nothing to compare" err
	verdict 'exit=0 regressed=0 improved=0 equivalent=0 inconclusive=0 missing=0 cells=0'
}

@test "a binary that cannot be run: exit 4, on either side" {
	echo 'no program' >text
	for bad in ./nope ./text "$BATS_TEST_TMPDIR"; do
		for sides in "--a $BENCH --b $bad" "--a $bad --b $BENCH"; do
			out "$BENCH" ab $sides $CELLS
			[ "$status" -eq 4 ] || { echo "$sides: exit $status: $(cat err)"; false; }
			[ -z "$output" ]
			[ "$(wc -l <err)" -eq 2 ]
			grep -qF "concbench: $bad: " err
			verdict 'exit=4 regressed=0 improved=0 equivalent=0 inconclusive=0 missing=0 cells=0'
		done
	done
}

@test "a program that is no concbench: exit 4" {
	echo 'exit 0' | script dumb
	out "$BENCH" ab --a "$BENCH" --b ./dumb --pairs 1 $CELLS
	[ "$status" -eq 4 ]
	grep -qF 'concbench: ./dumb: ' err
}

@test "a build that dies of a signal: exit 4, with the signal" {
	echo 'kill -SEGV $$' | script dying
	out "$BENCH" ab --a "$BENCH" --b ./dying --pairs 1 $CELLS
	[ "$status" -eq 4 ]
	grep -qF './dying: killed by signal 11' err
	verdict 'exit=4 '
}

@test "cells that the build does not know: exit 2, in the build's words" {
	out "$BENCH" ab --a "$BENCH" --b "$BENCH" --force -w nope
	[ "$status" -eq 2 ]
	grep -qF 'workload: "nope" is not one of' err
	verdict 'exit=2 '
}

@test "a budget that is too short is refused before anything is measured" {
	out "$BENCH" ab --a "$BENCH" --b "$BENCH" --force --pairs 1000 --budget 1s -o x.csv $CELLS
	[ "$status" -eq 2 ]
	grep -q -- '--budget: 1 s is too short, at least [0-9]* s are needed' err
	verdict 'exit=2 '
	[ ! -e x.csv ]
}

@test "-o on an existing file is refused and the file is kept" {
	echo precious >kept.csv
	out "$BENCH" ab --a "$BENCH" --b "$BENCH" --force --pairs 1 -o kept.csv $CELLS
	[ "$status" -eq 2 ]
	[ "$(cat kept.csv)" = precious ]
	verdict 'exit=2 '
}

@test "an output that cannot be written: exit 2 before anything is measured" {
	[ -w /dev/full ] || skip 'no /dev/full here'
	out "$BENCH" ab --a "$BENCH" --b "$BENCH" --force --pairs 1 -o /dev/full $CELLS
	[ "$status" -eq 2 ]
	grep -qF -- '-o /dev/full: cannot write: ' err
	verdict 'exit=2 regressed=0 '
}

@test "pairs on disk: both sides of each, and compare gives the same verdict" {
	out "$BENCH" ab --a "$BENCH" --b "$BENCH" --force --pairs 5 -o x.csv $CELLS
	verdict "exit=$status "
	grep -q 'ab: 1 cells, 5 pairs each: about [0-9]* s, seed [0-9]*$' err
	[ "$(column pair_id x.csv | sort | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" = '2 2 2 2 2 ' ]
	[ "$(column side x.csv | sort | tr -d '\n')" = AAAAABBBBB ]
	[ "$(column status x.csv | sort -u)" = ok ]
	tail -n 1 err >measured
	code=$status
	out "$BENCH" compare x.csv
	[ "$status" -eq "$code" ]
	diff measured <(tail -n 1 err)
}

# older_build KEY VALUE: ./older is this build before it had that setting, whose default is VALUE: it
# refuses the setting and leaves it out of what it prints.
older_build() {
	script older <<-SH
		for word; do
			case \$word in
			$1=* | *[:+]$1=*) echo "concbench: -p $1: none of the chosen workloads has it" >&2; exit 2 ;;
			esac
		done
		'$BENCH' "\$@" >out.\$\$ || exit
		sed -E 's/$1=$2(;|,)/\1/; s/;;/;/; s/,;/,/; s/;,/,/' out.\$\$
		rm out.\$\$
	SH
}

@test "a parameter that only the new build has: compared at its default, and said" {
	older_build through direct
	out "$BENCH" ab --a ./older --b "$BENCH" --force --pairs 5 -o x.csv --report markdown=x.md $CELLS
	verdict "exit=$status "
	[ "$status" -le 1 ] || { cat err; false; }
	tail -n 1 err | grep -q 'missing=0 cells=1'
	[[ "$output" == *'note: fib_generators: B has a parameter through=direct that A lacks'* ]]
	grep -qF '> fib_generators: B has a parameter through=direct that A lacks' x.md
	[ "$(column params x.csv | grep -c through=direct)" -eq 5 ]
	# The file says the same.
	tail -n 1 err >measured
	out "$BENCH" compare x.csv
	[[ "$output" == *'B has a parameter through=direct that A lacks'* ]]
	diff measured <(tail -n 1 err)
}

@test "a parameter that only the old build has: compared at its default, otherwise refused" {
	older_build through direct
	out "$BENCH" ab --a "$BENCH" --b ./older --force --pairs 5 $CELLS
	[ "$status" -le 1 ] || { cat err; false; }
	[[ "$output" == *'note: fib_generators: A has a parameter through=direct that B lacks'* ]]
	out "$BENCH" ab --a "$BENCH" --b ./older --force --pairs 5 -o y.csv $CELLS -p through=scheduler
	[ "$status" -eq 2 ]
	grep -qF "fib_generators: 'through=scheduler' in A, no 'through' in B" err
	[ ! -e y.csv ]
}

@test "an option of a backend that one build has: the same rule" {
	local cells=${CELLS/-b call/-b coro}
	older_build stack own
	out "$BENCH" ab --a ./older --b "$BENCH" --force --pairs 1 $cells
	[ "$status" -eq 0 ] || { cat err; false; }
	[[ "$output" == *'note: coro: B has an option stack=own that A lacks'* ]]
	out "$BENCH" ab --a "$BENCH" --b ./older --force --pairs 1 ${cells/-b coro/-b coro:stack=copy}
	[ "$status" -eq 2 ]
	grep -qF "coro: 'stack=copy' in A, no 'stack' in B" err
}

@test "a build that measures another value than it was asked for: exit 2, with the key" {
	echo "'$BENCH' \"\$@\" >out.\$\$ || exit; sed 's/values=1000/values=2000/' out.\$\$; rm out.\$\$" |
		script other
	out "$BENCH" ab --a "$BENCH" --b ./other --force --pairs 1 $CELLS
	[ "$status" -eq 2 ]
	grep -qF "params of fib_generators call: 'values=1000' in A, 'values=2000' in B" err
}

@test "the order of the sides within a pair is a matter of the seed" {
	for side in a b; do
		echo "case \"\$*\" in *dry-run* | --*) ;; *) printf $side >>order ;; esac; exec '$BENCH' \"\$@\"" | script "$side"
	done
	order() {
		rm -f order
		"$BENCH" ab --a ./a --b ./b --force --pairs 1 --seed "$1" $CELLS >/dev/null 2>&1 || true
		# A pair beside other work is measured again, and flips another coin.
		cut -c 1-2 order
	}
	[ "$(order 3)" = "$(order 3)" ]
	[ "$(for seed in 1 2 3 4 5 6 7 8; do order "$seed"; done | sort -u | tr '\n' ' ')" = 'ab ba ' ]
}

@test "SIGINT: exit 130, and the rows on disk are whole" {
	echo "echo \$\$ >>pids; exec '$BENCH' \"\$@\"" | script noted
	"$BENCH" ab --a ./noted --b ./noted --force --pairs 1000 -o x.csv $CELLS >table 2>err &
	driver=$!
	until_true rows_in x.csv 3
	kill -INT "$driver"
	wait "$driver" && status=0 || status=$?
	[ "$status" -eq 130 ]
	grep -q 'interrupted' err
	verdict 'exit=130 regressed=0 improved=0 equivalent=0 inconclusive=0 missing=0 cells=0'
	[ -z "$(tail -c 1 x.csv | tr -d '\n')" ]
	python3 - <<'PY'
import csv
rows = list(csv.reader(open("x.csv", newline="")))
assert len(rows) >= 4 and len({len(r) for r in rows}) == 1
PY
	while read -r pid; do
		until_true gone "$pid"
	done <pids
	# Fewer rows than planned: no verdict without being told so.
	out "$BENCH" compare x.csv
	[ "$status" -eq 2 ]
	grep -q 'it was cut short' err
}

@test "a build that is twice as slow in one cell: exit 1, that cell red and the other green" {
	script slow <<-SH
		verb=\$1
		[ "\$verb" = run ] || exec '$BENCH' "\$@"
		shift
		exec '$BENCH' run --inject fib_generators/call:+100% "\$@"
	SH
	# The wide margin, half of what is injected, keeps other work on this machine out of it.
	out "$BENCH" ab --a "$BENCH" --b ./slow --force --pairs 10 -b call,event --report csv=x.csv \
		-w fib_generators -p generators=1 -p values=1k -p window=1ms \
		--margin throughput=40 --margin cpu=40 --margin p50=40
	[ "$status" -eq 1 ] || { cat err; echo "$output"; false; }
	verdict 'exit=1 regressed=1 improved=0 '
	[[ "$output" == *'fib_generators call'*'slower by '* ]]
	[ "$(python3 - <<'PY'
import csv
print({r["backend"] for r in csv.DictReader(open("x.csv", newline="")) if r["verdict"] == "regressed"})
PY
	)" = "{'call'}" ]
}

@test "ci-gate names a revision that is not there" {
	out "$ROOT/scripts/ci-gate" no-such-revision --pairs 5
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "$(cat err)" = 'ci-gate: no-such-revision: no such revision here; has it been fetched?' ]
}
