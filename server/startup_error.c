// SPDX-License-Identifier: MIT
#include "server/startup_error.h"

#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include <uv.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "common/net/conn.h"
#include "common/sys/port_owner.h"

enum {
    ANSWER_MS = 500, /* to find out which program uses a port */
};

int startup_error(const char *what, const char *subject, int err, const char *hint)
{
    char shown[256];
    fprintf(stderr, "picoord: cannot %s %s: %s\n", what,
            format_escape_str(shown, sizeof(shown), subject), uv_strerror(err));
    if (hint)
        fprintf(stderr, "hint: %s\n", hint);
    return EXIT_LOCAL;
}

int startup_error_print(const struct error *why)
{
    fprintf(stderr, "picoord: %s\n", why->what);
    if (why->hint[0])
        fprintf(stderr, "hint: %s\n", why->hint);
    return EXIT_LOCAL;
}

/* ---- what uses the port ---- */

int startup_error_state(const char *directory, const char *why)
{
    fprintf(stderr,
            "picoord: the state in %s cannot be true: %s\n"
            "hint: picoord --check says more; put a backup in its place, without the "
            "log\n",
            directory, why);
    return EXIT_LOCAL;
}

struct port_question {
    struct conn *conn; /* NULL: it has ended */
    uv_timer_t timer;
    bool answered;
};

static void on_open(struct conn *c, void *ctx)
{
    struct msg hello = {.type = MSG_HELLO,
                        .hello = {.protocol_min = PROTOCOL_MIN,
                                  .protocol_max = PROTOCOL_MAX,
                                  .program = "picoord",
                                  .version = PI_VERSION,
                                  .role = ROLE_OPERATOR,
                                  .name = "",
                                  .kernel = ""}};
    (void)ctx;
    conn_send(c, &hello);
}

static void on_message(struct conn *c, const struct msg *m, void *ctx)
{
    struct port_question *q = ctx;
    q->answered = m->type == MSG_WELCOME || m->type == MSG_REFUSAL;
    conn_close(c);
}

static void on_bad(struct conn *c, enum conn_fault fault, const char *why, void *ctx)
{
    (void)c, (void)fault, (void)why, (void)ctx;
}

static void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct port_question *q = ctx;
    (void)c, (void)status, (void)why;
    q->conn = NULL;
    uv_close((uv_handle_t *)&q->timer, NULL);
}

static void on_impatience(uv_timer_t *timer)
{
    struct port_question *q = timer->data;
    if (q->conn)
        conn_abort(q->conn);
}

/* Whether a picoord answers a Hello at this address. */
static bool picoord_answers(const struct sockaddr *address)
{
    static const struct conn_events events = {.on_open = on_open,
                                              .on_message = on_message,
                                              .on_bad = on_bad,
                                              .on_closed = on_closed};
    char text[ADDRESS_BYTES], host[256], port[6];
    struct port_question q = {0};
    uv_loop_t loop;

    address_text(address, text);
    if (address_split(text, host, port) < 0 || uv_loop_init(&loop) < 0)
        return false;
    struct conn_loop *conns = conn_loop_new(&loop);
    if (conn_dial(conns, host, port, NULL, ANSWER_MS, &events, &q, &q.conn) == 0) {
        uv_timer_init(&loop, &q.timer);
        q.timer.data = &q;
        uv_timer_start(&q.timer, on_impatience, ANSWER_MS, 0);
    }
    conn_loop_free(conns);
    uv_run(&loop, UV_RUN_DEFAULT);
    (void)!uv_loop_close(&loop);
    return q.answered;
}

/* sin_port and sin6_port have the same place. */
static bool is_of_others(const struct sockaddr *address)
{
    uid_t owner;
    return port_owner(ntohs(((const struct sockaddr_in *)address)->sin_port), &owner) &&
           owner != geteuid();
}

int startup_error_listen(const struct sockaddr *address, int err)
{
    char text[ADDRESS_BYTES], other[ADDRESS_BYTES + 120];
    address_text(address, text);
    const char *hint = "choose another port, or --listen 127.0.0.1:0 for any free one";
    if (err == UV_EADDRNOTAVAIL)
        hint = "this machine has no such address; --lan listens on all that it has";
    if (err == UV_EADDRINUSE && picoord_answers(address)) {
        if (is_of_others(address))
            snprintf(
                other, sizeof(other),
                "another user's picoord answers there: ask whoever runs it for a join "
                "string. Or choose --listen 127.0.0.1:0");
        else
            snprintf(other, sizeof(other),
                     "another picoord answers there: pictl --coordinator %s status. "
                     "Or choose --listen 127.0.0.1:0",
                     text);
        hint = other;
    }
    return startup_error("listen on", text, err, hint);
}
