// SPDX-License-Identifier: MIT
/*
 * TLS between a connection's frames and its socket.  Ciphertext is read into one buffer
 * of the loop and decrypted from there into the frame reader.  Frames are encrypted
 * just before they leave (conn_write.c).  So an idle connection holds no buffer.
 * Ciphertext that a pause leaves over is stored in cipher_in.
 */
#include "common/net/conn_impl.h"

static void on_cipher_out(void *ctx, const void *bytes, size_t n)
{
    struct conn *c = ctx;
    buffers_append(&c->loop->writes, &c->cipher_out, bytes, n);
    conn_loop_at_turn_end(c->loop, &c->turn_end);
}

/* Nothing more can be sent but the TLS alert, which is in cipher_out. */
static void conn_tls_failed(struct conn *c)
{
    c->close_sent = true;
    buffers_give(&c->loop->writes, &c->out);
    conn_bad(c, tls_fault(c->tls), tls_why(c->tls));
}

/* Continues the handshake; whether it is done. */
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

static void decrypt_records(struct conn *c)
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
    /* A server of another kind may answer without TLS. */
    if (!c->acceptor && !c->first_byte_seen && n > 0) {
        c->first_byte_seen = true;
        if (bytes[0] != TLS_RECORD && bytes[0] != TLS_ALERT) {
            conn_bad_protocol(c, (const char *)bytes, n);
            return;
        }
    }
    tls_feed(c->tls, bytes, n);
    if (conn_handshake(c))
        decrypt_records(c);
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
    (void)conn_handshake(c); /* sends ClientHello */
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
