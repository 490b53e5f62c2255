// SPDX-License-Identifier: MIT
/* Recomputations, a slice at a time: whose turn it is, and what they may cost. */
#include "server/core/slices.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/cost.h"
#include "server/core/effects.h"
#include "server/core/kind.h"
#include "server/core/ready.h"
#include "server/core/standing.h"

enum {
    SLICE_US = 50000,     /* of CPU time: the longest slice */
    SLICES_A_THREAD = 16, /* handed out at once, while they are short; */
    SLICE_TIMES = 2,      /* of long ones so many: the next is there at once */
    OVERDRAFT_SLICES = 2, /* the budget never owes more than so many slices */
    SAVED_US = 1000000,   /* largest unused budget that is carried over */
    DEBT_US = 1000000,    /* a worker that owes more gets no work, */
    DEBT_TRIALS = 16,     /* and of a program, more than this too */
    LENT_MAX = 256,       /* slices */
    MEASURABLE_US = 100   /* what takes less says nothing of the speed */
};

void slices_init(struct coord *c)
{
    for (enum desk d = DESK_PI; d < DESKS; d++) {
        ring_init(&c->slices.desks[d].turns[LINE_BUDGET]);
        ring_init(&c->slices.desks[d].turns[LINE_EXEMPT]);
        c->slices.desks[d].budget_us = SAVED_US;
    }
    c->slices.next_id = 1;
}

void slices_release(struct coord *c)
{
    free(c->slices.out.items);
}

/* ---- lines ---- */

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

/* The program has taken so much more of the desk's time. */
static void charge(struct coord *c, struct program *of, enum line_kind kind, int64_t us)
{
    of->turns[kind].pass += us;
    place_program(c, of, kind);
}

void slices_add(struct coord *c, struct recomputation *r, enum line_kind line)
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

void slices_remove(struct coord *c, struct recomputation *r)
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
    pay(c, r, r->range.count - r->counted);
    weigh(c, r->of);
}

struct recomputation *slices_first(const struct standing *s, enum line_kind line)
{
    return s->lines[line].head;
}

/* ---- handing out ---- */

static void budget_add(struct desk_slices *d, int64_t us)
{
    int64_t least = -OVERDRAFT_SLICES * (int64_t)SLICE_US;
    int64_t sum = d->budget_us + us;
    d->budget_us = sum > SAVED_US ? SAVED_US : sum < least ? least : sum;
}

static void budget_credit(struct coord *c, enum desk desk)
{
    struct desk_slices *d = &c->slices.desks[desk];
    budget_add(d, (c->clock.now_ms - d->budget_ms) * cost_us_a_ms(c, desk));
    d->budget_ms = c->clock.now_ms;
}

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

/* The next slice of the line, which takes its turn by it, as its program does. */
static struct slice *take_slice(struct coord *c, struct line *l, enum line_kind kind)
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
    charge(c, p, kind, s->us);
    return s;
}

static struct line *line_at(struct ring *turn)
{
    return container_of(turn, struct line, turn);
}

/* The recomputation that the line's next slice is of, and the slice's range. */
static const struct recomputation *next_of(const struct coord *c, const struct line *l,
                                           struct range *ret)
{
    const struct slice *s = lost_slice(c, l);
    *ret = s ? s->range : new_part(c, l);
    return s ? s->of : *l->waiting;
}

