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
#include "common/base/json_writer.h"

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

/* Two bytes of a line are kept for its end, "}\n". */
enum { ROOM = LOG_LINE_MAX - 2 };

/* A character that is not plain printable ASCII, as JSON writes it and as text does. */
static size_t escape_char(char out[8], char c, enum log_format format)
{
    if (format == LOG_FORMAT_JSON || (c >= ' ' && c <= '~'))
        return json_escape(out, c);
    return (size_t)snprintf(out, 8, "\\x%02x", (unsigned char)c);
}

/* The text in quotes, escaped, cut at LOG_VALUE_MAX. */
static void quote(char out[LOG_VALUE_MAX + 1], const char *text, enum log_format format)
{
    size_t at = 0;
    out[at++] = '"';
    for (const char *c = text; *c; c++) {
        char piece[8];
        size_t n = escape_char(piece, *c, format);
        if (at + n > LOG_VALUE_MAX - 4) {
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        memcpy(out + at, piece, n);
        at += n;
    }
    out[at++] = '"';
    out[at] = '\0';
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

static void format_value(char out[LOG_VALUE_MAX + 1], const struct log_field *field,
                         enum log_format format)
{
    bool json = format == LOG_FORMAT_JSON;
    const char *str = field->value.str;
    switch (field->kind) {
    case LOG_KIND_STR:
        str = str ? str : "";
        if (json || !is_plain(str))
            quote(out, str, format);
        else
            snprintf(out, LOG_VALUE_MAX, "%s", str);
        break;
    case LOG_KIND_INT:
        snprintf(out, LOG_VALUE_MAX, "%" PRId64, field->value.number);
        break;
    case LOG_KIND_U64:
        snprintf(out, LOG_VALUE_MAX, json ? "\"%" PRIu64 "\"" : "%" PRIu64,
                 field->value.count);
        break;
    case LOG_KIND_REAL: /* JSON has no infinity or NaN */
        if (json && !isfinite(field->value.real))
            snprintf(out, LOG_VALUE_MAX, "null");
        else
            snprintf(out, LOG_VALUE_MAX, "%.9g", field->value.real);
        break;
    }
}

/* In both formats a field that does not fit is left out, and so are all that follow. */
static void put_field(struct json_writer *w, const struct log_field *field)
{
    char value[LOG_VALUE_MAX + 1];
    size_t before = w->n;
    format_value(value, field, LOG_FORMAT_JSON);
    json_put_raw(w, field->key, value);
    if (w->full)
        w->n = before;
}

/* Each returns the length of the line, of which `len` bytes stand in buf already. */
static size_t json_line(char buf[LOG_LINE_MAX], size_t len, const char *time,
                        const struct log_event *event)
{
    struct json_writer w = json_to_buffer(buf + len, ROOM - len);
    const struct log_field message = log_str("message", event->message);
    json_begin_object(&w, NULL);
    if (time)
        json_put_text(&w, "time", time);
    json_put_text(&w, "level", levels[event->level].name);
    put_field(&w, &message);
    for (size_t i = 0; i < event->n; i++)
        put_field(&w, &event->fields[i]);
    w.full = false;
    w.size = LOG_LINE_MAX - len;
    json_end_line(&w);
    return len + w.n;
}

static size_t text_line(char buf[LOG_LINE_MAX], size_t len, const char *time,
                        const struct log_event *event)
{
    char value[LOG_VALUE_MAX + 1];
    if (time)
        len += (size_t)snprintf(buf + len, LOG_LINE_MAX - len, "%s %s ", time,
                                levels[event->level].padded);
    len += (size_t)snprintf(buf + len, LOG_LINE_MAX - len, "%s",
                            format_escape_str(value, LOG_VALUE_MAX, event->message));
    for (size_t i = 0; i < event->n; i++) {
        const char *key = event->fields[i].key;
        format_value(value, &event->fields[i], LOG_FORMAT_TEXT);
        if (len + 2 + strlen(key) + strlen(value) > ROOM)
            break;
        len += (size_t)snprintf(buf + len, LOG_LINE_MAX - len, " %s=%s", key, value);
    }
    buf[len++] = '\n';
    return len;
}

size_t log_line(char buf[LOG_LINE_MAX], enum log_format format, bool journal,
                const struct log_event *event)
{
    char text[FORMAT_MAX];
    const char *time = NULL;
    size_t len = 0;
    if (journal) {
        memcpy(buf, (char[]){'<', levels[event->level].priority, '>'}, 3);
        len = 3;
    } else {
        time = format_time(text, sizeof(text), event->time_ms);
    }
    return format == LOG_FORMAT_JSON ? json_line(buf, len, time, event)
                                     : text_line(buf, len, time, event);
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
