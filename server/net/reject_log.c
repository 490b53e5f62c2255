// SPDX-License-Identifier: MIT
#include "server/net/reject_log.h"

#include "common/sys/log.h"

enum { STRANGER_MS = 1000, AT_ONCE = 10, FULL_AGAIN_MS = 60 * 1000 };

/* Each line moves the time ahead by its share; too far ahead there is none. */
void reject_log_add(struct reject_log *s, int64_t now_ms, const char *address,
                    const char *why)
{
    if (s->until_ms < now_ms)
        s->until_ms = now_ms;
    if (s->until_ms - now_ms >= AT_ONCE * STRANGER_MS) {
        s->unsaid++;
        return;
    }
    s->until_ms += STRANGER_MS;
    struct log_field fields[] = {log_str("addr", address), log_str("reason", why),
                                 log_int("unsaid", (int64_t)s->unsaid)};
    log_write(LOG_LEVEL_WARN, "connection closed", fields, s->unsaid ? 3 : 2);
    s->unsaid = 0;
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
