// SPDX-License-Identifier: MIT
#include "common/base/json_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "common/base/format.h"

struct json_writer json_to_stream(FILE *out)
{
    return (struct json_writer){.out = out};
}

struct json_writer json_to_buffer(char *buf, size_t size)
{
    return (struct json_writer){.buf = buf, .size = size};
}

static void put_bytes(struct json_writer *w, const char *bytes, size_t n)
{
    if (w->out) {
        fwrite(bytes, 1, n, w->out);
        return;
    }
    w->full = w->full || n > w->size - w->n;
    if (w->full)
        return;
    memcpy(w->buf + w->n, bytes, n);
    w->n += n;
}

size_t json_escape(char ret[JSON_CHAR_MAX + 1], char c)
{
    const char *format = c == '"' || c == '\\'  ? "\\%c"
                         : c >= ' ' && c <= '~' ? "%c"
                                                : "\\u%04x";
    return (size_t)snprintf(ret, JSON_CHAR_MAX + 1, format, (unsigned char)c);
}

static void put_quoted(struct json_writer *w, const char *text)
{
    put_bytes(w, "\"", 1);
    for (; *text; text++) {
        char piece[JSON_CHAR_MAX + 1];
        put_bytes(w, piece, json_escape(piece, *text));
    }
    put_bytes(w, "\"", 1);
}

void json_put_name(struct json_writer *w, const char *name)
{
    assert((w->objects & 1) == (name != NULL));
    assert(w->depth > 0 || !w->comma);
    if (w->comma)
        put_bytes(w, ",", 1);
    w->comma = true;
    if (!name)
        return;
    put_quoted(w, name);
    put_bytes(w, ":", 1);
}

static void begin_bracket(struct json_writer *w, const char *name, bool object)
{
    assert(w->depth < JSON_WRITER_DEPTH_MAX);
    json_put_name(w, name);
    put_bytes(w, object ? "{" : "[", 1);
    w->objects = w->objects << 1 | object;
    w->depth++;
    w->comma = false;
}

void json_begin_object(struct json_writer *w, const char *name)
{
    begin_bracket(w, name, true);
}

void json_begin_array(struct json_writer *w, const char *name)
{
    begin_bracket(w, name, false);
}

void json_end(struct json_writer *w)
{
    assert(w->depth > 0);
    put_bytes(w, w->objects & 1 ? "}" : "]", 1);
    w->objects >>= 1;
    w->depth--;
    w->comma = true;
}

void json_end_line(struct json_writer *w)
{
    assert(w->depth == 1);
    json_end(w);
    put_bytes(w, "\n", 1);
}

void json_put_raw(struct json_writer *w, const char *name, const char *json)
{
    json_put_name(w, name);
    put_bytes(w, json, strlen(json));
}

void json_put_text(struct json_writer *w, const char *name, const char *text)
{
    json_put_name(w, name);
    put_quoted(w, text ? text : "");
}

void json_put_u64(struct json_writer *w, const char *name, uint64_t value)
{
    char text[FORMAT_MAX];
    snprintf(text, sizeof(text), "\"%" PRIu64 "\"", value);
    json_put_raw(w, name, text);
}

void json_put_time(struct json_writer *w, const char *name, uint64_t ms)
{
    char text[FORMAT_MAX], shorter[FORMAT_MAX];
    size_t n = strlen(name);
    assert(n > 3 && n < sizeof(shorter) && strcmp(name + n - 3, "_ms") == 0);
    memcpy(shorter, name, n - 3);
    shorter[n - 3] = '\0';
    json_put_u64(w, name, ms);
    if (ms > 0 && ms < FORMAT_TIME_END)
        json_put_text(w, shorter, format_time(text, sizeof(text), (int64_t)ms));
    else
        json_put_null(w, shorter);
}

void json_put_bool(struct json_writer *w, const char *name, bool value)
{
    json_put_raw(w, name, value ? "true" : "false");
}

void json_put_null(struct json_writer *w, const char *name)
{
    json_put_raw(w, name, "null");
}

void json_put_double(struct json_writer *w, const char *name, double value)
{
    char text[FORMAT_MAX];
    json_put_raw(w, name,
                 isfinite(value) ? format_shortest(text, sizeof(text), value) : "null");
}

void json_put_number(struct json_writer *w, const char *name, const char *format, ...)
{
    char text[FORMAT_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert(n > 0 && n < FORMAT_MAX);
    json_put_raw(w, name, text);
}
