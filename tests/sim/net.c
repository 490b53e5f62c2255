// SPDX-License-Identifier: MIT
/*
 * The network: connections that carry bytes in order, in pieces of any size, with any
 * delay, and that end in different ways.  Frames and wire code are the real ones.
 */
#include "tests/sim/world.h"

#include <string.h>

/* ---- streams ---- */

static void stream_append(struct byte_stream *s, const void *bytes, size_t n)
{
    if (s->end + n > s->capacity && s->start > 0) {
        memmove(s->bytes, s->bytes + s->start, s->end - s->start);
        s->end -= s->start;
        s->start = 0;
    }
    if (s->end + n > s->capacity) {
        s->capacity = 2 * (s->end + n);
        s->bytes = mem_resize(s->bytes, s->capacity, 1);
    }
    memcpy(s->bytes + s->end, bytes, n);
    s->end += n;
    s->unsent += n;
}

static void stream_drop(struct byte_stream *s)
{
    s->start = s->end = s->unsent = s->arrived = 0;
    s->first_piece = s->n_pieces = 0;
}

/* Nothing that was or will be written is going to be read. */
static void stream_gone(struct byte_stream *s)
{
    stream_drop(s);
    s->gone = true;
}

static void piece_push(struct world *w, struct cable *l, enum side to, struct piece p)
{
    struct byte_stream *s = &l->to[to];
    if (s->n_pieces == s->pieces_capacity) {
        if (s->first_piece > 0) {
            memmove(s->pieces, s->pieces + s->first_piece,
                    (s->n_pieces - s->first_piece) * sizeof(p));
            s->n_pieces -= s->first_piece;
            s->first_piece = 0;
        } else {
            s->pieces_capacity = s->pieces_capacity ? 2 * s->pieces_capacity : 8;
            s->pieces = mem_resize(s->pieces, s->pieces_capacity, sizeof(p));
        }
    }
    int64_t delay = l->low_us;
    if (l->spread_us > 0)
        delay += chance_between(&w->rng, 0, l->spread_us);
    int64_t at_us = w->now_us + delay;
    p.at_us = at_us > s->last_us ? at_us : s->last_us;
    s->last_us = p.at_us;
    s->pieces[s->n_pieces++] = p;
    world_at(w, p.at_us, SIM_ARRIVE, l->index, to);
}

/* Sends what was written in this turn, whole or in pieces. */
static void stream_flush(struct world *w, struct cable *l, enum side to)
{
    struct byte_stream *s = &l->to[to];
    while (s->unsent > 0) {
        size_t n = s->unsent;
        if (n > 1 && chance_percent(&w->rng, w->plan.split_percent))
            n = 1 + (size_t)rng_below(&w->rng, n - 1);
        s->unsent -= n;
        piece_push(w, l, to, (struct piece){.bytes = n});
    }
}

static void stream_end(struct world *w, struct cable *l, enum side to)
{
    stream_flush(w, l, to);
    if (l->open[to] && !l->to[to].gone)
        piece_push(w, l, to, (struct piece){.end = true});
}

/* ---- lifetime ---- */

struct cable *cable_new(struct world *w, enum peer_kind kind, uint32_t peer,
                        struct party *party)
{
    struct cable *l = mem_zero(1, sizeof(*l));
    l->index = (uint32_t)w->n_links;
    l->conn = w->n_links + 1;
    l->life = w->host.life;
    l->kind = kind;
    l->peer = peer;
    l->party = party;
    l->open[SIDE_HOST] = l->open[SIDE_PEER] = true;
    l->low_us = w->plan.latency_us;
    l->spread_us = w->plan.jitter_us;
    if (!w->plan.scripted)
        l->low_us += chance_between(&w->rng, 0, w->plan.latency_us);
    l->slow = kind != PEER_WORKER && chance_percent(&w->rng, w->plan.slow_percent);
    frame_reader_init(&l->reader[SIDE_HOST], FRAME_HELLO_MAX);
    frame_reader_init(&l->reader[SIDE_PEER], FRAME_BODY_MAX);
    w->links = mem_resize(w->links, w->n_links + 1, sizeof(*w->links));
    w->links[w->n_links++] = l;
    world_at(w, w->now_us + l->low_us, SIM_ARRIVE, l->index, SIDE_HOST);
    world_at(w, w->now_us + STRANGER_US, SIM_STRANGER, l->index, l->life);
    return l;
}

