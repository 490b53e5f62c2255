// SPDX-License-Identifier: MIT
/*
 * Writes JSON, one value at a time, to a stream or into a buffer.  The writer adds
 * commas, quotes and brackets.  A value in an object needs a name; one in an array or
 * at the top level, which has exactly one value, needs NULL.  Anything else fails an
 * assertion.  64-bit integers are written as strings, as in protobuf's JSON.  The
 * caller checks the stream by ferror().  Allocates nothing.
 *
 *     struct json_writer w = json_to_stream(stdout);
 *     json_begin_object(&w, NULL);
 *     json_put_u64(&w, "hits", 785);
 *     json_begin_array(&w, "names");
 *     json_put_text(&w, NULL, "ada");
 *     json_end(&w);
 *     json_end_line(&w);                       {"hits":"785","names":["ada"]}
 */
#ifndef COMMON_BASE_JSON_WRITER_H
#define COMMON_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    JSON_WRITER_DEPTH_MAX = 64, /* bits of `objects` */
    JSON_CHAR_MAX = 6,          /* longest escape: \u001b */
};

struct json_writer {
    FILE *out; /* borrowed; NULL: writes to buf */
    char *buf; /* borrowed; the output is its first n bytes, without a NUL */
    size_t size, n;
    bool full; /* the buffer was too small: the rest of the output is left out */

    /* Private. */
    uint64_t objects; /* a bit for each open bracket, innermost in bit 0: 1 = object */
    unsigned depth;
    bool comma; /* the next value needs a comma */
};

struct json_writer json_to_stream(FILE *out);
struct json_writer json_to_buffer(char *buf, size_t size);

void json_begin_object(struct json_writer *w, const char *name);
void json_begin_array(struct json_writer *w, const char *name);

/* Ends the innermost object or array. */
void json_end(struct json_writer *w);

/* Ends the outermost object or array, and writes a newline. */
void json_end_line(struct json_writer *w);

/* A text of NULL is "".  Bytes outside printable ASCII are written as \u00xx. */
void json_put_text(struct json_writer *w, const char *name, const char *text);
void json_put_u64(struct json_writer *w, const char *name, uint64_t value);

/* Unix time as two members of an object, of which `name`, "NAME_ms", is the first:
 * milliseconds, and as "NAME" the same by RFC 3339; of 0, which is no time, null. */
void json_put_time(struct json_writer *w, const char *name, uint64_t ms);

void json_put_bool(struct json_writer *w, const char *name, bool value);
void json_put_null(struct json_writer *w, const char *name);

/* The shortest decimal that reads back as the same double; null if not finite. */
void json_put_double(struct json_writer *w, const char *name, double value);

/* A number in printf format, at most 63 characters. */
__attribute__((format(printf, 3, 4))) void
json_put_number(struct json_writer *w, const char *name, const char *format, ...);

/* Writes `json`, which must be one JSON value, as it is. */
void json_put_raw(struct json_writer *w, const char *name, const char *json);

/* Writes the comma and the name; the caller then writes the value to the stream. */
void json_put_name(struct json_writer *w, const char *name);

/* Escapes one character for a JSON string; returns the length of *ret. */
size_t json_escape(char ret[JSON_CHAR_MAX + 1], char c);

#endif
