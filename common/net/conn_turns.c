// SPDX-License-Identifier: MIT
/*
 * Whose handshake goes on.
 *
 * A handshake costs as much as ten thousand frames.  So no more than CONN_HANDSHAKES
 * are under way through a door, and CONN_HANDSHAKES_ORIGIN of one origin.  Who comes
 * then waits, with its first bytes held, and its time runs.  So that those who begin
 * many and end none keep nobody out, one that is not done within CONN_TURN_MS gives way
 * to whoever waits for it, and the next is of the origin that has the fewest.
 */
#include "common/net/conn_impl.h"

void conn_door_init(struct conn_door *d, SSL_CTX *tls, bool plaintext)
{
    *d = (struct conn_door){.tls = tls, .plaintext = plaintext};
    ring_init(&d->queue);
}

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

bool turns_begin(struct conn *c)
{
    if (may_begin(c)) {
        begin(c);
        return true;
    }
    ring_append(&c->door->queue, &c->queued);
    return false;
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
