// SPDX-License-Identifier: MIT
/*
 * Connections of those who are no peers, as log lines: ten at once, and one a second
 * in the long run; the next line says how many there were beside it.  Those that are
 * one too many are told of once a minute.
 */
#ifndef SERVER_NET_REJECT_LOG_H
#define SERVER_NET_REJECT_LOG_H

#include <stddef.h>
#include <stdint.h>

struct reject_log {
    int64_t until_ms; /* all is said up to there */
    uint64_t unsaid;
    int64_t full_ms; /* when reject_log_full() said so; 0: never */
};

void reject_log_add(struct reject_log *s, int64_t now_ms, const char *address,
                    const char *why);

void reject_log_full(struct reject_log *s, int64_t now_ms, size_t connections,
                     size_t limit);

#endif
