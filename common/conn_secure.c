// SPDX-License-Identifier: MIT
/*
 * TLS between a connection's frames and its socket.  Ciphertext is read into the hub's
 * one buffer and opened from there into the reader; frames are sealed when they are
 * about to leave; so a connection at rest has no buffer of either kind.
 *
 * A handshake costs as much as ten thousand frames.  So no more than CONN_HANDSHAKES
 * are under way through a door, and CONN_HANDSHAKES_ORIGIN of one origin, so that who
 * begins many and ends none takes no other's turn.  Who comes then waits, with its
 * first bytes held, and its time runs.
 */
#include "common/conn_impl.h"

#include <errno.h>

/* Ciphertext for the peer. */
static void on_sealed(void *ctx, const void *bytes, size_t n)
{
    struct conn *c = ctx;
    buffers_append(&c->hub->writes, &c->sealed, bytes, n);
    hub_flush_later(c);
}

/* It cannot be sent anything any more but what OpenSSL has to say of it. */
static void secure_failed(struct conn *c)
{
    c->alien = c->parted = true;
    buffers_give(&c->hub->writes, &c->out);
    conn_bad(c, tls_why(c->tls));
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
        hub_deadline_in(c, CONN_FIRST_MS);
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

/* ---- turns ---- */

static bool may_begin(const struct conn *c)
{
    const struct conn_door *d = c->door;
    unsigned of_origin = 0;
    for (unsigned i = 0; i < d->handshakes; i++)
        of_origin += d->from[i] == c->origin;
    return d->handshakes < CONN_HANDSHAKES && of_origin < CONN_HANDSHAKES_ORIGIN;
}

static void begin(struct conn *c)
{
    c->shaking = true;
    c->door->from[c->door->handshakes++] = c->origin;
}

static void end(struct conn *c)
{
    struct conn_door *d = c->door;
    unsigned i = 0;
    while (d->from[i] != c->origin)
        i++;
    d->from[i] = d->from[--d->handshakes];
    c->shaking = false;
}

void secure_accepted(struct conn *c, const uint8_t *bytes, size_t n)
{
    buffers_append(&c->hub->writes, &c->held, bytes, n);
    c->reader.start = c->reader.end = 0;
    if (may_begin(c)) {
        begin(c);
        secure_resume(c);
    } else {
        link_append(&c->door->queue, &c->queued);
        uv_read_stop((uv_stream_t *)&c->tcp);
    }
}

/* The first that may begin now goes on at the end of this turn of the loop, so that
 * nothing of it happens within a call for another.  There is one at most: of those that
 * wait, all others are of an origin that has its share, or there is no room. */
void secure_leave(struct conn *c)
{
    link_remove(&c->queued);
    if (!c->shaking)
        return;
    end(c);
    struct conn_link *ring = &c->door->queue;
    for (struct conn_link *l = ring->next; l != ring; l = l->next) {
        struct conn *next = container_of(l, struct conn, queued);
        if (!may_begin(next))
            continue;
        link_remove(&next->queued);
        begin(next);
        hub_flush_later(next);
        return;
    }
}

bool secure_seals(struct conn *c)
{
    if (!c->tls || c->out.used == 0)
        return true;
    if (tls_write(c->tls, c->out.bytes, c->out.used) != TLS_DONE) {
        conn_end(c, -EPROTO, tls_why(c->tls));
        return false;
    }
    buffers_give(&c->hub->writes, &c->out);
    return true;
}