static void cable_shrink(struct cable *l)
{
    for (int s = 0; s < 2; s++) {
        free(l->to[s].bytes);
        free(l->to[s].pieces);
        l->to[s] = (struct byte_stream){.gone = true};
        frame_reader_release(&l->reader[s]);
    }
}

void cable_free(struct cable *l)
{
    cable_shrink(l);
    free(l);
}

static void side_closed(struct cable *l, enum side s)
{
    l->open[s] = false;
    stream_gone(&l->to[s]);
}

void cable_write(struct world *w, struct cable *l, enum side to, const void *bytes,
                 size_t n)
{
    w->stats.bytes += n;
    world_hash_bytes(w, bytes, n);
    if (l->to[to].gone || !l->open[to])
        return;
    if (l->to[to].unsent == 0) {
        if (w->n_dirty == w->dirty_capacity) {
            w->dirty_capacity = w->dirty_capacity ? 2 * w->dirty_capacity : 16;
            w->dirty = mem_resize(w->dirty, w->dirty_capacity, sizeof(*w->dirty));
        }
        w->dirty[w->n_dirty++] = l;
    }
    stream_append(&l->to[to], bytes, n);
}

void cable_send(struct world *w, struct cable *l, enum side to, const struct msg *m)
{
    size_t n =
        wire_encode(m, &w->scratch, w->frame, FRAME_HEADER_BYTES + FRAME_BODY_MAX);
    w->stats.frames++;
    cable_write(w, l, to, w->frame, n);
}

void cables_flush(struct world *w)
{
    for (size_t i = 0; i < w->n_dirty; i++) {
        stream_flush(w, w->dirty[i], SIDE_HOST);
        stream_flush(w, w->dirty[i], SIDE_PEER);
    }
    w->n_dirty = 0;
}

void cable_close(struct world *w, struct cable *l, enum side by)
{
    if (!l->open[by])
        return;
    stream_end(w, l, other_side(by));
    side_closed(l, by);
}

/* A process dies: what it wrote may or may not be sent before the connection ends. */
void cable_abort(struct world *w, struct cable *l, enum side by)
{
    if (!l->open[by])
        return;
    if (!w->plan.scripted && chance_percent(&w->rng, 50))
        stream_drop(&l->to[other_side(by)]);
    cable_close(w, l, by);
}

void cable_reset(struct world *w, struct cable *l)
{
    TELL(w, "net      connection %llu is reset", (unsigned long long)l->conn);
    w->stats.resets++;
    for (int s = 0; s < 2; s++) {
        if (l->open[s] && !l->to[s].gone) {
            stream_drop(&l->to[s]);
            stream_end(w, l, (enum side)s);
            l->to[s].gone = true;
        }
    }
}

void cable_half_open(struct world *w, struct cable *l, enum side who_learns)
{
    enum side other = other_side(who_learns);
    TELL(w, "net      connection %llu is half open, %s does not know",
         (unsigned long long)l->conn, other == SIDE_HOST ? "picoord" : "the peer");
    if (l->open[who_learns] && !l->to[who_learns].gone) {
        stream_drop(&l->to[who_learns]);
        stream_end(w, l, who_learns);
        l->to[who_learns].gone = true;
    }
    stream_gone(&l->to[other]);
}

void cable_vanish(struct world *w, struct cable *l)
{
    TELL(w, "net      connection %llu is cut, nobody knows",
         (unsigned long long)l->conn);
    stream_gone(&l->to[SIDE_HOST]);
    stream_gone(&l->to[SIDE_PEER]);
}

void cable_stall(struct cable *l, int64_t until_us)
{
    for (int s = 0; s < 2; s++)
        if (l->to[s].last_us < until_us)
            l->to[s].last_us = until_us;
}

size_t cable_backlog(const struct cable *l, enum side to)
{
    return l->to[to].end - l->to[to].start;
}

/* ---- reading ---- */

