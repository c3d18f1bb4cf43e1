// SPDX-License-Identifier: MIT
/*
 * TCP on the loopback interface, with the same socket options everywhere: TCP_NODELAY on both
 * sides, no SIGPIPE, close-on-exec. Every call retries EINTR and returns -errno.
 *
 * net_recv and net_send are recv(2) and send(2): about 20 % cheaper than read and write on a
 * socket, and MSG_NOSIGNAL spares the process a signal disposition.
 */
#ifndef CONCBENCH_NET_H
#define CONCBENCH_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { NET_BACKLOG = 4096 }; /* the kernel caps it at net.core.somaxconn */

/* A socket that listens on 127.0.0.1, on a port of the kernel's choice; non-blocking if asked. */
int net_listen(bool nonblocking);

/* The port that a socket is bound to, in host order; or -errno. */
int net_port(int fd);

/*
 * The next connection, TCP_NODELAY set. -EAGAIN when there is none and `fd` is non-blocking.
 * A connection that its peer has already given up (ECONNABORTED) is passed over.
 */
int net_accept(int fd, bool nonblocking);

/* A connected socket to 127.0.0.1:port. */
int net_connect(uint16_t port);

/*
 * A non-blocking socket whose connection is made or under way; once it is writable net_connected
 * tells the outcome.
 */
int net_connect_start(uint16_t port);

/* 0 when the connection that net_connect_start began stands, else -errno. */
int net_connected(int fd);

/* A net_recv on a blocking socket returns -EAGAIN when nothing has come for `timeout_ns`. */
int net_read_timeout(int fd, int64_t timeout_ns);

/* Nothing more will be sent: the peer reads the end of the stream. What it sends still comes in. */
void net_send_end(int fd);

ssize_t net_recv(int fd, void *buf, size_t len);
ssize_t net_send(int fd, const void *buf, size_t len);

#endif
