// SPDX-License-Identifier: MIT
/*
 * An event loop with a listener on a free port of 127.0.0.1, both ends of a connection
 * and a record of their callbacks; and plain sockets, for peers that break the
 * protocol. The listener takes TLS and frames in the clear.  Fails the test where a
 * call fails, and after a minute.
 */
#ifndef TESTS_LIB_CONN_RIG_H
#define TESTS_LIB_CONN_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/net/conn.h"
#include "tests/lib/tls_pair.h"

struct conn_rig;

/* One end, and what its callbacks were told. */
struct end {
    struct conn_rig *rig;
    struct conn *conn; /* NULL: none yet, or closed */
    unsigned opened, messages, closed;
    uint64_t sum; /* of grant ids in heartbeats */
    int status;
    enum conn_fault fault;                /* with bad */
    char bad[256], why[256], reason[256]; /* of on_bad, of on_closed, of a Bye */
    bool echo;                            /* sends each message back */
    bool quiet; /* the server's end: an accepted connection is not welcomed */
    bool close_at_message;
};

struct conn_rig {
    uv_loop_t loop;
    struct conn_loop *conns;
    uv_tcp_t listener;
    struct conn_acceptor acceptor;
    uv_timer_t timeout; /* a test that hangs fails */
    bool timed_out;
    char port[6];
    struct end server, client;
    uint8_t frame[65539]; /* of conn_rig_bye_frame() */
    struct arena arena;
};

extern bool conn_rig_tls;             /* conn_rig_dial() uses TLS */
extern struct tls_pair conn_rig_pair; /* the server's; made by the first setup */

/* Callbacks of frames; ctx is a struct end. */
extern const struct conn_events conn_rig_events;

/* ---- setup and teardown of cmocka; *state is the rig ---- */

int conn_rig_setup(void **state);
int conn_rig_teardown(void **state);  /* fails if a handle or a handshake is left */
int conn_rig_free_pair(void **state); /* after the last test of the program */

#define CONN_TEST(test)                                                                \
    cmocka_unit_test_setup_teardown(test, conn_rig_setup, conn_rig_teardown)

/* Runs the loop until the condition holds. */
#define UNTIL(r, condition)                                                            \
    while (!(condition)) {                                                             \
        assert_false((r)->timed_out);                                                  \
        uv_run(&(r)->loop, UV_RUN_ONCE);                                               \
    }

/* The same while the clock stands (tests/lib/clock.h): the condition has to come with
 * what is due and what is on the way, and a test in which it does not fails soon. */
#define SOON(r, condition)                                                             \
    for (int turn = 0; !(condition); turn++) {                                         \
        assert_in_range(turn, 0, CONN_RIG_TURNS);                                      \
        conn_rig_turn(r);                                                              \
    }

enum { CONN_RIG_TURNS = 100 };

/* The clock stands from now on, until the teardown. */
void conn_rig_hold(struct conn_rig *r);

/* Does what is due; where nothing is, waits for the next event, 30 ms at most. */
void conn_rig_turn(struct conn_rig *r);

/* Does what is due and what has arrived, without waiting. */
void conn_rig_turns(struct conn_rig *r);

/* No connection is accepted any more.  Idempotent. */
void conn_rig_close_listener(struct conn_rig *r);

/* ---- picoord's ends ---- */

/* Begins to connect r->client to the listener's port of that host. */
void conn_rig_dial(struct conn_rig *r, const char *host, int64_t timeout_ms);

/* Connects r->client to r->server, until both are open.  The messages that this takes
 * are not counted. */
void conn_rig_meet(struct conn_rig *r);

/* Sends a heartbeat of n grants, each with the id `grant`: about 4 n bytes. */
void conn_rig_send_heartbeat(struct conn *c, size_t n, uint64_t grant);

/* ---- plain sockets ---- */

/* A connected socket, not blocking, that r->server has accepted; the caller's.  After
 * conn_rig_raw_open_peer(), r->server is open too. */
int conn_rig_raw_peer(struct conn_rig *r);
int conn_rig_raw_open_peer(struct conn_rig *r);

/* Writes all n bytes in one call. */
void conn_rig_write(int fd, const void *bytes, size_t n);

/* Encodes a Bye into r->frame; its length in bytes. */
size_t conn_rig_bye_frame(struct conn_rig *r, const char *reason);

#endif
