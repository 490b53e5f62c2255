// SPDX-License-Identifier: MIT
/*
 * TLS between a connection's frames and its socket.  Ciphertext is read into the hub's
 * one buffer and opened from there into the reader; frames are sealed when they are
 * about to leave (conn_write.c); so a connection at rest has no buffer of either kind.
 * Ciphertext that comes while the connection is paused is held as it is.
 */
#include "common/net/conn_impl.h"

/* Ciphertext for the peer. */
static void on_sealed(void *ctx, const void *bytes, size_t n)
{
    struct conn *c = ctx;
    buffers_append(&c->hub->writes, &c->sealed, bytes, n);
    hub_at_turn_end(c->hub, &c->turn_end);
}

/* It cannot be sent anything any more but what OpenSSL has to say of it. */
static void secure_failed(struct conn *c)
{
    c->alien = c->parted = true;
    buffers_give(&c->hub->writes, &c->out);
    conn_bad(c, tls_fault(c->tls), tls_why(c->tls));
}

/* Whether the handshake is over and all is well. */
static bool shake(struct conn *c)
{
    if (c->secured)
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
        secure_failed(c);
        return false;
    }
    c->secured = true;
    secure_leave(c);
    if (c->door)
        hub_deadline_in(c->hub, &c->deadline, CONN_FIRST_MS);
    else
        conn_speaks_frames(c);
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
            secure_failed(c);
            return;
        }
    }
}

void secure_opens(struct conn *c, const uint8_t *bytes, size_t n)
{
    if (!c->door && !c->heard && n > 0) { /* what answers may be no TLS at all */
        c->heard = true;
        if (bytes[0] != TLS_RECORD && bytes[0] != TLS_ALERT) {
            conn_bad_dialect(c, (const char *)bytes, n);
            return;
        }
    }
    tls_feed(c->tls, bytes, n);
    if (shake(c))
        open_records(c);
    size_t rest = tls_unread(c->tls);
    if (rest > 0 && c->paused && c->state == CONN_OPEN)
        buffers_append(&c->hub->writes, &c->held, bytes + n - rest, rest);
}

void secure_resume(struct conn *c)
{
    struct buffer held = c->held;
    c->held = (struct buffer){0};
    if (!c->tls)
        c->tls = tls_new(c->door->tls, NULL, on_sealed, c);
    secure_opens(c, held.bytes, held.used);
    buffers_give(&c->hub->writes, &held);
}

void secure_dialled(struct conn *c)
{
    struct hub *h = c->hub;
    if (!h->client)
        h->client = tls_client();
    c->tls = tls_new(h->client, c->pin, on_sealed, c);
    (void)shake(c); /* says the first word */
}

void secure_accepted(struct conn *c, const uint8_t *bytes, size_t n)
{
    buffers_append(&c->hub->writes, &c->held, bytes, n);
    c->reader.start = c->reader.end = 0;
    if (turns_begin(c))
        secure_resume(c);
    else
        uv_read_stop((uv_stream_t *)&c->tcp);
}
