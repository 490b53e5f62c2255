// SPDX-License-Identifier: MIT
/*
 * The worker's event loop: runs the agent with a connection, the compute threads, a
 * timer and signals on its own libuv loop.  SIGTERM and SIGINT drain, and SIGHUP if it
 * began on a terminal; a second SIGTERM or SIGINT ends the process at once with 128 +
 * its number.
 */
#ifndef WORKER_AGENT_LOOP_H
#define WORKER_AGENT_LOOP_H

#include "common/base/base.h"
#include "common/join/endpoint.h"
#include "worker/core/agent.h"

struct kernel;
struct offers;
struct self_test;

/* All pointers are borrowed for the call. */
struct agent_loop_config {
    struct agent_config agent; /* without the proof, which the endpoint supplies */
    const struct kernel *kernel;
    const struct offers
        *offers; /* the programs, and what their self-tests have found; */
    const struct self_test *tests; /* the agent's are the same, in the same order */
    int64_t lifetime_ms;           /* drains after so long, as at SIGTERM; 0: never */
    struct endpoint_options
        endpoint; /* looked up before each connection, and polled while absent */
};

/* Runs until the agent leaves, then closes everything and returns the exit status.
 * Reports fatal errors on stderr. */
MUST_USE int agent_loop_run(const struct agent_loop_config *config);

#endif
