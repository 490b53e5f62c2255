// SPDX-License-Identifier: MIT
/*
 * What a worker tells people about its agent: a line of the log for each event, and why
 * it has left.
 */
#ifndef WORKER_AGENT_LOG_H
#define WORKER_AGENT_LOG_H

#include "worker/core/agent.h"

/* Who tells it; all is borrowed. */
struct agent_teller {
    const struct agent *agent;
    const struct agent_config *config;
    const char *where; /* the coordinator's address */
};

/* Of AGENT_EVENT. */
void agent_log_event(const struct agent_teller *l, const struct agent_effect *e);

/* Of AGENT_EXIT. */
void agent_log_exit(const struct agent_teller *l, const struct agent_effect *e);

#endif
