// SPDX-License-Identifier: MIT
/*
 * log_line formats a line and is pure; log_write adds the clock and the one write(2).
 * The only state: the level, the format, and whether fd 2 is the journal.
 */
#include "common/sys/log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/format.h"

static enum log_level log_level = LOG_LEVEL_INFO;
static enum log_format log_format = LOG_FORMAT_TEXT;
static bool log_journal; /* fd 2 is the journal's socket */

static const struct {
    const char *padded, *name;
    char priority;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"ERROR", "error", '3'},
    [LOG_LEVEL_WARN] = {"WARN ", "warn", '4'},
    [LOG_LEVEL_INFO] = {"INFO ", "info", '6'},
    [LOG_LEVEL_DEBUG] = {"DEBUG", "debug", '7'},
};

/* A line under construction.  The first piece that does not fit and all later ones are
 * left out.  Two bytes are reserved for the end, "}\n". */
struct line_buffer {
    char *buf;
    size_t len;
    bool full;
};

static void add(struct line_buffer *line, const char *piece, size_t len)
{
    if (line->full || line->len + len > LOG_LINE_MAX - 2) {
        line->full = true;
        return;
    }
    memcpy(line->buf + line->len, piece, len);
    line->len += len;
}

static void add_str(struct line_buffer *line, const char *piece)
{
    add(line, piece, strlen(piece));
}

/* Escapes one byte; returns its length. */
static int escape_char(char out[8], unsigned char byte, enum log_format format)
{
    if (byte == '"' || byte == '\\')
        return snprintf(out, 8, "\\%c", byte);
    if (byte >= 0x20 && byte < 0x7f)
        return snprintf(out, 8, "%c", byte);
    return snprintf(out, 8, format == LOG_FORMAT_JSON ? "\\u%04x" : "\\x%02x", byte);
}

/* The text in quotes, escaped, cut at LOG_VALUE_MAX; returns its length. */
static size_t quote(char out[LOG_VALUE_MAX], const char *text, enum log_format format)
{
    size_t at = 0;
    out[at++] = '"';
    for (const char *c = text; *c; c++) {
        char piece[8];
        size_t n = (size_t)escape_char(piece, (unsigned char)*c, format);
        if (at + n > LOG_VALUE_MAX - 4) {
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        memcpy(out + at, piece, n);
        at += n;
    }
    out[at++] = '"';
    return at;
}

/* Whether a value needs no quotes after key=. */
static bool is_plain(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f || strchr("\"\\=", text[i]))
            return false;
    return len > 0 && len < LOG_VALUE_MAX;
}

/* Formats the value; returns its length. */
static size_t format_value(char out[LOG_VALUE_MAX], const struct log_field *field,
                           enum log_format format)
{
    bool json = format == LOG_FORMAT_JSON;
    const char *str = field->value.str;
    int n = 0;
    switch (field->kind) {
    case LOG_KIND_STR:
        str = str ? str : "";
        if (json || !is_plain(str))
            return quote(out, str, format);
        n = snprintf(out, LOG_VALUE_MAX, "%s", str);
        break;
    case LOG_KIND_INT:
        n = snprintf(out, LOG_VALUE_MAX, "%" PRId64, field->value.number);
        break;
    case LOG_KIND_U64:
        n = snprintf(out, LOG_VALUE_MAX, json ? "\"%" PRIu64 "\"" : "%" PRIu64,
                     field->value.count);
        break;
    case LOG_KIND_REAL: /* JSON has no infinity or NaN */
        if (json && !isfinite(field->value.real))
            n = snprintf(out, LOG_VALUE_MAX, "null");
        else
            n = snprintf(out, LOG_VALUE_MAX, "%.9g", field->value.real);
        break;
    }
    return (size_t)n;
}

static void add_field(struct line_buffer *line, const struct log_field *field,
                      enum log_format format)
{
    struct line_buffer before = *line;
    char value[LOG_VALUE_MAX];
    size_t n = format_value(value, field, format);
    add_str(line, format == LOG_FORMAT_JSON ? ",\"" : " ");
    add_str(line, field->key);
    add_str(line, format == LOG_FORMAT_JSON ? "\":" : "=");
    add(line, value, n);
    if (line->full)
        line->len = before.len;
}

/* RFC 3339, UTC, milliseconds. */
static void format_time(char out[FORMAT_MAX], int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(out, FORMAT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, FORMAT_MAX - n, ".%03dZ", (int)(time_ms % 1000));
}

size_t log_line(char buf[LOG_LINE_MAX], enum log_format format, bool journal,
                const struct log_event *event)
{
    struct line_buffer line = {.buf = buf};
    char text[LOG_VALUE_MAX], time[FORMAT_MAX];
    bool json = format == LOG_FORMAT_JSON;
    const struct log_field message = log_str("message", event->message);

    format_time(time, event->time_ms);
    if (journal)
        add(&line, (char[]){'<', levels[event->level].priority, '>'}, 3);
    if (json) {
        if (journal)
            snprintf(text, sizeof(text), "{\"level\":\"%s\"",
                     levels[event->level].name);
        else
            snprintf(text, sizeof(text), "{\"time\":\"%s\",\"level\":\"%s\"", time,
                     levels[event->level].name);
        add_str(&line, text);
        add_field(&line, &message, format);
    } else {
        if (!journal) {
            snprintf(text, sizeof(text), "%s %s ", time, levels[event->level].padded);
            add_str(&line, text);
        }
        add_str(&line, format_escape_str(text, sizeof(text), event->message));
    }
    for (size_t i = 0; i < event->n; i++)
        add_field(&line, &event->fields[i], format);
    if (json)
        buf[line.len++] = '}';
    buf[line.len++] = '\n';
    return line.len;
}

/* JOURNAL_STREAM is "device:inode" of the journal's socket.  Child processes inherit
 * it, so check that fd 2 still is that socket. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

bool log_wants(enum log_level level)
{
    return level <= log_level;
}

void log_set(enum log_level level, enum log_format format)
{
    log_level = level;
    log_format = format;
    log_journal = stderr_is_journal();
}

void log_write(enum log_level level, const char *message,
               const struct log_field *fields, size_t n)
{
    if (!log_wants(level))
        return;
    int saved = errno;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct log_event event = {
        .level = level,
        .time_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
        .message = message,
        .fields = fields,
        .n = n,
    };
    char buf[LOG_LINE_MAX];
    size_t len = log_line(buf, log_format, log_journal, &event);
    while (write(STDERR_FILENO, buf, len) < 0 && errno == EINTR)
        continue;
    errno = saved;
}
