// SPDX-License-Identifier: MIT
/*
 * A connection's beginning, its end, and what it writes.  conn_read.c is what it reads,
 * conn_tls.c puts TLS in between, conn_dial.c makes the dialled ones, conn_loop.c is
 * what they share.
 *
 * The life of one, by enum conn_state:
 *
 *     DIALLING -> GREETING -> OPEN -> FLUSHING -> LINGERING -> CLOSING
 *
 * Any state may go straight to CLOSING, by conn_end(); only CLOSING leads to the end,
 * in the socket's close callback.  Callbacks of the caller run with no state of ours
 * half changed, and whatever they close is still there when they return.
 *
 * A write is tried at once, and mostly that is all; what the kernel does not take flies
 * with uv_write, one batch at a time, and frames that come meanwhile wait for it in the
 * other buffer.  So a connection that is paused always has a batch in flight, whose
 * callback will resume it.  With TLS it is the same with one more buffer on each side:
 * frames are sealed when they may leave, and ciphertext that comes while the connection
 * is paused is held as it is.
 */
#include "common/net/conn_impl.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    KEEPALIVE_S = 60,
    DIALECT_SEND_BYTES = 32 * 1024,
    UNACKNOWLEDGED_MS = 20 * 1000, /* then TCP gives the connection up */
};

static void conn_flush(struct conn *c);

/* ---- the end ---- */

void conn_set_end(struct conn *c, int status, const char *why)
{
    if (c->ended)
        return;
    c->ended = true;
    c->status = status;
    c->why = why ? why : uv_strerror(status);
}

void conn_set_end_text(struct conn *c, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!c->ended && vasprintf(&c->why_owned, format, args) < 0)
        abort();
    va_end(args);
    conn_set_end(c, status, c->why_owned);
}

void conn_end(struct conn *c, int status, const char *why)
{
    conn_set_end(c, status, why);
    if (c->state == CONN_CLOSING)
        return;
    ring_remove(&c->turn_end);
    hub_deadline_none(c->hub, &c->deadline);
    secure_leave(c);
    /* While an address that failed is being closed, its callback brings the end. */
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, conn_on_end);
    c->state = CONN_CLOSING;
}

void conn_on_end(uv_handle_t *h)
{
    struct conn *c = h->data;
    assert(c->state == CONN_CLOSING && c->ended);
    if (c->events)
        c->events->on_closed(c, c->status, c->why, c->ctx);
    if (c->dial)
        c->dial->release(c);
    tls_free(c->tls);
    frame_reader_release(&c->reader);
    buffers_give(&c->hub->writes, &c->held);
    buffers_give(&c->hub->writes, &c->out);
    buffers_give(&c->hub->writes, &c->sealed);
    buffers_give(&c->hub->writes, &c->flying);
    hub_unref(c->hub);
    free(c->pin);
    free(c->why_owned);
    free(c);
}

void conn_abort(struct conn *c)
{
    conn_end(c, 0, "closed");
}

/* All has left: says so to the peer, and waits until it has closed too.  shutdown() is
 * called directly, because nothing is queued that it would have to wait for. */
static void conn_linger(struct conn *c)
{
    uv_os_fd_t fd;
    if (c->peer_done || uv_fileno((uv_handle_t *)&c->tcp, &fd) < 0 ||
        shutdown(fd, SHUT_WR) < 0) {
        conn_end(c, 0, "closed");
        return;
    }
    c->state = CONN_LINGERING;
    hub_deadline_in(c->hub, &c->deadline, CONN_LINGER_MS);
}

static void conn_drained(struct conn *c)
{
    if (c->state == CONN_FLUSHING && conn_queued_bytes(c) == 0 && c->secured &&
        !c->parted) {
        c->parted = true;
        tls_goodbye(c->tls);
        conn_flush(c); /* and may come back here */
    }
    if (c->state == CONN_FLUSHING && conn_queued_bytes(c) == 0)
        conn_linger(c);
    if (c->state == CONN_OPEN && c->raw && conn_queued_bytes(c) == 0)
        c->events->on_drained(c, c->ctx);
}

static void on_discard_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *c = handle->data;
    (void)suggested;
    *buf = (uv_buf_t){(char *)c->hub->input, sizeof(c->hub->input)};
}

static void on_discard(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = stream->data;
    (void)buf;
    if (n < 0)
        c->peer_done = true;
    if (n < 0 && (n != UV_EOF || c->state != CONN_FLUSHING)) /* it may still read */
        conn_end(c, (int)n, NULL);
}

/* Reads on, to throw it away: a peer that is stuck writing does not read either.  Where
 * that cannot be done the deadline brings the end. */
