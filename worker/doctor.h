// SPDX-License-Identifier: MIT
/*
 * `piworker --doctor`: whether this worker may join, and if not, why.  It is let in as
 * a worker of its own name, and leaves at once.
 */
#ifndef WORKER_DOCTOR_H
#define WORKER_DOCTOR_H

#include "common/join/endpoint.h"
#include "worker/core/agent.h"

/* Prints the report and returns the exit status.  Of the worker, the name, the kernel,
 * its test_hits, the secret and the threads count.  All is borrowed for the call. */
MUST_USE int worker_doctor(const struct agent_config *worker,
                           const struct endpoint_options *options, bool json);

#endif
