// SPDX-License-Identifier: MIT
#include "server/net/reject_log.h"

#include "common/sys/log.h"

enum { LINE_MS = 1000, BURST = 10, FULL_AGAIN_MS = 60 * 1000 };

/* A token bucket kept as a time: each line moves until_ms ahead by its share, and no
 * line is logged while it is too far ahead. */
void reject_log_add(struct reject_log *s, int64_t now_ms, const char *address,
                    const char *why)
{
    if (s->until_ms < now_ms)
        s->until_ms = now_ms;
    if (s->until_ms - now_ms >= BURST * LINE_MS) {
        s->left_out++;
        return;
    }
    s->until_ms += LINE_MS;
    struct log_field fields[] = {log_str("addr", address), log_str("reason", why),
                                 log_int("unsaid", (int64_t)s->left_out)};
    log_write(LOG_LEVEL_WARN, "connection closed", fields, s->left_out ? 3 : 2);
    s->left_out = 0;
}

void reject_log_full(struct reject_log *s, int64_t now_ms, size_t connections,
                     size_t limit)
{
    if (s->full_ms != 0 && now_ms - s->full_ms < FULL_AGAIN_MS)
        return;
    s->full_ms = now_ms;
    log_warn("too many connections: refusing new ones, existing ones continue",
             log_int("connections", (int64_t)connections),
             log_int("limit", (int64_t)limit),
             log_str("hint", "raise LimitNOFILE= or 'ulimit -n 65536'"));
}
