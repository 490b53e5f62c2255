// SPDX-License-Identifier: MIT
/*
 * How a connection begins, its deadlines, and its work at the end of a loop iteration.
 *
 * The files; each calls only those below it:
 *
 *     conn_dial       makes dialled connections
 *     conn            makes all connections; deadlines; the end of a turn
 *     conn_read       bytes from the socket; pause and resume
 *     conn_tls        handshakes and records
 *     conn_frames     received plaintext
 *     conn_write      sending, and orderly closing
 *     conn_end        the end
 *     conn_turns      which handshakes may run
 *     conn_loop       what the connections of one loop share
 *     tls, address    know nothing of connections
 *
 * The states of a connection (enum conn_state):
 *
 *     DIALLING -> GREETING -> OPEN -> FLUSHING -> LINGERING -> CLOSING
 *
 * conn_end() leads from any state straight to CLOSING.  Only from CLOSING is memory
 * freed, in the socket's close callback.  So the caller's callbacks may close any
 * connection: it is still valid when they return.  They are called only in between
 * changes of state.
 */
#include "common/net/conn_impl.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum {
    KEEPALIVE_S = 60,
    UNACKNOWLEDGED_MS = 20 * 1000, /* without an ACK: the kernel drops the connection */
};

static void conn_greeting_timed_out(struct conn *c)
{
    if (!c->acceptor)
        conn_set_end_text(
            c, -ETIMEDOUT,
            "did not finish the TLS handshake within %d s: no picoord, or "
            "an overloaded one",
            CONN_SECURE_MS / 1000);
    else if (c->tls_ready || !c->first_byte_seen)
        conn_set_end_text(c, -ETIMEDOUT, "sent nothing within %d s",
                          CONN_FIRST_MS / 1000);
    else
        conn_bad(c, CONN_BAD_TLS, "did not finish the TLS handshake in time");
}

static void conn_on_deadline(struct heap_item *deadline)
{
    struct conn *c = container_of(deadline, struct conn, deadline);
    switch (c->state) {
    case CONN_DIALLING:
        c->dial->on_deadline(c);
        return;
    case CONN_GREETING:
        if (turns_go_on(c))
            return;
        conn_greeting_timed_out(c);
        break;
    case CONN_OPEN:
        if (c->metered) {
            c->metered = false;
            conn_resume(c);
            return;
        }
        if (conn_is_stream(c) && c->events->on_late && c->events->on_late(c, c->ctx))
            return;
        if (conn_is_stream(c))
            conn_set_end(c, -ETIMEDOUT, "took too long");
        else
            conn_set_end_text(c, -ETIMEDOUT, "sent no whole frame within %d s",
                              CONN_FIRST_MS / 1000);
        break;
    case CONN_FLUSHING:
    case CONN_LINGERING:
    case CONN_CLOSING:
        break;
    }
    conn_end(c, -ETIMEDOUT, NULL);
}

/* Sends what is queued; begins a handshake that had to wait. */
static void conn_on_turn_end(struct ring *turn_end)
{
    struct conn *c = container_of(turn_end, struct conn, turn_end);
    conn_resume(c);
    if (c->handshaking && !c->tls) {
        conn_read_on(c);
        conn_tls_resume(c);
    }
    conn_flush(c);
}

struct conn_loop *conn_loop_new(uv_loop_t *uv)
{
    return conn_loop_make(uv, conn_on_deadline, conn_on_turn_end);
}

void conn_init_tcp(struct conn *c)
{
    int err = uv_tcp_init(c->tcp.loop, &c->tcp);
    assert(err == 0); /* it creates no socket yet */
    (void)err;
    c->tcp.data = c;
}

struct conn *conn_new(struct conn_loop *loop, const struct conn_events *events,
                      void *ctx)
{
    struct conn *c = mem_zero(1, sizeof(*c));
    c->loop = loop;
    conn_loop_join(loop);
    c->events = events;
    c->ctx = ctx;
    c->state = CONN_DIALLING;
    c->linger_ms = CONN_LINGER_MS;
    ring_init(&c->turn_end);
    ring_init(&c->queued);
    frame_reader_init(&c->reader, FRAME_HELLO_MAX);
    c->tcp.loop = loop->timer.loop;
    conn_init_tcp(c);
    return c;
}

