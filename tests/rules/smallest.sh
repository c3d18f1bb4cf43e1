# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# Sourced: the smallest size of every workload, for runs under tools that slow everything down.
SMALLEST='-p tasks=5 -p sleep=1ms -p values=50 -p generators=2 -p conns=2 -p hops=50 -p ops=500
	-p items=200 -p jobs=200 -p calls=200 -p inflight=4 -p pipeline.items=10 -p mode=gather,stream
	-p reads=50 -p files=3 -p io=auto,blocking,threads -p units=4 -p unit=10us -p warmup=1ms -p window=1ms -r 1 --timeout 60s'
