// SPDX-License-Identifier: MIT
/*
 * Which handshakes may run: a limit and a fair queue.
 *
 * A handshake costs as much as ten thousand frames.  So an acceptor runs at most
 * CONN_HANDSHAKES at once, and CONN_HANDSHAKES_ORIGIN of one origin.  Further
 * connections queue, with their first bytes stored, while their own timeout runs.  A
 * client that begins many handshakes and finishes none must not block others.  So a
 * handshake that takes longer than CONN_TURN_MS is dropped if a queued connection could
 * use its place, and the next to begin is of the origin with the fewest under way.
 */
#include "common/net/conn_impl.h"

void conn_acceptor_init(struct conn_acceptor *a, struct conn_loop *loop, SSL_CTX *tls,
                        bool plaintext)
{
    *a = (struct conn_acceptor){.loop = loop, .tls = tls, .plaintext = plaintext};
    ring_init(&a->queue);
}

/* Handshakes of that origin under way. */
static unsigned count_of_origin(const struct conn_acceptor *a, uint64_t origin)
{
    unsigned n = 0;
    for (unsigned i = 0; i < a->handshakes; i++)
        n += a->from[i] == origin;
    return n;
}

static bool may_begin(const struct conn *c)
{
    return c->acceptor->handshakes < CONN_HANDSHAKES &&
           count_of_origin(c->acceptor, c->origin) < CONN_HANDSHAKES_ORIGIN;
}

/* The deadline is the end of its turn, or its timeout if that is earlier. */
static void set_turn(struct conn *c, int64_t left_ms)
{
    conn_loop_deadline_in(c->loop, &c->deadline,
                          left_ms < CONN_TURN_MS ? left_ms : CONN_TURN_MS);
}

static int64_t left_ms(const struct conn *c)
{
    return c->greeted_by_ms - (int64_t)uv_now(c->tcp.loop);
}

static void handshake_begin(struct conn *c)
{
    c->handshaking = true;
    c->acceptor->from[c->acceptor->handshakes++] = c->origin;
    set_turn(c, left_ms(c));
}

bool turns_begin(struct conn *c)
{
    if (may_begin(c)) {
        handshake_begin(c);
        return true;
    }
    ring_append(&c->acceptor->queue, &c->queued);
    return false;
}

static void handshake_end(struct conn *c)
{
    struct conn_acceptor *a = c->acceptor;
    unsigned i = 0;
    while (a->from[i] != c->origin)
        i++;
    a->from[i] = a->from[--a->handshakes];
    c->handshaking = false;
}

/* Whether a queued connection could begin if this handshake ended. */
static bool blocks_another(const struct conn *c)
{
    const struct ring *ring = &c->acceptor->queue;
    for (const struct ring *l = ring->next; l != ring; l = l->next) {
        const struct conn *other = container_of(l, const struct conn, queued);
        if (other->origin == c->origin ||
            count_of_origin(c->acceptor, other->origin) < CONN_HANDSHAKES_ORIGIN)
            return true;
    }
    return false;
}

bool turns_go_on(struct conn *c)
{
    if (!c->handshaking || left_ms(c) <= 0 || blocks_another(c))
        return false;
    set_turn(c, left_ms(c));
    return true;
}

/* The first queued connection of the origin with the fewest handshakes under way; NULL:
 * none may begin. */
static struct conn *next_in_turn(const struct conn_acceptor *a)
{
    struct conn *best = NULL;
    unsigned fewest = CONN_HANDSHAKES_ORIGIN;
    for (struct ring *l = a->queue.next; l != &a->queue && fewest > 0; l = l->next) {
        struct conn *c = container_of(l, struct conn, queued);
        unsigned n = count_of_origin(a, c->origin);
        if (n < fewest) {
            best = c;
            fewest = n;
        }
    }
    return best;
}

/* At most one connection can take the free place.  It begins at the end of this loop
 * iteration, so that its callbacks are not called from within a function for another
 * connection. */
void turns_leave(struct conn *c)
{
    ring_remove(&c->queued);
    if (!c->handshaking)
        return;
    handshake_end(c);
    struct conn *next = next_in_turn(c->acceptor);
    if (!next)
        return;
    ring_remove(&next->queued);
    handshake_begin(next);
    conn_loop_at_turn_end(next->loop, &next->turn_end);
}
