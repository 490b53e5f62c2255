// SPDX-License-Identifier: MIT
/*
 * A bare libuv echo, both its ends: messages of one length come in, messages of another
 * go out, one for one, and nothing is looked at.  All that a read brought is answered
 * by one write.  It is the least that a server on libuv can do for the same bytes, so
 * it is what the coordinator is measured against.  A failure ends the process.
 */
#ifndef BENCH_LIB_ECHO_H
#define BENCH_LIB_ECHO_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* What one side reads and writes at a time. */
struct echo {
    size_t in_bytes, out_bytes;
    uint32_t depth; /* messages that a client has under way on each connection */
    uint32_t tasks; /* that a message stands for */
};

/* Serves until the process ends; the port is told once it listens. */
void echo_server(const struct echo *echo, atomic_uint *ret_port);

/* n connections to it, until the process ends; *tasks: done so far. */
void echo_clients(const struct echo *echo, atomic_uint *port, uint32_t n,
                  atomic_ullong *tasks);

#endif