static void conn_discard(struct conn *c)
{
    uv_read_stop((uv_stream_t *)&c->tcp);
    (void)uv_read_start((uv_stream_t *)&c->tcp, on_discard_alloc, on_discard);
}

static void conn_finish(struct conn *c)
{
    conn_set_end(c, 0, "closed");
    c->state = CONN_FLUSHING;
    secure_leave(c);
    hub_deadline_in(c->hub, &c->deadline, CONN_FLUSH_MS);
    c->reader.start = c->reader.end = 0;
    buffers_give(&c->hub->writes, &c->held);
    c->paused = c->metered = false;
    conn_discard(c);
    conn_flush(c);
    conn_drained(c);
}

void conn_close(struct conn *c)
{
    if (c->state == CONN_DIALLING || c->state == CONN_GREETING)
        conn_end(c, 0, "closed");
    if (c->state == CONN_OPEN)
        conn_finish(c);
}

void conn_bad(struct conn *c, enum conn_fault fault, const char *why)
{
    conn_set_end_text(c, -EBADMSG, "%s", why);
    conn_flush(c); /* TLS has its own word for the peer, and the caller may just go */
    if (c->state == CONN_CLOSING)
        return;
    c->events->on_bad(c, fault, c->why, c->ctx);
    if (c->state == CONN_GREETING || c->state == CONN_OPEN)
        conn_finish(c);
}

