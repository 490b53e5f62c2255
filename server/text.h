// SPDX-License-Identifier: MIT
/*
 * The text dialect: one command in a line, one reply, and the connection is closed by
 * us, since the programs that people type it into disagree about who goes first.
 * `watch` goes on, a line a second, until its job has ended.  Read only.
 */
#ifndef SERVER_TEXT_H
#define SERVER_TEXT_H

#include <uv.h>

#include "common/conn.h"
#include "server/show.h"

enum {
    TEXT_LINE_BYTES = 256,   /* the longest command */
    TEXT_ANSWER_MS = 10000,  /* an answer has left by then, or is cut off */
    TEXT_WATCH_MS = 1000,    /* between two lines of `watch`, */
    TEXT_WATCH_AHEAD = 4096, /* and none for a reader that far behind */
    TEXT_WATCH_STUCK_S = 30, /* that long: it is dropped */
};

struct text;

/* Borrows the connection until text_gone(), and `show`. */
struct text *text_new(uv_loop_t *loop, struct conn *c, struct show *show);

/* From the connection's events; n is 0 at the end of what the peer sends. */
void text_bytes(struct text *t, const char *bytes, size_t n);
void text_drained(struct text *t);
void text_gone(struct text *t);

/* Writes the answer to a command, "status", without its newline.  False: it is `watch`,
 * and nothing is written. */
bool text_answer(struct show *show, const char *command, FILE *out);

#endif
