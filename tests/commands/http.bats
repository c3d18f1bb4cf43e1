#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The server of http_get, in the hands of other programs: curl, and a client that misbehaves.

load common.bash

setup_file() {
	command -v curl >/dev/null || skip "no curl here"
}

# serve BACKEND [ARG...]: starts the server; $port is where.
serve() {
	local backend=$1
	shift
	"$BENCH" serve -w http_get -b "$backend" "$@" >port 2>err &
	server=$!
	until_true test -s port || { grep 'built without' err && skip "no HTTP parser"; cat err; return 1; }
	port=$(cat port)
}

teardown() {
	[ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
}

# status ARG...: what curl says the answer was.
status() {
	curl -s -o body -w '%{http_code}' --max-time 10 "$@"
}

# The answer to what python sends, byte by byte; it reads until the server ends the stream.
raw() {
	timeout 20 python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.argv[2].encode().decode("unicode_escape").encode())
while data := s.recv(4096):
    sys.stdout.buffer.write(data)' "$port" "$1"
}

each_backend() {
	for backend in coro event thread process; do
		serve "$backend" "${@:2}"
		"$1" || { echo "on $backend"; return 1; }
		kill "$server"
		rm -f port
	done
}

answers() {
	local url=http://127.0.0.1:$port
	[ "$(status "$url/page")" = 200 ] && [ "$(wc -c <body)" -eq 3000 ] || return 1
	# Two on one connection, the second one closes it.
	[ "$(curl -s -o body -o body2 -w '%{http_code} %{num_connects} ' "$url/page" "$url/page")" = '200 1 200 0 ' ] || return 1
	cmp body body2 || return 1
	curl -s -o body -D head -H 'Connection: close' "$url/page" && grep -qi '^connection: close' head || return 1
	curl -s -I "$url/page" | grep -qi '^content-length: 3000' || return 1
	[ "$(curl -s -0 -o body -w '%{http_code}' "$url/page")" = 200 ] || return 1
	[ "$(status "$url/other")" = 404 ] || return 1
	[ "$(status "$url/page-and-a-rather-long-rest")" = 404 ] || return 1
	[ "$(status -d x=y "$url/page")" = 405 ] || return 1
	[ "$(status -H "X: $(printf '%09000d' 0)" "$url/page")" = 431 ] || return 1
	[ "$(status -H "X: $(printf '%070000d' 0)" "$url/page")" = 431 ] || return 1
	[ "$(status "$url/page")" = 200 ] || return 1
}

@test "curl gets the page, and the right refusals, from every backend" {
	each_backend answers -p body=3000
}

malformed() {
	raw 'nonsense\r\n\r\n' | head -n 1 | grep -q '^HTTP/1.1 400 ' || return 1
	raw 'GET /page HTTP/1.1\r\nno colon here\r\n\r\n' | head -n 1 | grep -q '^HTTP/1.1 400 ' || return 1
	[ "$(raw 'GET /page HTTP/1.1\r\n\r\nGET /nix HTTP/1.1\r\n\r\nGET /page HTTP/1.0\r\n\r\n' | grep -c '^HTTP/1.1')" -eq 3 ]
}

@test "malformed requests are answered with 400, pipelined ones in order" {
	each_backend malformed -p body=10
}

silent() {
	raw '' | head -n 1 | grep -q '^HTTP/1.1 408 ' || return 1
	raw 'GET /pa' | head -n 1 | grep -q '^HTTP/1.1 408 ' || return 1
	[ "$(raw 'GET /page HTTP/1.1\r\n\r\n' | grep -c '^HTTP/1.1')" -eq 1 ]
}

@test "a client that sends nothing meets a deadline" {
	each_backend silent -p idle=30ms
}

@test "more clients than were expected are served one after another" {
	serve thread -p conns=1 -p keepalive=yes -p idle=1s
	for _ in 1 2 3 4 5 6; do
		curl -s -H 'Connection: close' -o /dev/null -w '%{http_code}\n' --max-time 10 "http://127.0.0.1:$port/page" >>codes &
		pids="${pids:-} $!"
	done
	# shellcheck disable=SC2086 # a list of numbers
	wait $pids
	[ "$(sort codes | uniq -c | tr -s ' ')" = ' 6 200' ]
}
