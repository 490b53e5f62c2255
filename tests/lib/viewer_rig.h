// SPDX-License-Identifier: MIT
/*
 * An event loop with an acceptor for text and HTTP in front of a fake core, and client
 * sockets in the same thread.  Fails the test after a minute.
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

/* An event loop with an acceptor and its connections. */
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
    char answer[ANSWER_BYTES]; /* bytes read since the last come(), as a string */
    size_t n;
};

/* Setup and teardown of cmocka; *state is the room. */
int room_open(void **state);
int room_close(void **state);

/* The current counts of its viewers. */
struct viewer_stats room_stats(const struct room *r);

#define ROOM(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

/* One iteration of the event loop; waits for at most a millisecond. */
void turn(struct room *r);

/* Connects a non-blocking socket with a small receive buffer; the caller closes it. */
int come(struct room *r);
void say(int fd, const char *text);

/* Reads what is available into r->answer; false: the end. */
bool hear(struct room *r, int fd);

/* Reads until the text has come, which it must; until the end, then closes fd. */
void hear_until(struct room *r, int fd, const char *text);
void hear_all(struct room *r, int fd);

/* A viewer that follows the events; query: "" or "?hz=20". */
int follow(struct room *r, const char *query);

/* The whole answer to a request; to a GET with extra headers ("A: b\r\n"). */
const char *talk(struct room *r, const char *request);
const char *get(struct room *r, const char *url, const char *headers);

/* The status code of an HTTP answer; 0: not HTTP. */
unsigned status_of(const char *answer);

#endif