static void conn_greeted_late(struct conn *c)
{
    if (!c->door)
        conn_set_end_text(
            c, -ETIMEDOUT,
            "did not finish the TLS handshake within %d s: no picoord, or "
            "an overloaded one",
            CONN_SECURE_MS / 1000);
    else if (c->secured || !c->heard)
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
        if (secure_goes_on(c))
            return;
        conn_greeted_late(c);
        break;
    case CONN_OPEN:
        if (c->metered) {
            c->metered = false;
            conn_resume(c);
            return;
        }
        if (c->raw)
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

/* ---- writing ---- */

size_t conn_queued_bytes(const struct conn *c)
{
    return c->out.used + c->sealed.used + c->flying_bytes;
}

static void on_written(uv_write_t *write, int status)
{
    struct conn *c = write->data;
    free(write);
    c->flying_bytes = 0;
    buffers_give(&c->hub->writes, &c->flying);
    if (c->state == CONN_CLOSING)
        return;
    if (status < 0) {
        conn_end(c, status, NULL);
        return;
    }
    conn_flush(c);
    if (c->paused)
        hub_at_turn_end(c->hub, &c->turn_end);
    conn_drained(c);
}

static void conn_flush(struct conn *c)
{
    if (c->flying.bytes || c->state == CONN_CLOSING || !secure_seals(c))
        return;
    struct buffer *ready = c->tls ? &c->sealed : &c->out;
    if (ready->used == 0)
        return;
    uv_buf_t buf = {(char *)ready->bytes, ready->used};
    int n = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
    if (n < 0 && n != UV_EAGAIN) {
        conn_end(c, n, NULL);
        return;
    }
    size_t left = ready->used - (size_t)(n > 0 ? n : 0);
    if (left == 0) {
        buffers_give(&c->hub->writes, ready);
        conn_drained(c);
        return;
    }
    c->flying = *ready;
    c->flying_bytes = left;
    *ready = (struct buffer){0};
    buf = (uv_buf_t){(char *)c->flying.bytes + c->flying.used - left, left};
    uv_write_t *write = mem_resize(NULL, 1, sizeof(*write));
    write->data = c;
    n = uv_write(write, (uv_stream_t *)&c->tcp, &buf, 1, on_written);
    if (n < 0) {
        free(write);
        conn_end(c, n, NULL);
    }
}

/* What was queued leaves; a handshake whose turn has come begins. */
static void conn_on_turn_end(struct ring *turn_end)
{
    struct conn *c = container_of(turn_end, struct conn, turn_end);
    conn_resume(c);
    if (c->shaking && !c->tls) { /* it had to wait */
        conn_read_on(c);
        secure_resume(c);
    }
    conn_flush(c);
}

/* Much waits for the peer: sends it, and if that does not help, takes nothing more from
 * the peer until it has read. */
static void conn_throttle(struct conn *c)
{
    conn_flush(c);
    if (conn_queued_bytes(c) > CONN_HARD_BYTES) {
        conn_end(c, -ENOBUFS, "does not read what it is sent");
    } else if (conn_queued_bytes(c) > CONN_SOFT_BYTES && !c->paused) {
        c->paused = true;
        uv_read_stop((uv_stream_t *)&c->tcp);
    }
}

void conn_send(struct conn *c, const struct msg *m)
{
    if (c->state != CONN_OPEN || c->alien)
        return;
    struct hub *h = c->hub;
    size_t bytes = wire_encode(m, &h->scratch, h->frame, sizeof(h->frame));
    buffers_append(&h->writes, &c->out, h->frame, bytes);
    hub_at_turn_end(c->hub, &c->turn_end);
    if (conn_queued_bytes(c) > CONN_SOFT_BYTES)
        conn_throttle(c);
}

void conn_write(struct conn *c, const void *bytes, size_t n)
{
    assert(c->raw);
    if (c->state != CONN_OPEN || n == 0)
        return;
    buffers_append(&c->hub->writes, &c->out, bytes, n);
    hub_at_turn_end(c->hub, &c->turn_end);
    if (conn_queued_bytes(c) > CONN_HARD_BYTES)
        conn_end(c, -ENOBUFS, "does not read what it is sent");
}

void conn_deadline(struct conn *c, int64_t ms)
{
    if (c->state != CONN_OPEN)
        return; /* the end has deadlines of its own */
    if (ms < 0)
        hub_deadline_none(c->hub, &c->deadline);
    else
        hub_deadline_in(c->hub, &c->deadline, ms);
}

/* ---- the beginning ---- */

struct conn *conn_new(uv_loop_t *loop, const struct conn_events *events, void *ctx)
{
    struct conn *c = mem_zero(1, sizeof(*c));
    c->hub = hub_ref(loop, conn_on_deadline, conn_on_turn_end);
    c->events = events;
    c->ctx = ctx;
    c->state = CONN_DIALLING;
    ring_init(&c->turn_end);
    ring_init(&c->queued);
    frame_reader_init(&c->reader, FRAME_HELLO_MAX);
    c->tcp.loop = loop;
    conn_init_tcp(c);
    return c;
}

void conn_init_tcp(struct conn *c)
{
    int err = uv_tcp_init(c->tcp.loop, &c->tcp);
    assert(err == 0); /* it makes no socket yet */
    (void)err;
    c->tcp.data = c;
}

void conn_speaks_frames(struct conn *c)
{
    c->state = CONN_OPEN;
    if (!c->welcomed)
        hub_deadline_in(c->hub, &c->deadline, CONN_FIRST_MS);
    if (c->events->on_open)
        c->events->on_open(c, c->ctx);
}

void conn_speaks(struct conn *c, enum conn_dialect dialect)
{
    /* The kernel would keep megabytes for one that does not read. */
    int bytes = DIALECT_SEND_BYTES;
    uv_send_buffer_size((uv_handle_t *)&c->tcp, &bytes);
    c->state = CONN_OPEN;
    c->raw = c->alien = true;
    hub_deadline_in(c->hub, &c->deadline, CONN_FIRST_MS);
    c->events->on_dialect(c, dialect, c->ctx);
}

void conn_there(struct conn *c)
{
    unsigned ms = UNACKNOWLEDGED_MS;
    uv_os_fd_t fd;
    c->state = CONN_GREETING;
    /* A batch is whole when it is written, so there is nothing to wait for. */
    uv_tcp_nodelay(&c->tcp, 1);
    uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
    hub_deadline_in(c->hub, &c->deadline, c->door ? CONN_FIRST_MS : CONN_SECURE_MS);
    c->greeted_by_ms = (int64_t)uv_now(c->tcp.loop) + CONN_FIRST_MS;
    conn_read_on(c);
    if (c->state == CONN_GREETING && !c->door) {
        if (c->pin)
            secure_dialled(c);
        else
            conn_speaks_frames(c);
    }
}

void conn_door_init(struct conn_door *d, SSL_CTX *tls, bool plaintext)
{
    *d = (struct conn_door){.tls = tls, .plaintext = plaintext};
    ring_init(&d->queue);
}

int conn_accept(uv_stream_t *listener, struct conn_door *door,
                const struct conn_events *events, void *ctx, struct conn **ret)
{
    struct conn *c = conn_new(listener->loop, NULL, NULL);
    struct sockaddr_storage peer = {0};
    int bytes = sizeof(peer);
    int err = uv_accept(listener, (uv_stream_t *)&c->tcp);
    if (err == 0)
        err = uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&peer, &bytes);
    if (err < 0) {
        conn_end(c, err, NULL);
        return err;
    }
    c->events = events;
    c->ctx = ctx;
    c->door = door;
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
    hub_deadline_none(c->hub, &c->deadline);
    if (!c->door)
        return;
    c->metered_ms = (int64_t)uv_now(c->tcp.loop);
    c->frames_left = c->door->frames;
    c->bytes_left = c->door->bytes;
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