static bool can_read(struct world *w, struct cable *l, enum side s)
{
    if (!l->open[s])
        return false;
    if (s == SIDE_HOST)
        return host_reads(w, l);
    if (l->kind == PEER_WORKER && w->workers[l->peer]->life != LIFE_RUNNING)
        return false;
    return l->to[s].read_at_us <= w->now_us;
}

static void bad_bytes(struct world *w, struct cable *l, enum side s, const char *why)
{
    if (s == SIDE_HOST)
        host_bad(w, l, why);
    else
        world_fail(w, "picoord sent what is no message: %s", why);
}

static void take_message(struct world *w, struct cable *l, enum side s,
                         const struct msg *m)
{
    TRACE(w, "      conn %llu: %s reads type %d", (unsigned long long)l->conn,
          s == SIDE_HOST ? "picoord" : "peer", (int)m->type);
    if (s == SIDE_HOST)
        host_message(w, l, m);
    else if (l->kind == PEER_WORKER)
        fleet_message(w, w->workers[l->peer], m);
    else if (l->kind == PEER_ROGUE)
        rogue_message(w, l, m);
    else
        operator_message(w, l, m);
}

static void take_frames(struct world *w, struct cable *l, enum side s)
{
    const uint8_t *body;
    const char *why;
    size_t bytes;
    while (l->open[s]) {
        enum frame_status status = frame_next(&l->reader[s], &body, &bytes);
        struct msg m;
        if (status == FRAME_NONE)
            return;
        if (status == FRAME_BAD)
            bad_bytes(w, l, s, "a frame is empty or too long");
        else if (wire_decode(body, bytes, &w->incoming, &m, &why) < 0)
            bad_bytes(w, l, s, why);
        else
            take_message(w, l, s, &m);
    }
}

static void take_bytes(struct world *w, struct cable *l, enum side s)
{
    struct byte_stream *p = &l->to[s];
    size_t room;
    while (p->arrived > 0 && l->open[s]) {
        void *at = frame_reader_room(&l->reader[s], &room);
        size_t n = p->arrived < room ? p->arrived : room;
        if (s == SIDE_PEER && l->slow && n > 256)
            n = 256;
        memcpy(at, p->bytes + p->start, n);
        p->start += n;
        p->arrived -= n;
        frame_reader_filled(&l->reader[s], n);
        take_frames(w, l, s);
        if (s == SIDE_PEER && l->slow) {
            p->read_at_us = w->now_us + chance_between(&w->rng, 1000, 300000);
            world_at(w, p->read_at_us, SIM_READ, l->index, s);
            return;
        }
    }
}

static void take_end(struct world *w, struct cable *l, enum side s)
{
    TRACE(w, "      conn %llu: %s reads the end", (unsigned long long)l->conn,
          s == SIDE_HOST ? "picoord" : "peer");
    cable_close(w, l, s);
    if (s == SIDE_HOST)
        host_lost(w, l);
    else if (l->kind == PEER_WORKER)
        fleet_lost(w, w->workers[l->peer]);
    else if (l->kind == PEER_ROGUE)
        rogue_lost(w, l);
    else
        operator_lost(w, l);
}

void cable_pump(struct world *w, struct cable *l, enum side s)
{
    if (!can_read(w, l, s))
        return;
    if (s == SIDE_HOST && !l->announced)
        host_announce(w, l);
    take_bytes(w, l, s);
    if (l->open[s] && l->to[s].ended && l->to[s].arrived == 0)
        take_end(w, l, s);
    if (!l->open[SIDE_HOST] && !l->open[SIDE_PEER])
        cable_shrink(l);
}

static void arrive(struct world *w, struct cable *l, enum side s)
{
    struct byte_stream *p = &l->to[s];
    while (p->first_piece < p->n_pieces &&
           p->pieces[p->first_piece].at_us <= w->now_us) {
        struct piece *x = &p->pieces[p->first_piece++];
        p->arrived += x->bytes;
        p->ended |= x->end;
    }
    cable_pump(w, l, s);
}

void net_event(struct world *w, const struct sim_event *e)
{
    struct cable *l = w->links[e->who];
    if (e->type == SIM_ARRIVE)
        arrive(w, l, (enum side)e->arg);
    else
        cable_pump(w, l, (enum side)e->arg);
}
