// SPDX-License-Identifier: MIT
/*
 * What people and browsers send, through a real acceptor: a text command or the head of
 * an HTTP request, whole, in two parts or cut off, with a view that is open or not. The
 * first byte of an input says which.  A connection ends, a text answer is printable
 * whatever was asked, and an HTTP answer is one.
 */
#include "tests/lib/report_rig.h"

#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net/conn.h"
#include "server/view/viewer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TURNS = 40, ANSWER_BYTES = 1 << 17 };

static struct {
    uv_loop_t loop;
    uv_tcp_t listener;
    struct sockaddr_in address;
    struct conn_acceptor acceptor;
    struct core core;
    struct report report;
    struct view_policy policy;
    struct viewers *viewers;
    struct conn *conn;
    struct viewer *viewer;
    bool gone;
    char answer[ANSWER_BYTES];
    size_t n;
} room;

/* ---- the connection's events ---- */

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
    (void)c, (void)fault, (void)ctx;
    assert(*why);
}

static void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    (void)c, (void)status, (void)why, (void)ctx;
    if (room.viewer)
        viewer_gone(room.viewer);
    room.viewer = NULL;
    room.conn = NULL;
    room.gone = true;
}

static void on_protocol(struct conn *c, enum conn_protocol protocol, void *ctx)
{
    (void)ctx;
    room.viewer = viewers_take(room.viewers, c, protocol, false);
}

static void on_bytes(struct conn *c, const void *bytes, size_t n, void *ctx)
{
    (void)c, (void)ctx;
    viewer_bytes(room.viewer, bytes, n);
}

static void on_drained(struct conn *c, void *ctx)
{
    (void)c, (void)ctx;
    viewer_drained(room.viewer);
}

static bool on_late(struct conn *c, void *ctx)
{
    (void)c, (void)ctx;
    return viewer_late(room.viewer);
}

static const struct conn_events events = {
    on_open, on_message, on_bad, on_closed, on_protocol, on_bytes, on_drained, on_late};

static void on_connection(uv_stream_t *listener, int status)
{
    int err = conn_accept(listener, &room.acceptor, &events, NULL, &room.conn);
    assert(status == 0 && err == 0);
    (void)err;
}

static void begin(void)
{
    int bytes = sizeof(room.address);
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&room.loop);
    room.core = core_with_job();
    room.report =
        (struct report){.ask = core_ask, .ctx = &room.core, .addresses = true};
    conn_acceptor_init(&room.acceptor, conn_loop_new(&room.loop), NULL, false);
    room.acceptor.streams = true;
    if (viewers_new(&room.loop, &room.report, &room.policy, 8, &room.viewers) < 0)
        abort();
    uv_tcp_init(&room.loop, &room.listener);
    uv_ip4_addr("127.0.0.1", 0, &room.address);
    uv_tcp_bind(&room.listener, (struct sockaddr *)&room.address, 0);
    if (uv_listen((uv_stream_t *)&room.listener, 8, on_connection) < 0)
        abort();
    uv_tcp_getsockname(&room.listener, (struct sockaddr *)&room.address, &bytes);
}

/* ---- one that asks ---- */

static void turn(void)
{
    struct pollfd loop = {.fd = uv_backend_fd(&room.loop), .events = POLLIN};
    uv_run(&room.loop, UV_RUN_NOWAIT);
    poll(&loop, 1, room.gone ? 0 : 1);
}

/* What there is to read; false: the end. */
static bool hear(int fd)
{
    ssize_t n = read(fd, room.answer + room.n, sizeof(room.answer) - room.n);
    if (n > 0)
        room.n += (size_t)n;
    return n > 0 || (n < 0 && room.n < sizeof(room.answer));
}

static void say(int fd, const uint8_t *bytes, size_t n)
{
    (void)!write(fd, bytes, n);
    for (int i = 0; i < 2; i++)
        turn();
}

static void look_at_answer(char first)
{
    if (first >= 'A' && first <= 'Z' && room.n > 0)
        assert(room.n > 9 && !memcmp(room.answer, "HTTP/1.", 7));
    for (size_t i = 0; first >= 'a' && first <= 'z' && i < room.n; i++)
        assert(room.answer[i] == '\n' || (uint8_t)(room.answer[i] - ' ') < 0x5f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!room.viewers)
        begin();
    if (size < 2)
        return 0;
    uint8_t how = *data++;
    size--;
    size_t first = how & 1 ? size : size * (how >> 4) / 16;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const struct linger reset = {1, 0}; /* no port is kept for a minute */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    if (connect(fd, (struct sockaddr *)&room.address, sizeof(room.address)) < 0)
        abort();
    fcntl(fd, F_SETFL, O_NONBLOCK);
    room.policy.open = how & 2;
    room.core.no_job = how & 4;
    room.core.stopped = how & 8;
    room.gone = false;
    room.n = 0;
    say(fd, data, first);
    if (first < size)
        say(fd, data + first, size - first);
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < TURNS && !room.gone && hear(fd); i++)
        turn();
    close(fd);
    while (!room.gone)
        turn();
    look_at_answer((char)data[0]);
    struct viewer_stats stats;
    viewers_stats(room.viewers, &stats);
    assert(stats.viewers == 0);
    return 0;
}
