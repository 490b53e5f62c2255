// SPDX-License-Identifier: MIT
/*
 * Reading from the socket.  A paused connection is not read; bytes read before the
 * pause stay in the frame reader, or in cipher_in.
 */
#include "common/net/conn_impl.h"

#include <errno.h>

/* Chooses TLS or plaintext by the first byte of an accepted connection. */
static void conn_first_bytes(struct conn *c, size_t n)
{
    const uint8_t *bytes = c->reader.bytes;
    c->first_byte_seen = true;
    if (bytes[0] == TLS_RECORD && c->acceptor->tls) {
        conn_tls_accepted(c, bytes, n);
    } else if (bytes[0] != 0 || (c->acceptor->plaintext && c->local)) {
        conn_read_plain(c, n);
    } else {
        c->state = CONN_OPEN; /* so that a Refusal can be sent */
        conn_bad(c, CONN_PLAINTEXT,
                 "speaks in the clear: this coordinator takes frames only in TLS");
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *c = handle->data;
    (void)suggested;
    if (c->tls)
        *buf = (uv_buf_t){(char *)c->loop->input, sizeof(c->loop->input)};
    else
        buf->base = conn_room(c, &buf->len);
}

/* In TLS, the end of TCP without close_notify proves nothing: an attacker can forge it.
 */
static void conn_cut_off(struct conn *c)
{
    if (c->tls_ready && c->state == CONN_OPEN)
        conn_set_end(c, -ECONNRESET, "cut off: it ended without a goodbye");
    conn_hangup(c, UV_EOF);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = stream->data;
    if (n > 0 && (c->state == CONN_GREETING || c->state == CONN_OPEN)) {
        if (c->tls)
            conn_tls_take(c, (const uint8_t *)buf->base, (size_t)n);
        else if (c->state == CONN_GREETING)
            conn_first_bytes(c, (size_t)n);
        else
            conn_read_plain(c, (size_t)n);
    }
    conn_room_back(c);
    if (n == UV_EOF)
        conn_cut_off(c);
    else if (n < 0)
        conn_hangup(c, (int)n);
}

void conn_read_on(struct conn *c)
{
    int err = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    if (err < 0)
        conn_end(c, err, NULL);
}

void conn_resume(struct conn *c)
{
    if (!c->paused || c->metered || c->held || c->state != CONN_OPEN ||
        conn_queued_bytes(c) > CONN_SOFT_BYTES / 2)
        return;
    c->paused = false;
    conn_parse(c);
    if (c->tls && c->state == CONN_OPEN && !c->paused)
        conn_tls_resume(c);
    if (c->state == CONN_OPEN && !c->paused) {
        conn_room_back(c);
        conn_read_on(c);
    }
}
