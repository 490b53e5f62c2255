// SPDX-License-Identifier: MIT
/*
 * TLS between a connection's frames and its socket.  Ciphertext is read into the loop's
 * one buffer and opened from there into the reader; frames are encrypted when they are
 * about to leave (conn_write.c); so a connection at rest has no buffer of either kind.
 * Ciphertext that comes while the connection is paused waits as it is.
 */
#include "common/net/conn_impl.h"

/* Ciphertext for the peer. */
static void on_cipher_out(void *ctx, const void *bytes, size_t n)
{
    struct conn *c = ctx;
    buffers_append(&c->loop->writes, &c->cipher_out, bytes, n);
    conn_loop_at_turn_end(c->loop, &c->turn_end);
}

/* It cannot be sent anything any more but what OpenSSL has to say of it. */
static void conn_tls_failed(struct conn *c)
{
    c->close_sent = true;
    buffers_give(&c->loop->writes, &c->out);
    conn_bad(c, tls_fault(c->tls), tls_why(c->tls));
}

/* Whether the handshake is over and all is well. */
static bool conn_handshake(struct conn *c)
{
    if (c->tls_ready)
        return true;
    switch (tls_handshake(c->tls)) {
    case TLS_DONE:
        break;
    case TLS_MORE:
        return false;
    case TLS_END:
        conn_hangup(c, UV_EOF);
        return false;
    case TLS_FAILED:
        conn_tls_failed(c);
        return false;
    }
    c->tls_ready = true;
    turns_leave(c);
    if (c->acceptor)
        conn_loop_deadline_in(c->loop, &c->deadline, CONN_FIRST_MS);
    else
        conn_begin_frames(c);
    return true;
}

static void open_records(struct conn *c)
{
    while ((c->state == CONN_GREETING || c->state == CONN_OPEN) && !c->paused) {
        size_t room, n;
        void *to = conn_room(c, &room);
        switch (tls_read(c->tls, to, room, &n)) {
        case TLS_DONE:
            conn_read_plain(c, n);
            break;
        case TLS_MORE:
            return;
        case TLS_END:
            conn_hangup(c, UV_EOF);
            return;
        case TLS_FAILED:
            conn_tls_failed(c);
            return;
        }
    }
}

void conn_tls_take(struct conn *c, const uint8_t *bytes, size_t n)
{
    if (!c->acceptor && !c->first_byte_seen &&
        n > 0) { /* what answers may be no TLS at all */
        c->first_byte_seen = true;
        if (bytes[0] != TLS_RECORD && bytes[0] != TLS_ALERT) {
            conn_bad_protocol(c, (const char *)bytes, n);
            return;
        }
    }
    tls_feed(c->tls, bytes, n);
    if (conn_handshake(c))
        open_records(c);
    size_t rest = tls_unread(c->tls);
    if (rest > 0 && c->paused && c->state == CONN_OPEN)
        buffers_append(&c->loop->writes, &c->cipher_in, bytes + n - rest, rest);
}

void conn_tls_resume(struct conn *c)
{
    struct buffer waiting = c->cipher_in;
    c->cipher_in = (struct buffer){0};
    if (!c->tls)
        c->tls = tls_new(c->acceptor->tls, NULL, on_cipher_out, c);
    conn_tls_take(c, waiting.bytes, waiting.used);
    buffers_give(&c->loop->writes, &waiting);
}

void conn_tls_dialled(struct conn *c)
{
    struct conn_loop *l = c->loop;
    if (!l->client)
        l->client = tls_client();
    c->tls = tls_new(l->client, c->pin, on_cipher_out, c);
    (void)conn_handshake(c); /* says the first word */
}

void conn_tls_accepted(struct conn *c, const uint8_t *bytes, size_t n)
{
    buffers_append(&c->loop->writes, &c->cipher_in, bytes, n);
    c->reader.start = c->reader.end = 0;
    if (turns_begin(c))
        conn_tls_resume(c);
    else
        uv_read_stop((uv_stream_t *)&c->tcp);
}