/* The line whose turn it is after that one, or the first; NULL: there is none. */
static struct line *line_after(const struct coord *c, enum desk d, enum line_kind kind,
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

/* The first line whose next slice picoord can count itself; or NULL. */
static struct line *line_for_here(const struct coord *c, enum desk d,
                                  enum line_kind kind)
{
    struct line *l = NULL;
    struct range x;
    while ((l = line_after(c, d, kind, l)))
        if (d == DESK_PI || kind_own(c, next_of(c, l, &x)->job))
            return l;
    return NULL;
}

static void hand_out(struct coord *c, enum desk desk, enum line_kind kind)
{
    struct desk_slices *d = &c->slices.desks[desk];
    struct slice *s = take_slice(c, line_for_here(c, desk, kind), kind);
    const struct job *j = s->of->job;
    d->here++;
    d->out_us += s->us;
    if (kind == LINE_BUDGET)
        budget_add(d, -s->us);
    struct effect *e = effect_add(c, EFFECT_RECOMPUTE, 0);
    e->recompute.id = s->id;
    e->recompute.seed = j->record.seed;
    e->recompute.first = s->range.first;
    e->recompute.count = s->range.count;
    e->recompute.program = j->of.name;
    e->recompute.arg = j->of.arg;
    e->recompute.score = j->of.score;
    e->recompute.fresh = s->of->again;
}

/* A trial of a program may take long, so there is never a second one beside it. */
static bool threads_are_free(const struct coord *c, enum desk desk)
{
    const struct desk_slices *d = &c->slices.desks[desk];
    if (desk == DESK_PROGRAMS)
        return d->here == 0;
    return d->here < SLICES_A_THREAD * cost_threads(c, DESK_PI) &&
           d->out_us < (int64_t)SLICE_TIMES * SLICE_US * cost_threads(c, DESK_PI);
}

/* Where no program was ever named, nobody looks after any. */
static inline enum desk desks_in_use(const struct coord *c)
{
    return c->kinds.programs.n > 1 ? DESKS : DESK_PROGRAMS;
}

static bool any_waits(const struct coord *c, enum desk d, enum line_kind kind)
{
    return !ring_is_alone(&c->slices.desks[d].turns[kind]);
}

static bool any_here(const struct coord *c, enum desk d, enum line_kind kind)
{
    return any_waits(c, d, kind) && line_for_here(c, d, kind);
}

static void run_desk(struct coord *c, enum desk desk)
{
    struct desk_slices *d = &c->slices.desks[desk];
    budget_credit(c, desk);
    if (!any_waits(c, desk, LINE_BUDGET) && !any_waits(c, desk, LINE_EXEMPT))
        return;
    while (threads_are_free(c, desk)) {
        bool budget = d->budget_us > 0 && any_here(c, desk, LINE_BUDGET);
        bool exempt = any_here(c, desk, LINE_EXEMPT);
        if (!budget && !exempt)
            return;
        if (budget && exempt)
            d->last = d->last == LINE_BUDGET ? LINE_EXEMPT : LINE_BUDGET;
        else
            d->last = budget ? LINE_BUDGET : LINE_EXEMPT;
        hand_out(c, desk, d->last);
    }
}

void slices_run(struct coord *c)
{
    for (enum desk d = DESK_PI; d < desks_in_use(c); d++)
        run_desk(c, d);
}

int64_t slices_deadline(const struct coord *c)
{
    int64_t at = INT64_MAX;
    for (enum desk d = DESK_PI; d < desks_in_use(c); d++) {
        const struct desk_slices *s = &c->slices.desks[d];
        if (!any_waits(c, d, LINE_BUDGET) || s->budget_us > 0 ||
            !threads_are_free(c, d))
            continue;
        int64_t then = s->budget_ms + -s->budget_us / cost_us_a_ms(c, d) + 1;
        at = then < at ? then : at;
    }
    return at;
}

/* ---- lending ---- */

bool slices_may_lend(const struct coord *c)
{
    for (enum desk d = DESK_PI; d < desks_in_use(c) && c->slices.lent < LENT_MAX; d++)
        if (any_waits(c, d, LINE_BUDGET) || any_waits(c, d, LINE_EXEMPT))
            return true;
    return false;
}

/* Disputes are decided here, but where picoord lacks the program. */
static bool may_go_out(const struct coord *c, const struct recomputation *r,
                       const struct standing *to, uint64_t kinds)
{
    return r->of->worker != to->worker && !r->here &&
           (r->kind == RECOMPUTES_AUDIT || !kind_own(c, r->job)) &&
           kinds & kind_bit(c, r->job->kind);
}

static const struct slice *
lend_of(struct coord *c, const struct standing *to, uint64_t kinds, enum desk d,
        enum line_kind kind, bool may(const struct recomputation *r, struct range x))
{
    struct line *l = NULL;
    while ((l = line_after(c, d, kind, l))) {
        struct range x;
        const struct recomputation *r = next_of(c, l, &x);
        if (!may(r, x) || !may_go_out(c, r, to, kinds))
            continue;
        struct slice *s = take_slice(c, l, kind);
        s->of->lent = s->lent = true;
        s->us = 0;
        c->slices.lent++;
        return s;
    }
    return NULL;
}

const struct slice *slices_lend(struct coord *c, const struct standing *to,
                                uint64_t kinds,
                                bool may(const struct recomputation *r, struct range x))
{
    const struct slice *s = NULL;
    for (enum desk d = DESK_PI; d < DESKS && !s; d++)
        for (enum line_kind kind = LINE_BUDGET; kind <= LINE_EXEMPT && !s; kind++)
            s = lend_of(c, to, kinds, d, kind, may);
    return s;
}

static size_t find_slice(const struct coord *c, uint64_t id)
{
    size_t i = 0;
    while (i < c->slices.out.n && c->slices.out.items[i].id != id)
        i++;
    return i;
}

void slices_lost(struct coord *c, uint64_t id)
{
    struct slice *s = &c->slices.out.items[find_slice(c, id)];
    assert(s < c->slices.out.items + c->slices.out.n && s->lent && !s->lost);
    c->slices.lent--;
    if (!s->of) {
        *s = c->slices.out.items[--c->slices.out.n];
        return;
    }
    struct line *l = line_of(s->of);
    s->lost = true;
    l->lost++;
    if (ring_is_alone(&l->turn))
        take_turn(c, s->of->of, s->kind);
}

void slices_anew(struct coord *c, struct recomputation *r, bool again)
{
    enum line_kind line = r->line;
    uint64_t hits = r->hits;
    slices_remove(c, r);
    *r = (struct recomputation){.kind = r->kind,
                                .job = r->job,
                                .of = r->of,
                                .range = r->range,
                                .here = kind_own(c, r->job),
                                .again = again,
                                .before = hits};
    slices_add(c, r, line);
}

/* ---- what comes back ---- */

/* Replaces the estimated cost by the measured one, in the budget and for later
 * estimates. */
static void settle(struct coord *c, const struct slice *s, uint64_t micros)
{
    if (s->lent) {
        c->slices.lent--;
        return;
    }
    struct desk_slices *d = &c->slices.desks[cost_desk(s->program)];
    d->here--;
    d->out_us -= s->us;
    charge(c, s->program, s->kind, (int64_t)micros - s->us);
    if (s->kind == LINE_BUDGET)
        budget_add(d, s->us - (int64_t)micros);
    if (micros >= MEASURABLE_US)
        cost_learn(c, s->program, s->range.count, micros);
}

const struct job *slices_failed(struct coord *c, uint64_t id)
{
    size_t i = find_slice(c, id);
    if (i == c->slices.out.n)
        return NULL;
    struct slice s = c->slices.out.items[i];
    struct desk_slices *d = &c->slices.desks[cost_desk(s.program)];
    assert(!s.lent && !s.lost);
    d->here--;
    d->out_us -= s.us;
    if (s.kind == LINE_BUDGET)
        budget_add(d, s.us);
    if (!s.of) {
        c->slices.out.items[i] = c->slices.out.items[--c->slices.out.n];
        return NULL;
    }
    /* it waits like one that was lent */
    struct line *l = line_of(s.of);
    c->slices.out.items[i].lent = c->slices.out.items[i].lost = true;
    c->slices.out.items[i].us = 0;
    s.of->here = false;
    l->lost++;
    if (ring_is_alone(&l->turn))
        take_turn(c, s.of->of, s.kind);
    return s.of->job;
}

struct recomputation *slices_counted(struct coord *c, uint64_t id, uint64_t hits,
                                     uint64_t micros)
{
    size_t i = find_slice(c, id);
    if (i == c->slices.out.n)
        return NULL;
    struct slice s = c->slices.out.items[i];
    c->slices.out.items[i] = c->slices.out.items[--c->slices.out.n];
    settle(c, &s, micros);
    struct recomputation *r = s.of;
    if (!r)
        return NULL;
    assert(!s.lost && hits <= s.range.count);
    r->counted += s.range.count;
    r->hits += hits;
    pay(c, r, s.range.count);
    weigh(c, r->of);
    return r->counted == r->range.count ? r : NULL;
}

/* ---- questions ---- */

uint64_t slices_debtor(const struct coord *c)
{
    const struct standing *most = NULL;
    unsigned __int128 most_us = 0;
    for (enum desk d = DESK_PI; d < DESKS; d++) {
        struct line *l = NULL;
        while ((l = line_after(c, d, LINE_BUDGET, l))) {
            const struct standing *s = owner_of(l, LINE_BUDGET);
            unsigned __int128 us = cost_us(c, s->program, s->debt);
            if (!most || us > most_us) {
                most = s;
                most_us = us;
            }
        }
    }
    return most ? most->worker : 0;
}

/* Those that are wholly handed out stand before those that are not.  Returns the trials
 * that it owes. */
static unsigned __int128 check_line(const struct standing *s, enum line_kind kind)
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

/* What is owed of the standing, in the sums of its program. */
static uint32_t check_standing(const struct standing *s, unsigned __int128 sum[2])
{
    unsigned __int128 budget = check_line(s, LINE_BUDGET);
    unsigned __int128 exempt = check_line(s, LINE_EXEMPT);
    assert(s->debt == budget + exempt);
    sum[LINE_BUDGET] += budget;
    sum[LINE_EXEMPT] += exempt;
    return s->lines[LINE_BUDGET].lost + s->lines[LINE_EXEMPT].lost;
}

/* A program has its turn while a line of it has, the least pass first. */
static void check_turns(const struct coord *c)
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

void slices_check(const struct coord *c)
{
    check_turns(c);
    unsigned __int128 pi[2] = {0}, others[2] = {0}, owed = 0;
    uint32_t lost = 0, here[DESKS] = {0}, lent = 0;
    int64_t us[DESKS] = {0};
    struct standing_walk at = {0};
    for (const struct standing *s; (s = standing_next(c, &at));)
        lost += check_standing(s, program_is_pi(s->program) ? pi : others);
    assert(pi[LINE_BUDGET] == c->slices.trials[LINE_BUDGET]);
    assert(pi[LINE_EXEMPT] == c->slices.trials[LINE_EXEMPT]);
    for (size_t i = 1; i < c->kinds.programs.n; i++)
        owed += c->kinds.programs.items[i]->trials;
    assert(owed == others[LINE_BUDGET] + others[LINE_EXEMPT]);
    for (size_t i = 0; i < c->slices.out.n; i++) {
        const struct slice *x = &c->slices.out.items[i];
        us[cost_desk(x->program)] += x->us;
        here[cost_desk(x->program)] += !x->lent;
        lent += x->lent && !x->lost;
        lost -= x->lost;
    }
    for (enum desk d = DESK_PI; d < DESKS; d++)
        assert(us[d] == c->slices.desks[d].out_us &&
               here[d] == c->slices.desks[d].here);
    assert(lost == 0 && lent == c->slices.lent);
}
