// SPDX-License-Identifier: MIT
/* Recomputations, a slice at a time: whose turn it is, and what they may cost. */
#include "server/core/slices.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/effects.h"
#include "server/core/ready.h"
#include "server/core/standing.h"

enum {
    AUDIT_PERCENT = 5,    /* of a core */
    SLICE_US = 50000,     /* of CPU time: the longest slice */
    SLICES_A_THREAD = 16, /* handed out at once, while they are short; */
    SLICE_TIMES = 2,      /* of long ones so many: the next is there at once */
    OVERDRAFT_SLICES = 2, /* the budget never owes more than so many slices */
    SAVED_US = 1000000,   /* largest unused budget that is carried over */
    DEBT_US = 1000000,    /* a worker that owes more gets no work */
    LENT_MAX = 256,       /* slices */
    SPEED_ASSUMED = 200,  /* trials a microsecond, until measured */
    MEASURABLE_US = 100   /* what takes less says nothing of the speed */
};

#define WAIT_MOST_MS (INT64_C(1) << 53) /* the longest time that a reply may say */

void slices_init(struct coord *c)
{
    if (c->config.audit_percent == 0)
        c->config.audit_percent = AUDIT_PERCENT;
    ring_init(&c->slices.turns[LINE_BUDGET]);
    ring_init(&c->slices.turns[LINE_EXEMPT]);
    c->slices.budget_us = SAVED_US;
    c->slices.speed = SPEED_ASSUMED;
    c->slices.next_id = 1;
}

void slices_release(struct coord *c)
{
    free(c->slices.out.items);
}

uint32_t slices_threads(const struct coord *c)
{
    return (c->config.audit_percent + 99) / 100;
}

static int64_t budget_us_a_ms(const struct coord *c)
{
    return (int64_t)c->config.audit_percent * 10;
}

/* ---- lines ---- */

/* Whether the worker owes so much that it has to wait for others to catch up. */
static void weigh(struct coord *c, struct standing *s)
{
    bool was = s->overdue;
    s->overdue = s->due >= AUDITS_A_WORKER || s->debt / c->slices.speed > DEBT_US;
    struct worker *w = was && !s->overdue ? map_get(&c->fleet.by_id, s->worker) : NULL;
    for (uint32_t i = 0; w && i < w->n_threads; i++)
        ready_add(c, &w->threads[i]);
}

static void owe(struct coord *c, const struct recomputation *r, uint64_t trials)
{
    r->of->debt += trials;
    c->slices.trials[r->line] += trials;
}

static void pay(struct coord *c, const struct recomputation *r, uint64_t trials)
{
    assert(r->of->debt >= trials && c->slices.trials[r->line] >= trials);
    r->of->debt -= trials;
    c->slices.trials[r->line] -= trials;
}

static struct line *line_of(const struct recomputation *r)
{
    return &r->of->lines[r->line];
}

static bool line_waits(const struct line *l)
{
    return *l->waiting || l->lost > 0;
}

/* The line's place in the round: at its end, if anything waits. */
static void take_turn(struct coord *c, struct line *l, enum line_kind kind)
{
    ring_remove(&l->turn);
    if (line_waits(l))
        ring_append(&c->slices.turns[kind], &l->turn);
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
        take_turn(c, l, line);
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
    if (!line_waits(l))
        ring_remove(&l->turn);
    pay(c, r, r->range.count - r->counted);
    weigh(c, r->of);
}

struct recomputation *slices_first(const struct standing *s, enum line_kind line)
{
    return s->lines[line].head;
}

/* ---- handing out ---- */

static void budget_add(struct coord *c, int64_t us)
{
    int64_t least = -OVERDRAFT_SLICES * (int64_t)SLICE_US;
    int64_t sum = c->slices.budget_us + us;
    c->slices.budget_us = sum > SAVED_US ? SAVED_US : sum < least ? least : sum;
}

