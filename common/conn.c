// SPDX-License-Identifier: MIT
/*
 * The stream half of a connection: bytes to messages, messages to bytes, backpressure
 * and the end.  conn_dial.c makes the dialled ones, conn_hub.c is what they share.
 *
 * The life of one, by enum conn_state:
 *
 *     DIALLING -> OPEN -> FLUSHING -> LINGERING -> CLOSING
 *
 * Any state may go straight to CLOSING, by conn_end(); only CLOSING leads to the end,
 * in the socket's close callback.  Callbacks of the caller run with no state of ours
 * half changed, and whatever they close is still there when they return.
 *
 * A write is tried at once, and mostly that is all; what the kernel does not take flies
 * with uv_write, one batch at a time, and frames that come meanwhile wait for it in the
 * other buffer.  So a connection that is paused always has a batch in flight, whose
 * callback will resume it.
 */
#include "common/conn_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/text.h"

enum { KEEPALIVE_S = 60, ALIEN_BYTES = 24 };

static void conn_read_on(struct conn *c);

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
    hub_leave(c);
    /* While an address that failed is being closed, its callback brings the end. */
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, conn_on_tcp_closed);
    c->state = CONN_CLOSING;
}

void conn_on_tcp_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    if (c->state == CONN_DIALLING) {
        dial_on_tcp_closed(c);
        return;
    }
    assert(c->state == CONN_CLOSING && c->ended);
    if (c->events)
        c->events->on_closed(c, c->status, c->why, c->ctx);
    dial_release(c);
    frame_reader_release(&c->reader);
    buffers_give(&c->hub->writes, &c->out);
    buffers_give(&c->hub->writes, &c->flying);
    hub_unref(c->hub);
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
    hub_deadline_in(c, CONN_LINGER_MS);
}

static void conn_drained(struct conn *c)
{
    if (c->state == CONN_FLUSHING && conn_queued_bytes(c) == 0)
        conn_linger(c);
}

void conn_close(struct conn *c)
{
    if (c->state == CONN_DIALLING)
        conn_end(c, 0, "closed");
    if (c->state != CONN_OPEN)
        return;
    conn_set_end(c, 0, "closed");
    c->state = CONN_FLUSHING;
    hub_deadline_in(c, CONN_FLUSH_MS);
    /* Read on, to throw it away: a peer that is stuck writing does not read either. */
    c->reader.start = c->reader.end = 0;
    if (c->paused)
        conn_read_on(c);
    c->paused = false;
    conn_flush(c);
    conn_drained(c);
}

void conn_on_deadline(struct conn *c)
{
    switch (c->state) {
    case CONN_DIALLING:
        dial_on_deadline(c);
        return;
    case CONN_OPEN:
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
    return c->out.used + c->flying_bytes;
}

static void conn_resume(struct conn *c);

static void on_written(uv_write_t *write, int status)
{
    struct conn *c = write->data;
    c->flying_bytes = 0;
    buffers_give(&c->hub->writes, &c->flying);
    if (c->state == CONN_CLOSING)
        return;
    if (status < 0) {
        conn_end(c, status, NULL);
        return;
    }
    conn_flush(c);
    conn_resume(c);
    conn_drained(c);
}

void conn_flush(struct conn *c)
{
    if (c->out.used == 0 || c->flying.bytes || c->state == CONN_CLOSING)
        return;
    uv_buf_t buf = {(char *)c->out.bytes, c->out.used};
    int n = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
    if (n < 0 && n != UV_EAGAIN) {
        conn_end(c, n, NULL);
        return;
    }
    size_t left = c->out.used - (size_t)(n > 0 ? n : 0);
    if (left == 0) {
        buffers_give(&c->hub->writes, &c->out);
        conn_drained(c);
        return;
    }
    c->flying = c->out;
    c->flying_bytes = left;
    c->out = (struct buffer){0};
    buf = (uv_buf_t){(char *)c->flying.bytes + c->flying.used - left, left};
    n = uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written);
    if (n < 0)
        conn_end(c, n, NULL);
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
    struct buffer *b = &c->out;
    size_t bytes = wire_encode(m, &h->scratch, h->frame, sizeof(h->frame));

    if (!b->bytes)
        *b = buffers_take(&h->writes, WRITE_BUFFER_BYTES);
    if (b->capacity - b->used < bytes) {
        b->capacity = 2 * b->capacity + bytes;
        b->bytes = mem_resize(b->bytes, b->capacity, 1);
    }
    memcpy(b->bytes + b->used, h->frame, bytes);
    b->used += bytes;
    hub_flush_later(c);
    if (conn_queued_bytes(c) > CONN_SOFT_BYTES)
        conn_throttle(c);
}

/* ---- reading ---- */

/* Bytes of a message that cannot be; `why` is a sentence and may be in an arena. */
static void conn_bad(struct conn *c, const char *why)
{
    conn_set_end_text(c, -EBADMSG, "%s", why);
    c->events->on_bad(c, c->why, c->ctx);
    conn_close(c);
}

static void conn_bad_length(struct conn *c)
{
    char why[TEXT_BYTES];
    snprintf(why, sizeof(why), "a frame that is empty or longer than %zu bytes%s",
             c->reader.body_max, c->welcomed ? "" : ", the most before Welcome");
    conn_bad(c, why);
}

