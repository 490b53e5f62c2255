// SPDX-License-Identifier: MIT
/*
 * Whose handshake goes on.
 *
 * A handshake costs as much as ten thousand frames.  So no more than CONN_HANDSHAKES
 * are under way through an acceptor, and CONN_HANDSHAKES_ORIGIN of one origin.  Who
 * comes then waits, with its first bytes kept, and its time runs.  So that those who
 * begin many and end none keep nobody out, one that is not done within CONN_TURN_MS
 * gives way to whoever waits for it, and the next is of the origin that has the fewest.
 */
#include "common/net/conn_impl.h"

void conn_acceptor_init(struct conn_acceptor *a, struct conn_loop *loop, SSL_CTX *tls,
                        bool plaintext)
{
    *a = (struct conn_acceptor){.loop = loop, .tls = tls, .plaintext = plaintext};
    ring_init(&a->queue);
}

static unsigned of_origin(const struct conn_acceptor *a, uint64_t origin)
{
    unsigned n = 0;
    for (unsigned i = 0; i < a->handshakes; i++)
        n += a->from[i] == origin;
    return n;
}

static bool may_begin(const struct conn *c)
{
    return c->acceptor->handshakes < CONN_HANDSHAKES &&
           of_origin(c->acceptor, c->origin) < CONN_HANDSHAKES_ORIGIN;
}

/* Its turn, or what is left of its time. */
static void take_turn(struct conn *c, int64_t left_ms)
{
    conn_loop_deadline_in(c->loop, &c->deadline,
                          left_ms < CONN_TURN_MS ? left_ms : CONN_TURN_MS);
}

static int64_t left_ms(const struct conn *c)
{
    return c->greeted_by_ms - (int64_t)uv_now(c->tcp.loop);
}

static void begin(struct conn *c)
{
    c->handshaking = true;
    c->acceptor->from[c->acceptor->handshakes++] = c->origin;
    take_turn(c, left_ms(c));
}

bool turns_begin(struct conn *c)
{
    if (may_begin(c)) {
        begin(c);
        return true;
    }
    ring_append(&c->acceptor->queue, &c->queued);
    return false;
}

static void end(struct conn *c)
{
    struct conn_acceptor *a = c->acceptor;
    unsigned i = 0;
    while (a->from[i] != c->origin)
        i++;
    a->from[i] = a->from[--a->handshakes];
    c->handshaking = false;
}

/* Whether one that waits could begin if this one had ended. */
static bool is_in_the_way(const struct conn *c)
{
    const struct ring *ring = &c->acceptor->queue;
    for (const struct ring *l = ring->next; l != ring; l = l->next) {
        const struct conn *other = container_of(l, const struct conn, queued);
        if (other->origin == c->origin ||
            of_origin(c->acceptor, other->origin) < CONN_HANDSHAKES_ORIGIN)
            return true;
    }
    return false;
}

bool turns_go_on(struct conn *c)
{
    if (!c->handshaking || left_ms(c) <= 0 || is_in_the_way(c))
        return false;
    take_turn(c, left_ms(c));
    return true;
}

/* Of those that may begin the first whose origin has the fewest under way. */
static struct conn *next_in_turn(const struct conn_acceptor *a)
{
    struct conn *best = NULL;
    unsigned fewest = CONN_HANDSHAKES_ORIGIN;
    for (struct ring *l = a->queue.next; l != &a->queue && fewest > 0; l = l->next) {
        struct conn *c = container_of(l, struct conn, queued);
        unsigned n = of_origin(a, c->origin);
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
void turns_leave(struct conn *c)
{
    ring_remove(&c->queued);
    if (!c->handshaking)
        return;
    end(c);
    struct conn *next = next_in_turn(c->acceptor);
    if (!next)
        return;
    ring_remove(&next->queued);
    begin(next);
    conn_loop_at_turn_end(next->loop, &next->turn_end);
}
