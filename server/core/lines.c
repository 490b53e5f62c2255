// SPDX-License-Identifier: MIT
#include "server/core/lines.h"

#include <assert.h>

#include "server/core/cost.h"
#include "server/core/ready.h"
#include "server/core/standing.h"

enum {
    DEBT_US = 1000000, /* a worker that owes more gets no work, */
    DEBT_TRIALS = 16   /* and of a program, more than this too */
};

void lines_init(struct coord *c)
{
    for (enum desk d = DESK_PI; d < DESKS; d++) {
        ring_init(&c->slices.desks[d].turns[LINE_BUDGET]);
        ring_init(&c->slices.desks[d].turns[LINE_EXEMPT]);
    }
    c->slices.next_id = 1;
}

/* Whether the worker owes so much that it has to wait for others to catch up. */
static void weigh(struct coord *c, struct standing *s)
{
    bool was = s->overdue, pi = program_is_pi(s->program);
    s->overdue = s->due >= AUDITS_A_WORKER ||
                 (cost_us(c, s->program, s->debt) > DEBT_US &&
                  (pi || s->debt > (uint64_t)DEBT_TRIALS << UNIT_LOG2));
    if (was == s->overdue)
        return;
    struct worker *w = !pi || was ? map_get(&c->fleet.by_id, s->worker) : NULL;
    if (w && !pi && w->classed)
        ready_classify(c, w);
    for (uint32_t i = 0; w && was && i < w->n_threads; i++)
        ready_add(c, &w->threads[i]);
}

/* The sum that is owed of the same. */
static unsigned __int128 *sum_of(struct coord *c, const struct recomputation *r)
{
    struct program *p = r->of->program;
    return program_is_pi(p) ? &c->slices.trials[r->line] : &p->trials;
}

static void owe(struct coord *c, const struct recomputation *r, uint64_t trials)
{
    r->of->debt += trials;
    *sum_of(c, r) += trials;
}

static void pay(struct coord *c, const struct recomputation *r, uint64_t trials)
{
    unsigned __int128 *sum = sum_of(c, r);
    assert(r->of->debt >= trials && *sum >= trials);
    r->of->debt -= trials;
    *sum -= trials;
}

static struct line *line_of(const struct recomputation *r)
{
    return &r->of->lines[r->line];
}

/* Whose line it is. */
static const struct standing *owner_of(const struct line *l, enum line_kind kind)
{
    return container_of(l - kind, const struct standing, lines[0]);
}

static bool line_waits(const struct line *l)
{
    return *l->waiting || l->lost > 0;
}

static struct program_turn *program_at(struct ring *turn)
{
    return container_of(turn, struct program_turn, turn);
}

/* The program's place among others, if anything of it waits: by what it has taken, so
 * that quick trials do not wait for as many slow ones. */
static void place_program(struct coord *c, struct program *of, enum line_kind kind)
{
    struct program_turn *p = &of->turns[kind];
    struct desk_slices *d = &c->slices.desks[cost_desk(of)];
    if (ring_is_alone(&p->turn) && p->pass < d->pass[kind])
        p->pass = d->pass[kind]; /* nothing is saved up */
    ring_remove(&p->turn);
    if (ring_is_alone(&p->lines))
        return;
    struct ring *at = d->turns[kind].next;
    while (at != &d->turns[kind] && program_at(at)->pass <= p->pass)
        at = at->next;
    ring_append(at, &p->turn);
}

/* The line's place in the round of its program: at the end, if anything waits. */
static void take_turn(struct coord *c, struct standing *s, enum line_kind kind)
{
    struct line *l = &s->lines[kind];
    ring_remove(&l->turn);
    if (line_waits(l))
        ring_append(&s->program->turns[kind].lines, &l->turn);
    place_program(c, s->program, kind);
}

void lines_charge(struct coord *c, struct program *of, enum line_kind kind, int64_t us)
{
    of->turns[kind].pass += us;
    place_program(c, of, kind);
}

void lines_add(struct coord *c, struct recomputation *r, enum line_kind line)
{
    assert(r->range.count > 0 && r->out == 0 && r->counted == 0 && !r->next);
    r->line = line;
    struct line *l = line_of(r);
    if (!l->tail) {
        ring_init(&l->turn);
        l->tail = l->waiting = &l->head;
    }
    *l->tail = r;
    l->tail = &r->next;
    if (ring_is_alone(&l->turn))
        take_turn(c, r->of, line);
    owe(c, r, r->range.count);
    weigh(c, r->of);
}

void lines_pay(struct coord *c, const struct recomputation *r, uint64_t trials)
{
    pay(c, r, trials);
    weigh(c, r->of);
}

void lines_remove(struct coord *c, struct recomputation *r)
{
    struct line *l = line_of(r);
    struct recomputation **link = &l->head;
    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
    if (l->tail == &r->next)
        l->tail = link;
    if (l->waiting == &r->next)
        l->waiting = link;
    for (size_t i = c->slices.out.n; i-- > 0;) {
        struct slice *s = &c->slices.out.items[i];
        if (s->of != r)
            continue;
        s->of = NULL;
        if (s->lost) {
            l->lost--;
            *s = c->slices.out.items[--c->slices.out.n];
        }
    }
    if (!line_waits(l)) {
        ring_remove(&l->turn);
        place_program(c, r->of->program, r->line);
    }
    lines_pay(c, r, r->range.count - r->counted);
}

