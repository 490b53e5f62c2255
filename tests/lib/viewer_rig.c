// SPDX-License-Identifier: MIT
#include "tests/lib/viewer_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/base.h"

static void on_open(struct conn *c, void *ctx)
{
    (void)ctx;
    conn_close(c);
}

static void on_message(struct conn *c, const struct msg *m, void *ctx)
{
    (void)c, (void)m, (void)ctx;
}

static void on_bad(struct conn *c, enum conn_fault fault, const char *why, void *ctx)
{
    (void)c, (void)fault, (void)why, (void)ctx;
}

static void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct end *e = ctx;
    (void)c, (void)status, (void)why;
    if (e->viewer)
        viewer_gone(e->viewer);
    e->conn = NULL;
    e->viewer = NULL;
    e->room->gone++;
}

static void on_protocol(struct conn *c, enum conn_protocol protocol, void *ctx)
{
    struct end *e = ctx;
    e->viewer = viewers_take(e->room->viewers, c, protocol, false);
}

static void on_bytes(struct conn *c, const void *bytes, size_t n, void *ctx)
{
    (void)c;
    viewer_bytes(((struct end *)ctx)->viewer, bytes, n);
}

static void on_drained(struct conn *c, void *ctx)
{
    (void)c;
    viewer_drained(((struct end *)ctx)->viewer);
}

static bool on_late(struct conn *c, void *ctx)
{
    (void)c;
    return viewer_late(((struct end *)ctx)->viewer);
}

enum { WAIT_MS = 60000 };

static const struct conn_events events = {
    on_open, on_message, on_bad, on_closed, on_protocol, on_bytes, on_drained, on_late};

static void on_connection(uv_stream_t *listener, int status)
{
    struct room *r = listener->data;
    struct end *e = &r->ends[r->taken++];
    assert_int_equal(status, 0);
    assert_true(r->taken < ARRAY_SIZE(r->ends));
    e->room = r;
    assert_int_equal(conn_accept(listener, &r->acceptor, &events, e, &e->conn), 0);
}

static void on_patience(uv_timer_t *timer)
{
    ((struct room *)timer->data)->late = true;
}

int room_open(void **state)
{
    struct room *r = mem_zero(1, sizeof(*r));
    struct sockaddr_in a;
    int bytes = sizeof(a);
    uv_loop_init(&r->loop);
    r->core = core_with_job();
    r->report = (struct report){.ask = core_ask, .ctx = &r->core, .addresses = true};
    r->conns = conn_loop_new(&r->loop);
    conn_acceptor_init(&r->acceptor, r->conns, NULL, false);
    r->acceptor.streams = true;
    assert_int_equal(viewers_new(&r->loop, &r->report, &r->policy, GUESTS, &r->viewers),
                     0);
    uv_tcp_init(&r->loop, &r->listener);
    r->listener.data = r;
    uv_ip4_addr("127.0.0.1", 0, &a);
    assert_int_equal(uv_tcp_bind(&r->listener, (struct sockaddr *)&a, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&r->listener, 64, on_connection), 0);
    uv_tcp_getsockname(&r->listener, (struct sockaddr *)&a, &bytes);
    r->port = ntohs(a.sin_port);
    uv_timer_init(&r->loop, &r->patience);
    r->patience.data = r;
    uv_timer_start(&r->patience, on_patience, WAIT_MS, 0);
    *state = r;
    return 0;
}

struct viewer_stats room_stats(const struct room *r)
{
    struct viewer_stats stats;
    viewers_stats(r->viewers, &stats);
    return stats;
}

int room_close(void **state)
{
    struct room *r = *state;
    uv_close((uv_handle_t *)&r->listener, NULL);
    uv_close((uv_handle_t *)&r->patience, NULL);
    for (size_t i = 0; i < r->taken; i++)
        if (r->ends[i].conn)
            conn_abort(r->ends[i].conn);
    while (r->gone < r->taken)
        uv_run(&r->loop, UV_RUN_ONCE);
    assert_int_equal(room_stats(r).viewers, 0);
    viewers_close(r->viewers);
    conn_loop_free(r->conns);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    free(r);
    return 0;
}

/* ---- clients ---- */

void turn(struct room *r)
{
    struct pollfd loop = {.fd = uv_backend_fd(&r->loop), .events = POLLIN};
    assert_false(r->late);
    uv_run(&r->loop, UV_RUN_NOWAIT);
    poll(&loop, 1, 1);
}

int come(struct room *r)
{
    struct sockaddr_in a;
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 8192;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    uv_ip4_addr("127.0.0.1", r->port, &a);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    r->n = 0;
    r->answer[0] = '\0';
    return fd;
}

void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

bool hear(struct room *r, int fd)
{
    ssize_t n = read(fd, r->answer + r->n, ANSWER_BYTES - 1 - r->n);
    if (n > 0)
        r->n += (size_t)n;
    r->answer[r->n] = '\0';
    return n > 0 || (n < 0 && errno == EAGAIN);
}

void hear_until(struct room *r, int fd, const char *text)
{
    while (hear(r, fd) && !strstr(r->answer, text))
        turn(r);
    if (!strstr(r->answer, text))
        fail_msg("no '%s' in '%s'", text, r->answer);
}

void hear_all(struct room *r, int fd)
{
    while (hear(r, fd))
        turn(r);
    close(fd);
}

const char *talk(struct room *r, const char *request)
{
    int fd = come(r);
    say(fd, request);
    hear_all(r, fd);
    return r->answer;
}

const char *get(struct room *r, const char *url, const char *headers)
{
    char request[1024];
    snprintf(request, sizeof(request),
             "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", url,
             headers);
    return talk(r, request);
}

unsigned status_of(const char *answer)
{
    unsigned status = 0;
    sscanf(answer, "HTTP/1.1 %u ", &status);
    return status;
}

int follow(struct room *r, const char *query)
{
    char request[128];
    int fd = come(r);
    snprintf(request, sizeof(request),
             "GET /api/v1/events%s HTTP/1.1\r\nHost: localhost\r\n\r\n", query);
    say(fd, request);
    return fd;
}
