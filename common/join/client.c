// SPDX-License-Identifier: MIT
/*
 * Each wait runs the loop until a callback has set `end`.  Callbacks only record what
 * has happened; only the reply handler calls into the commands.
 */
#include "common/join/client.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <uv.h>

#include "common/base/format.h"
#include "common/join/endpoint.h"
#include "common/net/address.h"
#include "common/net/conn.h"

enum {
    TEXT_SIZE = 4 * TEXT_BYTES + 4, /* an escaped sentence */
    WAITING = -1,                   /* `end` during a wait */
    LATER_MS = 50,                  /* added to the dial's own timeout */
};

struct client {
    uv_loop_t loop;
    uv_timer_t timeout;
    uv_signal_t signals[2];
    uv_poll_t reader;
    int reader_epoll; /* -1: no reader is watched */
    struct endpoint endpoint;
    struct msg_hello hello; /* without proof */

    struct conn_loop *conns;
    struct conn *conn; /* NULL: none */
    bool opened, welcomed;
    char address[ADDRESS_BYTES]; /* that took the connection */
    struct msg_welcome welcome;
    char version[TEXT_BYTES + 1];
    uint32_t last_id;

    int end; /* WAITING, or an enum client_end */
    client_handler *handler;
    void *ctx;

    char why[TEXT_SIZE];
    char lost[TEXT_SIZE]; /* why the connection has ended between two waits; or empty */
    enum client_end lost_end;
    enum conn_fault fault;
    struct msg_refusal refusal;
    char sentence[TEXT_SIZE], hint[TEXT_SIZE];
    int signal;
};

/* For calls that fail only when descriptors or memory are out, at the start. */
static void must_succeed(int rc)
{
    if (rc < 0)
        abort();
}

/* Ends the wait.  The first reason counts; later ones are its consequences, but for the
 * end of the connection, which the next wait tells. */
static void end_wait(struct client *c, enum client_end end, const char *why)
{
    if (c->end != WAITING && !c->conn && !*c->lost)
        snprintf(c->lost, sizeof(c->lost), "%s", why), c->lost_end = end;
    if (c->end != WAITING)
        return;
    c->end = (int)end;
    snprintf(c->why, sizeof(c->why), "%s", why); /* printable, see conn.h */
}

static void on_timeout(uv_timer_t *timer)
{
    struct client *c = timer->data;
    end_wait(c, CLIENT_TIMEOUT, "it is connected, but does not answer");
}

/* A second signal exits at once: name resolution may hang. */
static void on_signal(uv_signal_t *handle, int signal)
{
    struct client *c = handle->data;
    if (c->signal)
        _exit(128 + signal);
    c->signal = signal;
    end_wait(c, CLIENT_INTERRUPTED, "interrupted");
}

static void on_reader_gone(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    end_wait(handle->data, CLIENT_UNREAD, "nobody reads the output any more");
}

/* Uses an epoll descriptor, because libuv would make fd itself non-blocking, which
 * other processes may share.  With an empty event mask epoll still reports errors and
 * hang-ups. */
void client_mind_reader(struct client *c, int fd)
{
    struct epoll_event nothing = {.events = 0};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &nothing) < 0 ||
        uv_poll_init(&c->loop, &c->reader, epoll) < 0) {
        close(epoll);
        return;
    }
    c->reader_epoll = epoll;
    c->reader.data = c;
    must_succeed(uv_poll_start(&c->reader, UV_READABLE, on_reader_gone));
}

static void drop_conn(struct client *c)
{
    if (c->welcomed && c->hello.role == ROLE_WORKER)
        conn_send(c->conn, &(struct msg){.type = MSG_BYE, .bye = {"leaving"}});
    if (c->conn)
        conn_close(c->conn);
    c->conn = NULL;
    c->welcomed = false;
}

/* The coordinator chose a protocol that was not offered: treat it as a Refusal. */
static void on_foreign_welcome(struct client *c, const struct msg_welcome *m)
{
    c->refusal = (struct msg_refusal){.code = REFUSAL_PROTOCOL,
                                      .sentence = "",
                                      .hint = "bring both to the same release",
                                      .protocol_min = m->protocol,
                                      .protocol_max = m->protocol};
    drop_conn(c);
    end_wait(c, CLIENT_REFUSED, "it speaks another protocol");
}

static void on_welcome(struct client *c, const struct msg_welcome *m)
{
    if (!protocols_meet(m->protocol, m->protocol)) {
        on_foreign_welcome(c, m);
        return;
    }
    c->welcome = *m;
    snprintf(c->version, sizeof(c->version), "%s", m->version);
    c->welcome.version = c->version;
    c->welcome.name = "";
    c->welcomed = true;
    conn_welcomed(c->conn);
    end_wait(c, CLIENT_DONE, "");
}

