// SPDX-License-Identifier: MIT
/*
 * A bare libuv echo, server and clients: for each message of one fixed length it sends
 * a message of another, and reads no content.  One write answers all messages of one
 * read. This is the least that a server on libuv can do for the same bytes: the
 * baseline for the coordinator.  A failure ends the process.
 */
#ifndef BENCH_LIB_ECHO_H
#define BENCH_LIB_ECHO_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Message lengths, as one side reads and writes them. */
struct echo {
    size_t in_bytes, out_bytes;
    uint32_t depth; /* messages in flight on each connection */
    uint32_t tasks; /* per message */
};

/* Serves until the process ends; sets *ret_port once it listens. */
void echo_server(const struct echo *echo, atomic_uint *ret_port);

/* Opens n connections and runs them until the process ends; *tasks counts those done.
 */
void echo_clients(const struct echo *echo, atomic_uint *port, uint32_t n,
                  atomic_ullong *tasks);

#endif
