// SPDX-License-Identifier: MIT
/*
 * A kind of lines of one origin has windows of ten seconds.  The line that opens the
 * first one is written; a window in which a line was left out ends with its count,
 * which opens the next; one in which none was ends the kind.
 */
#include "server/view/log_limit.h"

#include <stdio.h>

/* The budget is a time: each line moves it ahead by its share, and none is written
 * while it is too far ahead. */
static bool afford(struct limited_class *c, int64_t now_ms)
{
    if (c->used_ms < now_ms)
        c->used_ms = now_ms;
    if (c->used_ms - now_ms > (int64_t)(LOG_LIMIT_BURST - 1) * LOG_LIMIT_LINE_MS)
        return false;
    c->used_ms += LOG_LIMIT_LINE_MS;
    return true;
}

static bool is_over(const struct limited_kind *k, int64_t now_ms)
{
    return k->ends_ms == 0 || (k->ends_ms <= now_ms && k->more == 0);
}

/* The kind of the line, or a place for it; the last place is for all that find none. */
static struct limited_kind *kind_of(struct limited_class *c, int64_t now_ms,
                                    const struct limited_line *line)
{
    struct limited_kind *place = NULL;
    for (int i = 0; i < LOG_LIMIT_KINDS - 1; i++) {
        struct limited_kind *k = &c->kinds[i];
        if (is_over(k, now_ms))
            place = place ? place : k;
        else if (k->line.kind == line->kind && k->line.origin == line->origin)
            return k;
    }
    return place ? place : &c->kinds[LOG_LIMIT_KINDS - 1];
}

bool log_limit_take(struct log_limit *l, int64_t now_ms,
                    const struct limited_line *line)
{
    struct limited_class *c = &l->classes[line->class];
    struct limited_kind *k = kind_of(c, now_ms, line);
    if (is_over(k, now_ms)) {
        *k = (struct limited_kind){.line = *line,
                                   .ends_ms = now_ms + LOG_LIMIT_WINDOW_MS};
        if (k == &c->kinds[LOG_LIMIT_KINDS - 1])
            k->line.kind = k->line.origin = 0;
        else if (afford(c, now_ms))
            return true;
    }
    k->more++;
    snprintf(k->about, sizeof(k->about), "%s", line->about);
    return false;
}

bool log_limit_due(struct log_limit *l, int64_t now_ms, struct limited_line *ret,
                   uint64_t *ret_more)
{
    for (int i = 0; i < LOG_CLASSES * LOG_LIMIT_KINDS; i++) {
        struct limited_class *c = &l->classes[i / LOG_LIMIT_KINDS];
        struct limited_kind *k = &c->kinds[i % LOG_LIMIT_KINDS];
        if (k->more == 0 || k->ends_ms > now_ms || !afford(c, now_ms))
            continue;
        *ret = k->line;
        ret->about = k->about;
        *ret_more = k->more;
        k->more = 0;
        k->ends_ms = now_ms + LOG_LIMIT_WINDOW_MS;
        return true;
    }
    return false;
}