static void on_refusal(struct client *c, const struct msg_refusal *m)
{
    format_escape_str(c->sentence, sizeof(c->sentence), m->sentence);
    format_escape_str(c->hint, sizeof(c->hint), m->hint);
    c->refusal = *m;
    c->refusal.sentence = c->sentence;
    c->refusal.hint = c->hint;
    drop_conn(c);
    end_wait(c, CLIENT_REFUSED, c->sentence);
}

static void on_bye(struct client *c, const struct msg_bye *m)
{
    char why[TEXT_SIZE];
    snprintf(why, sizeof(why), "the coordinator has left%s%s", *m->reason ? ": " : "",
             m->reason);
    enum client_end end = c->welcomed ? CLIENT_LOST : CLIENT_UNREACHED;
    drop_conn(c);
    end_wait(c, end, why);
}

/* Also if the wait has already ended in this turn of the loop: a reply must not get
 * lost between two waits. */
static void on_reply(struct client *c, const struct msg_reply *m)
{
    if (!c->handler || !c->handler(c->ctx, m))
        return;
    c->handler = NULL;
    c->end = CLIENT_DONE;
}

static void on_message(struct conn *conn, const struct msg *m, void *ctx)
{
    struct client *c = ctx;
    if (conn != c->conn)
        return; /* from an abandoned connection that is closing */
    if (m->type == MSG_REFUSAL)
        on_refusal(c, &m->refusal);
    else if (m->type == MSG_BYE)
        on_bye(c, &m->bye);
    else if (m->type == MSG_WELCOME && !c->welcomed)
        on_welcome(c, &m->welcome);
    else if (m->type == MSG_REPLY)
        on_reply(c, &m->reply);
}

static void on_bad(struct conn *conn, enum conn_fault fault, const char *why, void *ctx)
{
    struct client *c = ctx;
    if (conn != c->conn)
        return;
    /* For some faults `why` already continues the sentence. */
    char text[TEXT_SIZE];
    bool is_predicate = !c->opened || fault == CONN_NOT_PICOORD || c->welcomed;
    snprintf(text, sizeof(text), "%s%s",
             is_predicate ? "" : "does not speak protocol 1: ", why);
    enum client_end end = c->welcomed ? CLIENT_LOST : CLIENT_FOREIGN;
    c->fault = fault;
    drop_conn(c);
    end_wait(c, end, text);
}

/* From here on this timeout must fire before the connection's own. */
static void on_open(struct conn *conn, void *ctx)
{
    struct client *c = ctx;
    if (conn != c->conn)
        return;
    c->opened = true;
    snprintf(c->address, sizeof(c->address), "%s", conn_address(conn));
    uint64_t left_ms = uv_timer_get_due_in(&c->timeout);
    left_ms = left_ms > 2 * LATER_MS ? left_ms - 2 * LATER_MS : 1;
    uv_timer_start(&c->timeout, on_timeout, left_ms, 0);
    struct msg_hello hello = c->hello;
    hello.proof = c->endpoint.token;
    hello.proof_bytes = endpoint_proof_bytes(&c->endpoint);
    conn_send(conn, &(struct msg){.type = MSG_HELLO, .hello = hello});
}

static void on_closed(struct conn *conn, int status, const char *why, void *ctx)
{
    struct client *c = ctx;
    (void)status;
    if (conn != c->conn)
        return;
    enum client_end end = c->welcomed ? CLIENT_LOST : CLIENT_UNREACHED;
    c->conn = NULL;
    drop_conn(c);
    end_wait(c, end, why);
}

static const struct conn_events events = {.on_open = on_open,
                                          .on_message = on_message,
                                          .on_bad = on_bad,
                                          .on_closed = on_closed};

/* Runs the loop until `end` is set.  Negative timeout: none. */
static enum client_end run_until_end(struct client *c, int64_t timeout_ms)
{
    uv_update_time(&c->loop);
    if (c->signal) /* it arrived just as the previous wait ended */
        end_wait(c, CLIENT_INTERRUPTED, "interrupted");
    if (timeout_ms >= 0)
        uv_timer_start(&c->timeout, on_timeout,
                       timeout_ms > 0 ? (uint64_t)timeout_ms : 1, 0);
    while (c->end == WAITING)
        uv_run(&c->loop, UV_RUN_ONCE);
    uv_timer_stop(&c->timeout);
    return (enum client_end)c->end;
}

enum client_end client_connect(struct client *c, int64_t timeout_ms)
{
    assert(!c->conn);
    c->end = WAITING;
    c->handler = NULL;
    c->opened = false;
    c->lost[0] = '\0';
    uv_update_time(&c->loop);
    const struct endpoint *t = &c->endpoint;
    int rc = conn_dial(c->conns, t->host, t->port, endpoint_pin(t), timeout_ms, &events,
                       c, &c->conn);
    if (rc < 0) {
        c->conn = NULL;
        end_wait(c, CLIENT_UNREACHED, uv_strerror(rc));
    }
    enum client_end end = run_until_end(c, timeout_ms + LATER_MS);
    if (end != CLIENT_DONE)
        drop_conn(c);
    return end == CLIENT_TIMEOUT ? CLIENT_UNREACHED : end;
}