static void conn_bad_dialect(struct conn *c, const char *bytes, size_t n)
{
    char text[4 * ALIEN_BYTES + 1], why[TEXT_BYTES];
    bool dialled = c->events->on_open, more = n > ALIEN_BYTES;
    while (n > 0 && (bytes[n - 1] == '\r' || bytes[n - 1] == '\n'))
        n--;
    text_escape(text, sizeof(text), bytes, more ? ALIEN_BYTES : n);
    snprintf(why, sizeof(why), "is not a picoord%s (it %s \"%s%s\")",
             dialled ? "" : " peer", dialled ? "answered" : "sent", text,
             more ? "..." : "");
    c->alien = true;
    conn_bad(c, why);
}

static void conn_parse(struct conn *c)
{
    const uint8_t *body;
    size_t bytes;
    const char *why;
    struct msg m;

    while (c->state == CONN_OPEN && !c->paused) {
        switch (frame_next(&c->reader, &body, &bytes)) {
        case FRAME_NONE:
            return;
        case FRAME_BAD:
            conn_bad_length(c);
            return;
        case FRAME_READY:
            break;
        }
        if (wire_decode(body, bytes, &c->hub->decoded, &m, &why) < 0) {
            conn_bad(c, why);
            return;
        }
        if (c->deadline.place)
            hub_deadline_none(c);
        c->events->on_message(c, &m, c->ctx);
    }
}

/* A welcomed peer reads into a buffer that is lent to it for as long as there is part
 * of a frame in it; a stranger has a small one of its own. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *c = handle->data;
    (void)suggested;
    if (c->welcomed && !c->reader.bytes) {
        struct buffer b = buffers_take(&c->hub->reads, READ_BUFFER_BYTES);
        c->reader.bytes = b.bytes;
        c->reader.capacity = b.capacity;
    }
    buf->base = frame_reader_room(&c->reader, &buf->len);
}

static void give_back_read_buffer(struct conn *c)
{
    struct frame_reader *r = &c->reader;
    if (!c->welcomed || r->start != r->end || !r->bytes)
        return;
    struct buffer b = {r->bytes, r->capacity, 0};
    if (r->capacity >= READ_BUFFER_BYTES)
        buffers_give(&c->hub->reads, &b);
    else
        free(r->bytes);
    r->bytes = NULL;
    r->capacity = r->start = r->end = 0;
}

/* The peer has closed, or the connection broke. */
static void conn_hangup(struct conn *c, int status)
{
    c->peer_done = true;
    if (status == UV_EOF && c->state == CONN_FLUSHING)
        return; /* it may still read */
    conn_end(c, status, status == UV_EOF ? "closed by the other side" : NULL);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = stream->data;
    (void)buf;
    if (n > 0 && c->state == CONN_OPEN) {
        frame_reader_filled(&c->reader, (size_t)n);
        c->last_read_ms = (int64_t)uv_now(stream->loop);
        /* Not buf->base: a read that fills the buffer makes the reader move it. */
        const char *bytes = (const char *)c->reader.bytes;
        bool first = !c->heard;
        c->heard = true;
        if (first && bytes[0] != 0)
            conn_bad_dialect(c, bytes, (size_t)n);
        else
            conn_parse(c);
    }
    give_back_read_buffer(c);
    if (n < 0)
        conn_hangup(c, (int)n);
}

static void conn_read_on(struct conn *c)
{
    int err = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    if (err < 0)
        conn_end(c, err, NULL);
}

/* Half of the limit has left: first what had been read already, then more. */
static void conn_resume(struct conn *c)
{
    if (!c->paused || c->state != CONN_OPEN ||
        conn_queued_bytes(c) > CONN_SOFT_BYTES / 2)
        return;
    c->paused = false;
    conn_parse(c);
    if (c->state == CONN_OPEN && !c->paused) {
        give_back_read_buffer(c);
        conn_read_on(c);
    }
}

/* ---- the beginning ---- */

struct conn *conn_new(uv_loop_t *loop, const struct conn_events *events, void *ctx)
{
    struct conn *c = mem_zero(1, sizeof(*c));
    c->hub = hub_ref(loop);
    c->events = events;
    c->ctx = ctx;
    c->unsent.previous = c->unsent.next = &c->unsent;
    c->write.data = c;
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

void conn_opened(struct conn *c)
{
    c->state = CONN_OPEN;
    c->last_read_ms = (int64_t)uv_now(c->tcp.loop);
    hub_deadline_in(c, CONN_FIRST_MS);
    /* A batch is whole when it is written, so there is nothing to wait for. */
    uv_tcp_nodelay(&c->tcp, 1);
    uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);
    conn_read_on(c);
    if (c->state == CONN_OPEN && c->events->on_open)
        c->events->on_open(c, c->ctx);
}

int conn_accept(uv_stream_t *listener, const struct conn_events *events, void *ctx,
                struct conn **ret)
{
    struct conn *c = conn_new(listener->loop, NULL, NULL);
    struct sockaddr_storage peer = {0};
    int bytes = sizeof(peer);
    int err = uv_accept(listener, (uv_stream_t *)&c->tcp);
    if (err == 0)
        err = uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&peer, &bytes);
    if (err == 0 && !address_is_loopback((struct sockaddr *)&peer))
        err = -EACCES;
    if (err < 0) {
        conn_end(c, err, NULL);
        return err;
    }
    c->events = events;
    c->ctx = ctx;
    address_text((struct sockaddr *)&peer, c->address);
    conn_opened(c);
    *ret = c;
    return 0;
}

void conn_welcomed(struct conn *c)
{
    c->welcomed = true;
    c->reader.body_max = FRAME_BODY_MAX;
    hub_deadline_none(c);
}

int64_t conn_last_read_ms(const struct conn *c)
{
    return c->last_read_ms;
}

const char *conn_address(const struct conn *c)
{
    return c->address;
}
