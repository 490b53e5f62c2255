// SPDX-License-Identifier: MIT
/*
 * The text protocol: one command in a line, one reply, and the connection is closed by
 * us, since the programs that people type it into disagree about who goes first.
 * `watch` goes on, a line a second, until its job has ended.  Read only.
 */
#ifndef SERVER_VIEW_CONSOLE_H
#define SERVER_VIEW_CONSOLE_H

#include <uv.h>

#include "common/net/conn.h"
#include "server/view/report.h"

enum {
    CONSOLE_LINE_BYTES = 256,   /* the longest command */
    CONSOLE_ANSWER_MS = 10000,  /* an answer has left by then, or is cut off */
    CONSOLE_WATCH_MS = 1000,    /* between two lines of `watch`, */
    CONSOLE_WATCH_AHEAD = 4096, /* and none for a reader that far behind */
    CONSOLE_WATCH_STUCK_S = 30, /* that long: it is dropped */
};

struct console;

/* Borrows the connection until console_gone(), and `report`. */
struct console *console_new(uv_loop_t *loop, struct conn *conn, struct report *report);

/* From the connection's events; n is 0 at the end of what the peer sends.  True: the
 * command is whole. */
bool console_bytes(struct console *c, const char *bytes, size_t n);
void console_drained(struct console *c);
void console_gone(struct console *c);

/* Writes the answer to a command, "status", without its newline.  False: it is `watch`,
 * and nothing is written. */
bool console_answer(struct report *report, const char *command, FILE *out);

#endif