bool client_connected(const struct client *c)
{
    return c->conn && c->welcomed;
}

void client_close(struct client *c, const char *why)
{
    drop_conn(c);
    format_escape_str(c->why, sizeof(c->why), why);
}

uint32_t client_send(struct client *c, const struct msg_request *r)
{
    struct msg m = {.type = MSG_REQUEST, .request = *r};
    m.request.id = ++c->last_id;
    if (!m.request.worker)
        m.request.worker = "";
    if (!m.request.submit.name)
        m.request.submit.name = "";
    if (c->conn)
        conn_send(c->conn, &m);
    return m.request.id;
}

enum client_end client_run(struct client *c, int64_t timeout_ms,
                           client_handler *handler, void *ctx)
{
    c->end = WAITING;
    c->handler = handler;
    c->ctx = ctx;
    if (!c->conn)
        end_wait(c, *c->lost ? c->lost_end : CLIENT_LOST,
                 *c->lost ? c->lost : "the connection was lost");
    enum client_end end = run_until_end(c, timeout_ms);
    c->handler = NULL;
    return end;
}

enum client_end client_pause(struct client *c, int64_t ms)
{
    char why[TEXT_SIZE];
    memcpy(why, c->why, sizeof(why));
    c->end = WAITING;
    c->handler = NULL;
    enum client_end end = run_until_end(c, ms);
    memcpy(c->why, why, sizeof(why));
    return end == CLIENT_INTERRUPTED || end == CLIENT_UNREAD ? end : CLIENT_DONE;
}

int64_t client_now_ms(struct client *c)
{
    uv_update_time(&c->loop);
    return (int64_t)uv_now(&c->loop);
}

const char *client_why(const struct client *c)
{
    return c->why;
}

const struct msg_refusal *client_refusal(const struct client *c)
{
    return &c->refusal;
}

const char *client_foreign_hint(const struct client *c)
{
    return c->fault == CONN_OTHER_KEY
               ? "is the join string that of the picoord there? 'pictl token show' "
                 "prints it"
               : "picoord listens on port 31415 unless told otherwise";
}

const char *client_program(const struct client *c)
{
    return c->hello.program;
}

enum role client_role(const struct client *c)
{
    return c->hello.role;
}

const char *client_address(const struct client *c)
{
    return c->address;
}

int client_signal(const struct client *c)
{
    return c->signal;
}

const struct msg_welcome *client_welcome(const struct client *c)
{
    return &c->welcome;
}

struct client *client_new(const struct endpoint *endpoint)
{
    static const int signals[] = {SIGINT, SIGTERM};
    struct client *c = mem_zero(1, sizeof(*c));
    c->endpoint = *endpoint;
    c->hello = (struct msg_hello){.protocol_min = PROTOCOL_MIN,
                                  .protocol_max = PROTOCOL_MAX,
                                  .program = "pictl",
                                  .version = PI_VERSION,
                                  .role = ROLE_OPERATOR,
                                  .name = "",
                                  .kernel = ""};
    c->reader_epoll = -1;
    must_succeed(uv_loop_init(&c->loop));
    c->conns = conn_loop_new(&c->loop);
    must_succeed(uv_timer_init(&c->loop, &c->timeout));
    c->timeout.data = c;
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        must_succeed(uv_signal_init(&c->loop, &c->signals[i]));
        c->signals[i].data = c;
        must_succeed(uv_signal_start(&c->signals[i], on_signal, signals[i]));
    }
    return c;
}

void client_set_hello(struct client *c, const struct msg_hello *hello)
{
    c->hello = *hello;
}

bool client_set_endpoint(struct client *c, const struct endpoint *endpoint)
{
    const struct endpoint *t = &c->endpoint;
    bool differs = strcmp(t->host, endpoint->host) != 0 ||
                   strcmp(t->port, endpoint->port) != 0 ||
                   memcmp(t->pin, endpoint->pin, sizeof(t->pin)) != 0 ||
                   memcmp(t->token, endpoint->token, sizeof(t->token)) != 0;
    c->endpoint = *endpoint;
    return differs;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    drop_conn(c);
    conn_loop_free(c->conns);
    uv_close((uv_handle_t *)&c->timeout, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(c->signals); i++)
        uv_close((uv_handle_t *)&c->signals[i], NULL);
    if (c->reader_epoll >= 0)
        uv_close((uv_handle_t *)&c->reader, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&c->loop);
    assert(rc == 0);
    (void)rc;
    if (c->reader_epoll >= 0)
        close(c->reader_epoll);
    explicit_bzero(&c->endpoint, sizeof(c->endpoint));
    free(c);
}
