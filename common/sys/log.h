// SPDX-License-Identifier: MIT
/*
 * Log lines on stderr.  One event is one line and one write(2), so lines of several
 * threads never mix:
 *
 *     2026-11-22T12:37:04.118Z INFO  worker joined name=lab-03 threads=8
 *
 * log_info("worker joined", log_str("name", name), log_int("threads", threads));
 *
 * Under systemd (JOURNAL_STREAM names the file behind fd 2) a prefix <3> .. <7>
 * replaces the time and the level.  Everything except printable ASCII is escaped.  A
 * line has at most LOG_LINE_MAX bytes; fields that do not fit are left out.  Owns no
 * memory.  Write errors are ignored: there is nowhere to report them.
 */
#ifndef COMMON_SYS_LOG_H
#define COMMON_SYS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/base.h"

enum {
    LOG_LINE_MAX = 4096, /* PIPE_BUF on Linux: such writes to a pipe are atomic */
    LOG_VALUE_MAX = 512, /* bytes of one value, escaped */
};

/* In the order of an option's "error|warn|info|debug". */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* In the order of an option's "text|json". */
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

enum log_kind { LOG_KIND_STR, LOG_KIND_INT, LOG_KIND_U64, LOG_KIND_REAL };

struct log_field {
    const char *key; /* trusted: letters, digits and _ */
    enum log_kind kind;
    union {
        const char *str;
        int64_t number;
        uint64_t count;
        double real;
    } value;
};

/* value is borrowed until the line is written.  NULL counts as "". */
static inline struct log_field log_str(const char *key, const char *value)
{
    return (struct log_field){key, LOG_KIND_STR, {.str = value}};
}

/* Small numbers: threads, ports, milliseconds.  A JSON number, so |value| < 2^53. */
static inline struct log_field log_int(const char *key, int64_t value)
{
    return (struct log_field){key, LOG_KIND_INT, {.number = value}};
}

/* Trials, hits, seeds, ids: 64 bits.  A string in JSON, where a number would lose
 * digits. */
static inline struct log_field log_u64(const char *key, uint64_t value)
{
    return (struct log_field){key, LOG_KIND_U64, {.count = value}};
}

static inline struct log_field log_real(const char *key, double value)
{
    return (struct log_field){key, LOG_KIND_REAL, {.real = value}};
}

/* Drops lines less severe than `level`.  The default is info, text.  Call it before any
 * thread starts. */
void log_set(enum log_level level, enum log_format format);

/* Whether lines of this level are written.  Ask before computing a costly field. */
bool log_wants(enum log_level level);

#define log_error(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* The array starts with a dummy element, because C allows no empty array.  sizeof does
 * not evaluate the fields a second time. */
#define LOG_AT(level, message, ...)                                                    \
    log_write(level, message, LOG_FIELDS(__VA_ARGS__) + 1,                             \
              ARRAY_SIZE(LOG_FIELDS(__VA_ARGS__)) - 1)
#define LOG_FIELDS(...) ((const struct log_field[]){{.key = NULL}, ##__VA_ARGS__})

/* Writes one line, unless its level is dropped; the fields are borrowed. */
void log_write(enum log_level level, const char *message,
               const struct log_field *fields, size_t n);

struct log_event {
    enum log_level level;
    int64_t time_ms; /* since 1970, UTC */
    const char *message;
    const struct log_field *fields;
    size_t n;
};

/* Formats the line that log_write would write, with a newline but no NUL.  Returns its
 * length in bytes.  Pure. */
size_t log_line(char buf[LOG_LINE_MAX], enum log_format format, bool journal,
                const struct log_event *event);

#endif
