// SPDX-License-Identifier: MIT
/*
 * Rejected connections, as rate-limited log lines: a burst of ten, then one a second;
 * the next line says how many were left out.  Connections over the limit are logged
 * once a minute.
 */
#ifndef SERVER_NET_REJECT_LOG_H
#define SERVER_NET_REJECT_LOG_H

#include <stddef.h>
#include <stdint.h>

struct reject_log {
    int64_t until_ms;  /* the rate limit is used up to this time */
    uint64_t left_out; /* lines since the last one logged */
    int64_t full_ms;   /* time of the last line of reject_log_full(); 0: none */
};

/* Logs a rejected connection; now_ms: any monotonic clock. */
void reject_log_add(struct reject_log *s, int64_t now_ms, const char *address,
                    const char *why);

/* Logs that the limit of connections is reached. */
void reject_log_full(struct reject_log *s, int64_t now_ms, size_t connections,
                     size_t limit);

#endif
