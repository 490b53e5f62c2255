// SPDX-License-Identifier: MIT
#include "server/contact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "common/conn.h"
#include "common/contact.h"
#include "common/private.h"

enum { ANSWER_MS = 500 };

static int format_contact(char text[CONTACT_BYTES], const char *address,
                          const char *worker_join, const char *operator_join)
{
    char host[256], port[6];
    if (address_split(address, host, port) < 0)
        return -EINVAL;
    return snprintf(text, CONTACT_BYTES,
                    "{\"addr\":\"%s\",\"port\":%s,\"pid\":%d,\"version\":\"%s\","
                    "\"join\":\"%s\",\"operator_join\":\"%s\"}\n",
                    host, port, (int)getpid(), PI_VERSION, worker_join, operator_join);
}

int contact_write(const char *path, const char *address, const char *worker_join,
                  const char *operator_join)
{
    char text[CONTACT_BYTES];
    struct complaint why; /* the caller has a sentence of its own */
    int n = format_contact(text, address, worker_join, operator_join);
    if (n < 0)
        return n;
    int err = private_write(path, text, (size_t)n, false, &why);
    explicit_bzero(text, sizeof(text));
    return err;
}

void contact_remove(const char *path)
{
    char text[CONTACT_BYTES], mine[32];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    snprintf(mine, sizeof(mine), "\"pid\":%d,", (int)getpid());
    if (strstr(text, mine))
        unlink(path);
}

/* ---- who answers ---- */

struct question {
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
    struct question *q = ctx;
    q->answered = m->type == MSG_WELCOME || m->type == MSG_REFUSAL;
    conn_close(c);
}

static void on_bad(struct conn *c, enum conn_fault fault, const char *why, void *ctx)
{
    (void)c, (void)fault, (void)why, (void)ctx;
}

static void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct question *q = ctx;
    (void)c, (void)status, (void)why;
    q->conn = NULL;
    uv_close((uv_handle_t *)&q->timer, NULL);
}

static void on_impatience(uv_timer_t *timer)
{
    struct question *q = timer->data;
    if (q->conn)
        conn_abort(q->conn);
}

bool contact_answers(const struct sockaddr *address)
{
    static const struct conn_events events = {.on_open = on_open,
                                              .on_message = on_message,
                                              .on_bad = on_bad,
                                              .on_closed = on_closed};
    char text[ADDRESS_BYTES], host[256], port[6];
    struct question q = {0};
    uv_loop_t loop = {.data = NULL}; /* uv_loop_init() leaves it as it is */

    address_text(address, text);
    if (address_split(text, host, port) < 0 || uv_loop_init(&loop) < 0)
        return false;
    if (conn_dial(&loop, host, port, NULL, ANSWER_MS, &events, &q, &q.conn) == 0) {
        uv_timer_init(&loop, &q.timer);
        q.timer.data = &q;
        uv_timer_start(&q.timer, on_impatience, ANSWER_MS, 0);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    (void)!uv_loop_close(&loop);
    return q.answered;
}
