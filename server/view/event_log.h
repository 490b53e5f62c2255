// SPDX-License-Identifier: MIT
/*
 * What happens, as log lines: one line an event, at the level that fits its
 * consequence.  Ordinary leases and results are not logged.  What strangers and workers
 * can cause is limited (log_limit.h), by address; of workers on this machine, and of
 * who is excluded, by name.  What an operator does, jobs and the store are not.
 */
#ifndef SERVER_VIEW_EVENT_LOG_H
#define SERVER_VIEW_EVENT_LOG_H

#include "server/core/coord.h"
#include "server/view/log_limit.h"

/* All zero: nothing was logged yet.  now_ms: any monotonic clock. */
struct event_log {
    struct log_limit limit;
    uint64_t losses; /* that were said: each is said to be made good */
    int64_t full_ms; /* time of the last line of event_log_full(); 0: none */
};

/* Logs EFFECT_EVENT and EFFECT_REVOKE; ignores other effects. */
void event_log_write(struct event_log *l, int64_t now_ms, const struct effect *e);

/* Logs a connection that was closed because of what came; of that origin, as in
 * INPUT_CONNECTED.  probe: it is not even a peer gone wrong, which is no warning.  l
 * may be NULL, here and in the next two. */
void event_log_closed(struct event_log *l, int64_t now_ms, uint64_t origin,
                      const char *address, const char *why, bool probe);

/* Logs, once a minute, that the limit of connections is reached. */
void event_log_full(struct event_log *l, int64_t now_ms, size_t connections,
                    size_t limit);

/* Logs how many lines were left out; to be called about once a second. */
void event_log_tick(struct event_log *l, int64_t now_ms);

/* Logs the status and that of the current job; SIGUSR1 requests it. */
void event_log_status(const struct status_view *s);

#endif
