// SPDX-License-Identifier: MIT
/*
 * A blocking connection to the coordinator: connect, send a request, run until its
 * replies have arrived.  It has its own libuv loop, which runs only during these calls.
 * Every wait ends with a reply, a timeout, a signal, or when the output has lost its
 * reader.  After CLIENT_LOST the same client may connect again.
 *
 * The caller owns the result of client_new(); client_free() closes everything.  Not
 * pure; for one thread.
 */
#ifndef COMMON_JOIN_CLIENT_H
#define COMMON_JOIN_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/base.h"
#include "common/wire/msg.h"

enum {
    CLIENT_CONNECT_MS = 5000, /* from name resolution to Welcome */
    CLIENT_REPLY_MS = 30000,  /* for the replies to one request */
};

/* How a wait ended. */
enum client_end {
    CLIENT_DONE,        /* connected; or the handler returned true */
    CLIENT_TIMEOUT,     /* the connection stays open */
    CLIENT_LOST,        /* the connection was lost */
    CLIENT_UNREACHED,   /* no connection could be made */
    CLIENT_REFUSED,     /* the coordinator sent a Refusal */
    CLIENT_FOREIGN,     /* the peer is no picoord or has another key: client_why()
                           continues a sentence that begins with its address */
    CLIENT_INTERRUPTED, /* SIGINT, SIGTERM */
    CLIENT_UNREAD,      /* the output has lost its reader: client_mind_reader() */
};

struct client;
struct endpoint;

/* For an endpoint that was found; copies it. */
struct client *client_new(const struct endpoint *endpoint);
void client_free(struct client *c); /* accepts NULL */

/* From now on says this in Hello, instead of being pictl and an operator; the proof is
 * the endpoint's.  Borrows the strings.  A worker says goodbye when it closes, and
 * takes no work. */
void client_set_hello(struct client *c, const struct msg_hello *hello);

/* Sets the endpoint for the next connection; copies it.  Returns whether it differs. */
bool client_set_endpoint(struct client *c, const struct endpoint *endpoint);

/* From now on every wait ends with CLIENT_UNREAD once fd, a pipe, socket or terminal,
 * has lost its reader.  Ignores other files.  fd must stay open as long as the client.
 * Call it at most once per client. */
void client_mind_reader(struct client *c, int fd);

/* Connects, sends Hello and waits for Welcome.  Never returns
 * CLIENT_TIMEOUT or CLIENT_LOST. */
MUST_USE enum client_end client_connect(struct client *c, int64_t timeout_ms);

/* Whether it is connected, as far as it has heard. */
bool client_connected(const struct client *c);

/* Closes the connection; client_why() returns this reason. */
void client_close(struct client *c, const char *why);

/* Sends r with a new id and returns the id.  Only while connected. */
uint32_t client_send(struct client *c, const struct msg_request *r);

/* Called for each reply; borrows r.  True ends the wait. */
typedef bool client_handler(void *ctx, const struct msg_reply *r);

/* Waits until the handler returns true or timeout_ms have passed (negative: for ever).
 */
MUST_USE enum client_end client_run(struct client *c, int64_t timeout_ms,
                                    client_handler *handler, void *ctx);

/* Waits for `ms` and ignores replies; keeps client_why().  CLIENT_DONE,
 * CLIENT_INTERRUPTED or CLIENT_UNREAD. */
MUST_USE enum client_end client_pause(struct client *c, int64_t ms);

/* The current time of a monotonic clock, in ms. */
int64_t client_now_ms(struct client *c);

/* After an end other than CLIENT_DONE: the reason as a printable phrase; the last
 * Refusal; the number of the signal. */
const char *client_why(const struct client *c);
const struct msg_refusal *client_refusal(const struct client *c);
int client_signal(const struct client *c);

/* "10.0.0.5:31415": the address that took the last connection; "": none has. */
const char *client_address(const struct client *c);

/* After CLIENT_FOREIGN: what to do about it. */
const char *client_foreign_hint(const struct client *c);

/* Of the Hello: "pictl", ROLE_OPERATOR. */
const char *client_program(const struct client *c);
enum role client_role(const struct client *c);

/* After client_connect() returned CLIENT_DONE: the coordinator's Welcome. */
const struct msg_welcome *client_welcome(const struct client *c);

#endif