static void budget_credit(struct coord *c)
{
    budget_add(c, (c->clock.now_ms - c->slices.budget_ms) * budget_us_a_ms(c));
    c->slices.budget_ms = c->clock.now_ms;
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
    uint64_t most = c->slices.speed * SLICE_US, width = 1 << LEASE_LOG2_MIN;
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
    *s = (struct slice){.id = c->slices.next_id++, .of = r, .kind = kind, .range = x};
    return s;
}

/* The next slice of the line, which takes its turn by it. */
static struct slice *take_slice(struct coord *c, struct line *l, enum line_kind kind)
{
    struct slice *s = lost_slice(c, l);
    if (s) {
        s->lost = s->lent = false;
        l->lost--;
    } else {
        s = new_slice(c, l, kind);
    }
    take_turn(c, l, kind);
    return s;
}

static struct line *line_at(struct ring *turn)
{
    return container_of(turn, struct line, turn);
}

static void hand_out(struct coord *c, enum line_kind kind)
{
    struct slice *s = take_slice(c, line_at(c->slices.turns[kind].next), kind);
    s->us = (int64_t)(s->range.count / c->slices.speed);
    c->slices.here++;
    c->slices.out_us += s->us;
    if (kind == LINE_BUDGET)
        budget_add(c, -s->us);
    struct effect *e = effect_add(c, EFFECT_RECOMPUTE, 0);
    e->recompute.id = s->id;
    e->recompute.seed = s->of->job->record.seed;
    e->recompute.first = s->range.first;
    e->recompute.count = s->range.count;
}

static bool threads_are_free(const struct coord *c)
{
    return c->slices.here < SLICES_A_THREAD * slices_threads(c) &&
           c->slices.out_us < (int64_t)SLICE_TIMES * SLICE_US * slices_threads(c);
}

static bool any_waits(const struct coord *c, enum line_kind kind)
{
    return !ring_is_alone(&c->slices.turns[kind]);
}

void slices_run(struct coord *c)
{
    budget_credit(c);
    while (threads_are_free(c)) {
        bool budget = any_waits(c, LINE_BUDGET) && c->slices.budget_us > 0;
        bool exempt = any_waits(c, LINE_EXEMPT);
        if (!budget && !exempt)
            return;
        if (budget && exempt)
            c->slices.last = c->slices.last == LINE_BUDGET ? LINE_EXEMPT : LINE_BUDGET;
        else
            c->slices.last = budget ? LINE_BUDGET : LINE_EXEMPT;
        hand_out(c, c->slices.last);
    }
}

int64_t slices_deadline(const struct coord *c)
{
    if (!any_waits(c, LINE_BUDGET) || c->slices.budget_us > 0 || !threads_are_free(c))
        return INT64_MAX;
    return c->slices.budget_ms + -c->slices.budget_us / budget_us_a_ms(c) + 1;
}

/* ---- lending ---- */

/* The recomputation that the line's next slice is of, and the slice's range. */
static const struct recomputation *next_of(const struct coord *c, const struct line *l,
                                           struct range *ret)
{
    const struct slice *s = lost_slice(c, l);
    *ret = s ? s->range : new_part(c, l);
    return s ? s->of : *l->waiting;
}

bool slices_may_lend(const struct coord *c)
{
    return c->slices.lent < LENT_MAX &&
           (any_waits(c, LINE_BUDGET) || any_waits(c, LINE_EXEMPT));
}

const struct slice *slices_lend(struct coord *c, const struct standing *to,
                                bool may(const struct recomputation *r, struct range x))
{
    for (enum line_kind kind = LINE_BUDGET; kind <= LINE_EXEMPT; kind++) {
        struct ring *turns = &c->slices.turns[kind];
        for (struct ring *t = turns->next; t != turns; t = t->next) {
            struct range x;
            const struct recomputation *r = next_of(c, line_at(t), &x);
            if (r->of == to || r->here || r->kind != RECOMPUTES_AUDIT || !may(r, x))
                continue;
            struct slice *s = take_slice(c, line_at(t), kind);
            s->of->lent = s->lent = true;
            s->us = 0;
            c->slices.lent++;
            return s;
        }
    }
    return NULL;
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
        take_turn(c, l, s->kind);
}