void conn_there(struct conn *c)
{
    unsigned ms = UNACKNOWLEDGED_MS;
    uv_os_fd_t fd;
    c->state = CONN_GREETING;
    /* All frames of a turn leave in one write, so Nagle's algorithm only delays. */
    uv_tcp_nodelay(&c->tcp, 1);
    uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
    conn_loop_deadline_in(c->loop, &c->deadline,
                          c->acceptor ? CONN_FIRST_MS : CONN_SECURE_MS);
    c->greeted_by_ms = (int64_t)uv_now(c->tcp.loop) + CONN_FIRST_MS;
    conn_read_on(c);
    if (c->state == CONN_GREETING && !c->acceptor) {
        if (c->pin)
            conn_tls_dialled(c);
        else
            conn_begin_frames(c);
    }
}

int conn_accept(uv_stream_t *listener, struct conn_acceptor *acceptor,
                const struct conn_events *events, void *ctx, struct conn **ret)
{
    struct conn *c = conn_new(acceptor->loop, NULL, NULL);
    struct sockaddr_storage peer = {0};
    int bytes = sizeof(peer);
    assert(listener->loop == c->tcp.loop);
    int err = uv_accept(listener, (uv_stream_t *)&c->tcp);
    if (err == 0)
        err = uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&peer, &bytes);
    if (err < 0) {
        conn_end(c, err, NULL);
        return err;
    }
    c->events = events;
    c->ctx = ctx;
    c->acceptor = acceptor;
    c->local = address_is_loopback((struct sockaddr *)&peer);
    c->origin = c->local ? 0 : address_origin((struct sockaddr *)&peer);
    address_text((struct sockaddr *)&peer, c->address);
    conn_there(c);
    *ret = c;
    return 0;
}

void conn_welcomed(struct conn *c)
{
    c->welcomed = true;
    c->reader.body_max = FRAME_BODY_MAX;
    conn_loop_deadline_none(c->loop, &c->deadline);
    if (!c->acceptor)
        return;
    c->metered_ms = (int64_t)uv_now(c->tcp.loop);
    c->frames_left = c->acceptor->frames;
    c->bytes_left = c->acceptor->bytes;
}

void conn_deadline(struct conn *c, int64_t ms)
{
    if (c->state != CONN_OPEN)
        return; /* a closing connection has deadlines of its own */
    if (ms < 0)
        conn_loop_deadline_none(c->loop, &c->deadline);
    else
        conn_loop_deadline_in(c->loop, &c->deadline, ms);
}

void conn_hold(struct conn *c, bool hold)
{
    if (c->state != CONN_OPEN || c->held == hold)
        return;
    c->held = hold;
    if (!hold) {
        conn_loop_at_turn_end(c->loop, &c->turn_end);
    } else if (!c->paused) {
        c->paused = true;
        uv_read_stop((uv_stream_t *)&c->tcp);
    }
}

void conn_linger(struct conn *c, int64_t ms, uint64_t bytes)
{
    c->linger_ms = ms;
    c->linger_bytes = bytes;
}

bool conn_is_local(const struct conn *c)
{
    return c->local;
}

bool conn_in_the_clear(const struct conn *c)
{
    return !c->tls;
}

uint64_t conn_origin(const struct conn *c)
{
    return c->origin;
}

const char *conn_address(const struct conn *c)
{
    return c->address;
}

void conn_own_address(const struct conn *c, char ret[ADDRESS_BYTES])
{
    struct sockaddr_storage own;
    int bytes = sizeof(own);
    ret[0] = '\0';
    if (uv_tcp_getsockname(&c->tcp, (struct sockaddr *)&own, &bytes) == 0)
        address_text((struct sockaddr *)&own, ret);
}
