// SPDX-License-Identifier: MIT
/*
 * The text protocol: the client sends one command in a line; the coordinator replies
 * and closes the connection, since clients such as nc and telnet differ in which side
 * closes first. `watch` sends one line a second until its job has ended.  Read only.
 */
#ifndef SERVER_VIEW_CONSOLE_H
#define SERVER_VIEW_CONSOLE_H

#include <uv.h>

#include "common/net/conn.h"
#include "server/view/report.h"

enum {
    CONSOLE_LINE_BYTES = 256,   /* longest command */
    CONSOLE_ANSWER_MS = 10000,  /* time to send an answer; the rest is cut off */
    CONSOLE_WATCH_MS = 1000,    /* between two lines of `watch` */
    CONSOLE_WATCH_AHEAD = 4096, /* queued bytes above which a line is skipped */
    CONSOLE_WATCH_STUCK_S =
        30, /* lines skipped in a row before the client is dropped */
};

struct console;

/* Borrows the connection and `report` until console_gone().  Never fails. */
struct console *console_new(uv_loop_t *loop, struct conn *conn, struct report *report);

/* The peer sent bytes; n is 0 at the end of its stream.  Returns true once, when they
 * complete the command. */
bool console_bytes(struct console *c, const char *bytes, size_t n);

/* The connection's send queue is empty. */
void console_drained(struct console *c);

/* The connection has closed.  The console frees itself. */
void console_gone(struct console *c);

/* Writes the answer to `command` ("status": without a newline).  False if the command
 * is `watch`: nothing is written. */
bool console_answer(struct report *report, const char *command, FILE *out);

#endif
