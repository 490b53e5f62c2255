// SPDX-License-Identifier: MIT
/*
 * TLS between a connection's frames and its socket.  Ciphertext is read into the hub's
 * one buffer and opened from there into the reader; frames are sealed when they are
 * about to leave; so a connection at rest has no buffer of either kind.
 *
 * A handshake costs as much as ten thousand frames.  So no more than CONN_HANDSHAKES
 * are under way through a door, and CONN_HANDSHAKES_ORIGIN of one origin.  Who comes
 * then waits, with its first bytes held, and its time runs.  So that those who begin
 * many and end none keep nobody out, one that is not done within CONN_TURN_MS gives way
 * to whoever waits for it, and the next is of the origin that has the fewest.
 */
#include "common/net/conn_impl.h"

#include <errno.h>

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

/* ---- turns ---- */

static unsigned of_origin(const struct conn_door *d, uint64_t origin)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->handshakes; i++)
        n += d->from[i] == origin;
    return n;
}

static bool may_begin(const struct conn *c)
{
    return c->door->handshakes < CONN_HANDSHAKES &&
           of_origin(c->door, c->origin) < CONN_HANDSHAKES_ORIGIN;
}

/* Its turn, or what is left of its time. */
static void take_turn(struct conn *c, int64_t left_ms)
{
    hub_deadline_in(c->hub, &c->deadline,
                    left_ms < CONN_TURN_MS ? left_ms : CONN_TURN_MS);
}

static int64_t left_ms(const struct conn *c)
{
    return c->greeted_by_ms - (int64_t)uv_now(c->tcp.loop);
}

static void begin(struct conn *c)
{
    c->shaking = true;
    c->door->from[c->door->handshakes++] = c->origin;
    take_turn(c, left_ms(c));
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

/* Whether one that waits could begin if this one had ended. */
static bool is_in_the_way(const struct conn *c)
{
    const struct ring *ring = &c->door->queue;
    for (const struct ring *l = ring->next; l != ring; l = l->next) {
        const struct conn *other = container_of(l, const struct conn, queued);
        if (other->origin == c->origin ||
            of_origin(c->door, other->origin) < CONN_HANDSHAKES_ORIGIN)
            return true;
    }
    return false;
}

bool secure_goes_on(struct conn *c)
{
    if (!c->shaking || left_ms(c) <= 0 || is_in_the_way(c))
        return false;
    take_turn(c, left_ms(c));
    return true;
}

void secure_accepted(struct conn *c, const uint8_t *bytes, size_t n)
{
    buffers_append(&c->hub->writes, &c->held, bytes, n);
    c->reader.start = c->reader.end = 0;
    if (may_begin(c)) {
        begin(c);
        secure_resume(c);
    } else {
        ring_append(&c->door->queue, &c->queued);
        uv_read_stop((uv_stream_t *)&c->tcp);
    }
}

/* Of those that may begin the first whose origin has the fewest under way. */
static struct conn *next_in_turn(const struct conn_door *d)
{
    struct conn *best = NULL;
    unsigned fewest = CONN_HANDSHAKES_ORIGIN;
    for (struct ring *l = d->queue.next; l != &d->queue && fewest > 0; l = l->next) {
        struct conn *c = container_of(l, struct conn, queued);
        unsigned n = of_origin(d, c->origin);
        if (n < fewest) {
            best = c;
            fewest = n;
        }
    }
    return best;
}

/* The next goes on at the end of this turn of the loop, so that nothing of it happens
 * within a call for another.  There is one at most: of those that wait, all others are
 * of an origin that has its share, or there is no room. */
void secure_leave(struct conn *c)
{
    ring_remove(&c->queued);
    if (!c->shaking)
        return;
    end(c);
    struct conn *next = next_in_turn(c->door);
    if (!next)
        return;
    ring_remove(&next->queued);
    begin(next);
    hub_at_turn_end(next->hub, &next->turn_end);
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
