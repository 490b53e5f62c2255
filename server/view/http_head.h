// SPDX-License-Identifier: MIT
/*
 * The head of an HTTP/1.x request, read strictly by RFC 9110 and 9112: what one program
 * may read otherwise than another, and requests are smuggled by, is refused here.  Only
 * then does libmicrohttpd see the request, by a line written anew.  Pure.
 */
#ifndef SERVER_VIEW_HTTP_HEAD_H
#define SERVER_VIEW_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_HEAD_BYTES = 32 * 1024, /* the request line and all fields */
    HTTP_TARGET_BYTES = 2048,    /* path and query */
    HTTP_METHOD_BYTES = 32,
};

/* Borrows the text of http_head_parse(). */
struct http_head {
    const char *method, *target; /* path and query, still encoded */
    const char *host;            /* with its port; NULL: HTTP/1.0 may lack it */
    const char *fields;          /* each as name NUL value NUL; then another NUL */
    bool old;                    /* HTTP/1.0 */
    bool last;                   /* the connection ends with the answer */
    bool body;                   /* a body follows */
    bool forwarded;              /* a proxy says that it has passed the request on */
};

/* Bytes of the first head in the text, its empty line included; 0: it is not complete.
 * A first line that is none of HTTP/1.x counts as a whole head.  The first `seen` bytes
 * were looked at before. */
size_t http_head_end(const char *text, size_t n, size_t seen);

/* Parses n = http_head_end() bytes of the text, which are changed, and followed by one
 * more that is writable.  0; or the status of the refusal, and *ret_why says what is
 * wrong, for people. */
unsigned http_head_parse(char *text, size_t n, struct http_head *ret,
                         const char **ret_why);

/* The value of the first field of that name; NULL: there is none. */
const char *http_head_field(const struct http_head *h, const char *name);

/* One element of a list, as of `Accept-Encoding: gzip;q=0.5, br`. */
struct http_item {
    const char *field, *at; /* where to go on */
    const char *text;       /* without its parameters, n bytes */
    size_t n;
    unsigned q; /* its weight in thousandths; 1000 where none is given */
};

/* The next element of all fields of that name; start with {0}.  False: no more. */
bool http_head_item(const struct http_head *h, const char *name, struct http_item *it);

/* Whether the element is this word, in any case. */
bool http_item_is(const struct http_item *it, const char *word);

#endif
