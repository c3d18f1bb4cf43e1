#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An echo server for server=exec: that stalls once, as a garbage collector or a slow disk does.

It prints its port, echoes, and STALL_AFTER ms after the first message answers nobody for STALL_MS;
where that is 0 it hangs up instead, on one connection, after its reply.
"""

import os
import select
import socket
import time

stall_s = int(os.environ["STALL_MS"]) / 1000
stall_at = None
poller = select.epoll()
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
poller.register(listener, select.EPOLLIN)
clients = {}
print(listener.getsockname()[1], flush=True)
while True:
    for fd, _ in poller.poll():
        if fd == listener.fileno():
            client, _ = listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            clients[client.fileno()] = client
            poller.register(client, select.EPOLLIN)
            continue
        data = clients[fd].recv(4096)
        if not data:
            clients.pop(fd).close()
            continue
        if stall_at is None:
            stall_at = time.monotonic() + int(os.environ["STALL_AFTER"]) / 1000
        stalls = time.monotonic() >= stall_at
        if stalls:
            stall_at = float("inf")
            time.sleep(stall_s)
        clients[fd].sendall(data)
        if stalls and stall_s == 0:
            clients.pop(fd).close()
