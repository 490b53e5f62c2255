// SPDX-License-Identifier: MIT
/*
 * Which log lines are written, of those that strangers and workers can cause.  Of one
 * kind and origin the first is written at once and then, while more come, their number
 * every ten seconds.  All origins together have a budget for each class of lines, so
 * that what one class loses to a flood the others keep: in a day a class has
 * LOG_LIMIT_BURST lines and one for each LOG_LIMIT_LINE_MS.  Pure.
 */
#ifndef SERVER_VIEW_LOG_LIMIT_H
#define SERVER_VIEW_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LOG_LIMIT_WINDOW_MS = 10000,
    LOG_LIMIT_BURST = 200,     /* lines of a class, saved up */
    LOG_LIMIT_LINE_MS = 20000, /* in which it gets one more */
    LOG_LIMIT_KINDS = 64,      /* kinds and origins of a class that are told apart */
    LOG_LIMIT_ABOUT = 64       /* bytes of a name or an address, with its NUL */
};

/* Of whom a line is: who has no right here, workers, workers that are wrong. */
enum log_class { LOG_STRANGERS, LOG_WORKERS, LOG_FAULTS, LOG_CLASSES };

struct limited_line {
    enum log_class class;
    uint64_t kind, origin;
    int number;        /* the caller's; kept for the count */
    const char *about; /* a name or an address; of the last line, for the count */
};

struct limited_kind {
    struct limited_line line;
    char about[LOG_LIMIT_ABOUT];
    int64_t ends_ms; /* of its window; 0: not used */
    uint64_t more;   /* lines left out since the last one */
};

/* All zero: nothing was written yet. */
struct log_limit {
    struct limited_class {
        int64_t used_ms;                            /* its budget is used up to then */
        struct limited_kind kinds[LOG_LIMIT_KINDS]; /* the last one: all others */
    } classes[LOG_CLASSES];
};

/* Whether the line is to be written now.  Otherwise it is counted. */
bool log_limit_take(struct log_limit *l, int64_t now_ms,
                    const struct limited_line *line);

/* A count that is due, to be written now; call it until it returns false.  Lines that
 * were not told apart have origin and kind 0. */
bool log_limit_due(struct log_limit *l, int64_t now_ms, struct limited_line *ret,
                   uint64_t *ret_more);

#endif
