// SPDX-License-Identifier: MIT
/*
 * JSON, written a value at a time to a stream or into a buffer.  The writer sees to
 * commas, quotes and brackets: every value is put with its name inside an object, and
 * with NULL in an array or at the top, of which there is one; anything else is a bug
 * and ends in an assertion.  Numbers of 64 bits are strings, as protobuf's JSON has
 * them. Errors of the stream are the caller's to look for, by ferror().  Allocates
 * nothing.
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
    JSON_WRITER_DEPTH_MAX = 64, /* bits of a mask */
    JSON_CHAR_MAX = 6,          /* \u001b */
};

struct json_writer {
    FILE *out; /* borrowed; or NULL: */
    char *buf; /* borrowed; what is written, without a NUL, is its first n bytes */
    size_t size, n;
    bool full; /* something did not fit: it is left out, and so is all that follows */

    /* Its own. */
    uint64_t objects; /* bit 0: the innermost bracket is an object's */
    unsigned depth;
    bool comma; /* a value stands before the next */
};

struct json_writer json_to_stream(FILE *out);
struct json_writer json_to_buffer(char *buf, size_t size);

void json_begin_object(struct json_writer *w, const char *name);
void json_begin_array(struct json_writer *w, const char *name);
void json_end(struct json_writer *w); /* the innermost */

/* Ends the outermost, and the line. */
void json_end_line(struct json_writer *w);

/* NULL is empty; a byte that is no printable ASCII is \u00xx. */
void json_put_text(struct json_writer *w, const char *name, const char *text);
void json_put_u64(struct json_writer *w, const char *name, uint64_t value);
void json_put_bool(struct json_writer *w, const char *name, bool value);
void json_put_null(struct json_writer *w, const char *name);

/* The shortest that reads back as the same, or null where it is not finite. */
void json_put_double(struct json_writer *w, const char *name, double value);

/* A number as the format has it, of at most 63 characters. */
__attribute__((format(printf, 3, 4))) void
json_put_number(struct json_writer *w, const char *name, const char *format, ...);

/* One that is JSON already. */
void json_put_raw(struct json_writer *w, const char *name, const char *json);

/* The comma and the name of a value that the caller writes to the stream himself. */
void json_put_name(struct json_writer *w, const char *name);

/* A character as it stands between quotes; returns its length. */
size_t json_escape(char ret[JSON_CHAR_MAX + 1], char c);

#endif
