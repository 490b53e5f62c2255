// SPDX-License-Identifier: MIT
/*
 * Sending: messages, a stream's bytes, and orderly closing.
 *
 * A write is tried at once, and usually that is all.  What the kernel does not take
 * goes to uv_write as one batch; until it is done, new frames collect in `out`.  So a
 * paused connection always has a batch in uv_write, whose callback ends the pause.  TLS
 * adds one buffer, cipher_out: frames are encrypted when they are about to be written.
 */
#include "common/net/conn_impl.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

size_t conn_queued_bytes(const struct conn *c)
{
    return c->out.used + c->cipher_out.used + c->writing_bytes;
}

/* ---- closing ---- */

static void on_discard_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *c = handle->data;
    (void)suggested;
    *buf = (uv_buf_t){(char *)c->loop->input, sizeof(c->loop->input)};
}

static void on_discard(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = stream->data;
    (void)buf;
    if (n < 0)
        c->peer_done = true;
    if (n > 0 && c->linger_bytes > 0) {
        c->linger_bytes -=
            (uint64_t)n < c->linger_bytes ? (uint64_t)n : c->linger_bytes;
        if (c->linger_bytes == 0)
            conn_end(c, 0, NULL);
    }
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

/* All bytes have left: closes this side, and waits until the peer has closed too.
 * shutdown() is called directly, because no write is queued that it had to wait for. */
static void conn_half_close(struct conn *c)
{
    uv_os_fd_t fd;
    if (c->peer_done || uv_fileno((uv_handle_t *)&c->tcp, &fd) < 0 ||
        shutdown(fd, SHUT_WR) < 0) {
        conn_end(c, 0, "closed");
        return;
    }
    c->state = CONN_LINGERING;
    conn_loop_deadline_in(c->loop, &c->deadline, c->linger_ms);
}

static void conn_drained(struct conn *c)
{
    if (c->state == CONN_FLUSHING && conn_queued_bytes(c) == 0 && c->tls_ready &&
        !c->close_sent) {
        c->close_sent = true;
        tls_goodbye(c->tls);
        conn_flush(c); /* may call this function again */
    }
    if (c->state == CONN_FLUSHING && conn_queued_bytes(c) == 0)
        conn_half_close(c);
    if (c->state == CONN_OPEN && conn_is_stream(c) && conn_queued_bytes(c) == 0)
        c->events->on_drained(c, c->ctx);
}

static void conn_finish(struct conn *c)
{
    conn_set_end(c, 0, "closed");
    c->state = CONN_FLUSHING;
    turns_leave(c);
    conn_loop_deadline_in(c->loop, &c->deadline, CONN_FLUSH_MS);
    c->reader.start = c->reader.end = 0;
    buffers_give(&c->loop->writes, &c->cipher_in);
    c->paused = c->metered = c->held = false;
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
    conn_flush(c); /* sends the TLS alert even if the caller aborts in on_bad */
    if (c->state == CONN_CLOSING)
        return;
    c->events->on_bad(c, fault, c->why, c->ctx);
    if (c->state == CONN_GREETING || c->state == CONN_OPEN)
        conn_finish(c);
}

/* ---- writing ---- */

static void on_written(uv_write_t *write, int status)
{
    struct conn *c = write->data;
    free(write);
    c->writing_bytes = 0;
    buffers_give(&c->loop->writes, &c->writing);
    if (c->state == CONN_CLOSING)
        return;
    if (status < 0) {
        conn_end(c, status, NULL);
        return;
    }
    conn_flush(c);
    if (c->paused)
        conn_loop_at_turn_end(c->loop, &c->turn_end);
    conn_drained(c);
}

static bool conn_encrypt(struct conn *c)
{
    if (!c->tls || c->out.used == 0)
        return true;
    if (tls_write(c->tls, c->out.bytes, c->out.used) != TLS_DONE) {
        conn_end(c, -EPROTO, tls_why(c->tls));
        return false;
    }
    buffers_give(&c->loop->writes, &c->out);
    return true;
}

void conn_flush(struct conn *c)
{
    if (c->writing.bytes || c->state == CONN_CLOSING || !conn_encrypt(c))
        return;
    struct buffer *ready = c->tls ? &c->cipher_out : &c->out;
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
        buffers_give(&c->loop->writes, ready);
        conn_drained(c);
        return;
    }
    c->writing = *ready;
    c->writing_bytes = left;
    *ready = (struct buffer){0};
    buf = (uv_buf_t){(char *)c->writing.bytes + c->writing.used - left, left};
    uv_write_t *write = mem_resize(NULL, 1, sizeof(*write));
    write->data = c;
    n = uv_write(write, (uv_stream_t *)&c->tcp, &buf, 1, on_written);
    if (n < 0) {
        free(write);
        conn_end(c, n, NULL);
    }
}

/* ---- for the caller ---- */

/* Backpressure: sends what is queued, and if the kernel does not take enough of it,
 * pauses reading. */
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
    if (c->state != CONN_OPEN || c->protocol != CONN_FRAMES || c->close_sent)
        return;
    struct conn_loop *l = c->loop;
    size_t bytes = wire_encode(m, &l->scratch, l->frame, sizeof(l->frame));
    buffers_append(&l->writes, &c->out, l->frame, bytes);
    conn_loop_at_turn_end(c->loop, &c->turn_end);
    if (conn_queued_bytes(c) > CONN_SOFT_BYTES)
        conn_throttle(c);
}

void conn_write(struct conn *c, const void *bytes, size_t n)
{
    assert(conn_is_stream(c));
    if (c->state != CONN_OPEN || c->close_sent || n == 0)
        return;
    buffers_append(&c->loop->writes, &c->out, bytes, n);
    conn_loop_at_turn_end(c->loop, &c->turn_end);
    if (conn_queued_bytes(c) > CONN_HARD_BYTES)
        conn_end(c, -ENOBUFS, "does not read what it is sent");
}