void lines_lose(struct coord *c, struct slice *s)
{
    struct line *l = line_of(s->of);
    s->lost = true;
    l->lost++;
    if (ring_is_alone(&l->turn))
        take_turn(c, s->of->of, s->kind);
}

struct recomputation *lines_first(const struct standing *s, enum line_kind line)
{
    return s->lines[line].head;
}

/* ---- whose turn it is ---- */

/* The oldest slice of the line that was lost; or NULL. */
static struct slice *lost_slice(const struct coord *c, const struct line *l)
{
    for (size_t i = 0; l->lost > 0 && i < c->slices.out.n; i++) {
        struct slice *s = &c->slices.out.items[i];
        if (s->lost && line_of(s->of) == l)
            return s;
    }
    return NULL;
}

/* The next part of the oldest recomputation that waits.  It ends at a multiple of a
 * power of two, so that the kernel counts few ragged ends. */
static struct range new_part(const struct coord *c, const struct line *l)
{
    const struct recomputation *r = *l->waiting;
    const struct program *p = r->job->program;
    uint64_t most = c->slices.speed * SLICE_US, width = 1 << LEASE_LOG2_MIN;
    if (!program_is_pi(p)) /* one trial at least, however long it takes */
        most = (uint64_t)((((unsigned __int128)p->speed * SLICE_US) << UNIT_LOG2) /
                          (1000000 * PROGRAM_SPEED_ONE));
    while (width <= most / 2)
        width *= 2;
    struct range x = {r->range.first + r->out, r->range.count - r->out};
    uint64_t end = (x.first / width + 1) * width;
    if (x.count > end - x.first)
        x.count = end - x.first;
    return x;
}

static struct slice *new_slice(struct coord *c, struct line *l, enum line_kind kind)
{
    struct recomputation *r = *l->waiting;
    struct range x = new_part(c, l);
    r->out += x.count;
    if (r->out == r->range.count)
        l->waiting = &r->next;
    struct slice *s = VEC_PUSH(&c->slices.out);
    *s = (struct slice){.id = c->slices.next_id++,
                        .of = r,
                        .program = r->of->program,
                        .kind = kind,
                        .range = x};
    return s;
}

struct slice *lines_take(struct coord *c, struct line *l, enum line_kind kind)
{
    struct slice *s = lost_slice(c, l);
    if (s) {
        s->lost = s->lent = false;
        l->lost--;
    } else {
        s = new_slice(c, l, kind);
    }
    struct program *p = s->program;
    s->us = (int64_t)cost_us(c, p, s->range.count);
    c->slices.desks[cost_desk(p)].pass[kind] = p->turns[kind].pass;
    take_turn(c, s->of->of, kind);
    lines_charge(c, p, kind, s->us);
    return s;
}

static struct line *line_at(struct ring *turn)
{
    return container_of(turn, struct line, turn);
}

const struct recomputation *lines_next(const struct coord *c, const struct line *l,
                                       struct range *ret)
{
    const struct slice *s = lost_slice(c, l);
    *ret = s ? s->range : new_part(c, l);
    return s ? s->of : *l->waiting;
}

struct line *lines_after(const struct coord *c, enum desk d, enum line_kind kind,
                         struct line *l)
{
    const struct ring *programs = &c->slices.desks[d].turns[kind];
    struct ring *at = programs->next;
    if (l) {
        struct program_turn *p = &owner_of(l, kind)->program->turns[kind];
        if (l->turn.next != &p->lines)
            return line_at(l->turn.next);
        at = p->turn.next;
    }
    return at == programs ? NULL : line_at(program_at(at)->lines.next);
}

/* ---- checks ---- */

/* Those that are wholly handed out stand before those that are not.  Returns the trials
 * that it owes. */
unsigned __int128 lines_check(const struct standing *s, enum line_kind kind)
{
    const struct line *l = &s->lines[kind];
    unsigned __int128 trials = 0;
    bool waits = false;
    struct recomputation *const *link = &l->head;
    for (; l->tail && *link; link = &(*link)->next) {
        const struct recomputation *r = *link;
        waits |= link == l->waiting;
        assert(r->of == s && r->line == kind && r->hits <= r->counted);
        assert(r->counted <= r->out && r->out <= r->range.count);
        assert(waits == (r->out < r->range.count));
        trials += r->range.count - r->counted;
    }
    waits |= l->lost > 0;
    assert(!l->tail || (l->tail == link && waits == !ring_is_alone(&l->turn)));
    return trials;
}

/* A program has its turn while a line of it has, the least pass first. */
void lines_check_turns(const struct coord *c)
{
    for (size_t i = 0; i < c->kinds.programs.n; i++) {
        const struct program *p = c->kinds.programs.items[i];
        for (enum line_kind kind = LINE_BUDGET; kind <= LINE_EXEMPT; kind++) {
            const struct program_turn *x = &p->turns[kind];
            const struct ring *last = &c->slices.desks[cost_desk(p)].turns[kind];
            assert(ring_is_alone(&x->turn) == ring_is_alone(&x->lines));
            assert(ring_is_alone(&x->turn) || x->turn.next == last ||
                   program_at(x->turn.next)->pass >= x->pass);
        }
    }
}
