// SPDX-License-Identifier: MIT
/*
 * A connection to the coordinator that can be waited on: connect, send a request, run
 * until its replies are there.  It hides a libuv loop of its own; nothing happens
 * between two calls, and every wait ends by an answer, by its time, by a signal, or
 * because nobody reads the output any more.
 * After CLIENT_LOST the same client may connect again.
 *
 * client_new() returns memory that client_free() takes back, closing everything.  Not
 * pure, one thread.
 */
#ifndef CTL_LIB_CLIENT_H
#define CTL_LIB_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/base.h"
#include "common/net/conn_fault.h"
#include "common/wire/msg.h"

enum {
    CLIENT_CONNECT_MS = 5000, /* from the look-up of the name to Welcome */
    CLIENT_REPLY_MS = 30000,  /* for the answer to one request */
};

/* How a wait ended. */
enum client_end {
    CLIENT_DONE,        /* connected; or the handler has what it waited for */
    CLIENT_TIMEOUT,     /* the connection stays */
    CLIENT_LOST,        /* the connection is gone */
    CLIENT_UNREACHED,   /* there never was one */
    CLIENT_REFUSED,     /* by a Refusal */
    CLIENT_FOREIGN,     /* what answered is no picoord, or not that one: why goes on
                           from its address */
    CLIENT_INTERRUPTED, /* SIGINT, SIGTERM */
    CLIENT_UNREAD,      /* as client_mind_reader() was told to look out for */
};

struct client;
struct endpoint;

/* For an endpoint that was found; copied. */
struct client *client_new(const struct endpoint *endpoint);
void client_free(struct client *c); /* accepts NULL */

/* Another endpoint for the next connection; copied.  Whether it differs. */
bool client_set_endpoint(struct client *c, const struct endpoint *endpoint);

/* From now on every wait ends once nobody reads any more what is written to fd, a pipe,
 * socket or terminal, which stays open while the client does; of other files nothing is
 * looked for.  Once a client. */
void client_mind_reader(struct client *c, int fd);

/* Connects, says Hello as an operator, waits for Welcome.  Never CLIENT_TIMEOUT or
 * CLIENT_LOST. */
MUST_USE enum client_end client_connect(struct client *c, int64_t timeout_ms);

/* Gives the connection up: client_why() is that reason. */
void client_close(struct client *c, const char *why);

/* Sends r under a new id, which it returns.  Only while connected. */
uint32_t client_send(struct client *c, const struct msg_request *r);

/* Called for each reply; it borrows r.  True: the wait is over. */
typedef bool client_handler(void *ctx, const struct msg_reply *r);

/* Waits until the handler says so or timeout_ms (negative: for ever) have passed. */
MUST_USE enum client_end client_run(struct client *c, int64_t timeout_ms,
                                    client_handler *handler, void *ctx);

/* Waits so long without looking at replies; client_why() stays.  CLIENT_DONE,
 * CLIENT_INTERRUPTED or CLIENT_UNREAD. */
MUST_USE enum client_end client_pause(struct client *c, int64_t ms);

/* Milliseconds of a monotonic clock, as of now. */
int64_t client_now_ms(struct client *c);

/* After an end that is not CLIENT_DONE: a phrase that says why, printable; the last
 * Refusal; the signal. */
const char *client_why(const struct client *c);
const struct msg_refusal *client_refusal(const struct client *c);
int client_signal(const struct client *c);

/* After CLIENT_FOREIGN: what was wrong with it. */
enum conn_fault client_fault(const struct client *c);

/* After CLIENT_DONE of client_connect(): what the coordinator said. */
const struct msg_welcome *client_welcome(const struct client *c);

#endif