void slices_here(struct coord *c, struct recomputation *r)
{
    enum line_kind line = r->line;
    slices_remove(c, r);
    *r = (struct recomputation){
        .kind = r->kind, .job = r->job, .of = r->of, .range = r->range, .here = true};
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
    c->slices.here--;
    c->slices.out_us -= s->us;
    if (s->kind == LINE_BUDGET)
        budget_add(c, s->us - (int64_t)micros);
    if (micros < MEASURABLE_US)
        return;
    c->slices.speed = (3 * c->slices.speed + s->range.count / micros) / 4;
    if (c->slices.speed == 0)
        c->slices.speed = 1;
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

static int64_t limit_ms(unsigned __int128 ms)
{
    return ms < WAIT_MOST_MS ? (int64_t)ms : WAIT_MOST_MS;
}

uint64_t slices_trials(const struct coord *c)
{
    unsigned __int128 sum =
        c->slices.trials[LINE_BUDGET] + c->slices.trials[LINE_EXEMPT];
    return sum < UINT64_MAX ? (uint64_t)sum : UINT64_MAX;
}

int64_t slices_debt_ms(const struct coord *c, const struct standing *s)
{
    return limit_ms(s->debt / c->slices.speed / 1000);
}

int64_t slices_wait_ms(const struct coord *c)
{
    uint64_t speed = c->slices.speed, threads_us = 1000 * (uint64_t)slices_threads(c);
    unsigned __int128 budget_us = c->slices.trials[LINE_BUDGET] / speed;
    unsigned __int128 exempt_us = c->slices.trials[LINE_EXEMPT] / speed;
    uint64_t saved = c->slices.budget_us > 0 ? (uint64_t)c->slices.budget_us : 0;
    unsigned __int128 owed_us = budget_us > saved ? budget_us - saved : 0;
    int64_t owed = limit_ms(owed_us / (uint64_t)budget_us_a_ms(c));
    int64_t all = limit_ms((budget_us + exempt_us) / threads_us);
    return owed > all ? owed : all;
}

uint64_t slices_debtor(const struct coord *c)
{
    const struct standing *most = NULL;
    const struct ring *turns = &c->slices.turns[LINE_BUDGET];
    for (const struct ring *t = turns->next; t != turns; t = t->next) {
        const struct line *l = container_of(t, const struct line, turn);
        struct range x;
        const struct standing *s = next_of(c, l, &x)->of;
        if (!most || s->debt > most->debt)
            most = s;
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

void slices_check(const struct coord *c)
{
    const struct map *m = &c->standings.by_worker;
    unsigned __int128 sum[2] = {0};
    uint32_t lost = 0, here = 0, lent = 0;
    int64_t us = 0;
    for (size_t i = 0; i < m->capacity; i++) {
        const struct standing *s = m->slots[i].value;
        if (!s)
            continue;
        lost += s->lines[LINE_BUDGET].lost + s->lines[LINE_EXEMPT].lost;
        unsigned __int128 budget = check_line(s, LINE_BUDGET);
        unsigned __int128 exempt = check_line(s, LINE_EXEMPT);
        assert(s->debt == budget + exempt);
        sum[LINE_BUDGET] += budget;
        sum[LINE_EXEMPT] += exempt;
    }
    assert(sum[LINE_BUDGET] == c->slices.trials[LINE_BUDGET]);
    assert(sum[LINE_EXEMPT] == c->slices.trials[LINE_EXEMPT]);
    for (size_t i = 0; i < c->slices.out.n; i++) {
        const struct slice *x = &c->slices.out.items[i];
        us += x->us;
        here += !x->lent;
        lent += x->lent && !x->lost;
        lost -= x->lost;
    }
    assert(us == c->slices.out_us && lost == 0);
    assert(here == c->slices.here && lent == c->slices.lent);
}
