// SPDX-License-Identifier: MIT
/*
 * The worker's shell: runs the agent with a connection, the compute threads, a timer
 * and signals, on a libuv loop of its own.  SIGTERM, SIGINT and SIGHUP drain; a second
 * one of the first two ends the process at once with 128 + its number.
 */
#ifndef WORKER_AGENT_LOOP_H
#define WORKER_AGENT_LOOP_H

#include "common/base/base.h"
#include "common/join/endpoint.h"
#include "worker/core/agent.h"

struct kernel;

/* All pointers are borrowed for the call. */
struct agent_loop_config {
    struct agent_config agent; /* without a proof: that comes with the target */
    const struct kernel *kernel;
    struct endpoint_options
        endpoint; /* asked before each connection, waited for if absent */
};

/* Runs until the agent leaves; everything it opened is closed when it returns the exit
 * status.  What is fatal has been said on stderr. */
MUST_USE int agent_loop_run(const struct agent_loop_config *config);

#endif
