// SPDX-License-Identifier: MIT
/*
 * A loop with an acceptor for text and HTTP, and a core that is made up behind it; and
 * sockets that ask, in the same thread.  Fails the test after a minute.
 */
#ifndef TESTS_LIB_VIEWER_RIG_H
#define TESTS_LIB_VIEWER_RIG_H

#include "tests/lib/report_rig.h"

#include <uv.h>

#include "common/net/conn.h"
#include "server/view/viewer.h"

enum { GUESTS = 8, ANSWER_BYTES = 65536 };

struct end {
    struct room *room;
    struct conn *conn;
    struct viewer *viewer;
};

/* A loop with an acceptor, and all that it has taken. */
struct room {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_timer_t patience;
    bool late;
    int port;
    struct conn_loop *conns;
    struct conn_acceptor acceptor;
    struct core core;
    struct report report;
    struct view_policy policy;
    struct viewers *viewers;
    struct end ends[64];
    size_t taken, gone;
    char answer[ANSWER_BYTES]; /* what was heard since somebody came, terminated */
    size_t n;
};

/* Setup and teardown of cmocka; *state is the room. */
int room_open(void **state);
int room_close(void **state);

/* What its viewers are counted as now. */
struct viewer_stats room_stats(const struct room *r);

#define ROOM(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

/* One turn of the loop; waits for a millisecond at most. */
void turn(struct room *r);

/* A connection, not blocking, with a small buffer; it is the caller's. */
int come(struct room *r);
void say(int fd, const char *text);

/* What there is to read; false: the end. */
bool hear(struct room *r, int fd);

/* Until the text was heard, which must come; until the end, and closes it. */
void hear_until(struct room *r, int fd, const char *text);
void hear_all(struct room *r, int fd);

/* The answer to a request, all of it; to a GET with more headers, "A: b\r\n". */
const char *talk(struct room *r, const char *request);
const char *get(struct room *r, const char *url, const char *headers);

/* Of an HTTP answer; 0: it is none. */
unsigned status_of(const char *answer);

#endif
