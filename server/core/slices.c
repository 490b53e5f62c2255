// SPDX-License-Identifier: MIT
/* Recomputations, a slice at a time: whose turn it is, and what they may cost. */
#include "server/core/slices.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/cost.h"
#include "server/core/effects.h"
#include "server/core/kind.h"
#include "server/core/lines.h"
#include "server/core/standing.h"

enum {
    SLICES_A_THREAD = 16, /* handed out at once, while they are short; */
    SLICE_TIMES = 2,      /* of long ones so many: the next is there at once */
    OVERDRAFT_SLICES = 2, /* the budget never owes more than so many slices */
    SAVED_US = 1000000,   /* largest unused budget that is carried over */
    LENT_MAX = 256,       /* slices */
    MEASURABLE_US = 100   /* what takes less says nothing of the speed */
};

void slices_init(struct coord *c)
{
    lines_init(c);
    for (enum desk d = DESK_PI; d < DESKS; d++)
        c->slices.desks[d].budget_us = SAVED_US;
}

void slices_release(struct coord *c)
{
    free(c->slices.out.items);
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

/* The first line whose next slice picoord can count itself; or NULL. */
static struct line *line_for_here(const struct coord *c, enum desk d,
                                  enum line_kind kind)
{
    struct line *l = NULL;
    struct range x;
    while ((l = lines_after(c, d, kind, l)))
        if (d == DESK_PI || kind_own(c, lines_next(c, l, &x)->job))
            return l;
    return NULL;
}

static void hand_out(struct coord *c, enum desk desk, enum line_kind kind)
{
    struct desk_slices *d = &c->slices.desks[desk];
    struct slice *s = lines_take(c, line_for_here(c, desk, kind), kind);
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
    while ((l = lines_after(c, d, kind, l))) {
        struct range x;
        const struct recomputation *r = lines_next(c, l, &x);
        if (!may(r, x) || !may_go_out(c, r, to, kinds))
            continue;
        struct slice *s = lines_take(c, l, kind);
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
    lines_lose(c, s);
}

void slices_anew(struct coord *c, struct recomputation *r, bool again)
{
    enum line_kind line = r->line;
    uint64_t hits = r->hits;
    lines_remove(c, r);
    *r = (struct recomputation){.kind = r->kind,
                                .job = r->job,
                                .of = r->of,
                                .range = r->range,
                                .here = kind_own(c, r->job),
                                .again = again,
                                .before = hits};
    lines_add(c, r, line);
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
    lines_charge(c, s->program, s->kind, (int64_t)micros - s->us);
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
    c->slices.out.items[i].lent = true;
    c->slices.out.items[i].us = 0;
    s.of->here = false;
    lines_lose(c, &c->slices.out.items[i]);
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
    lines_pay(c, r, s.range.count);
    return r->counted == r->range.count ? r : NULL;
}

/* ---- questions ---- */

uint64_t slices_debtor(const struct coord *c)
{
    const struct standing *most = NULL;
    unsigned __int128 most_us = 0;
    for (enum desk d = DESK_PI; d < DESKS; d++) {
        struct line *l = NULL;
        while ((l = lines_after(c, d, LINE_BUDGET, l))) {
            struct range x;
            const struct standing *s = lines_next(c, l, &x)->of;
            unsigned __int128 us = cost_us(c, s->program, s->debt);
            if (!most || us > most_us) {
                most = s;
                most_us = us;
            }
        }
    }
    return most ? most->worker : 0;
}

/* What is owed of the standing, in the sums of its program. */
static uint32_t check_standing(const struct standing *s, unsigned __int128 sum[2])
{
    unsigned __int128 budget = lines_check(s, LINE_BUDGET);
    unsigned __int128 exempt = lines_check(s, LINE_EXEMPT);
    assert(s->debt == budget + exempt);
    sum[LINE_BUDGET] += budget;
    sum[LINE_EXEMPT] += exempt;
    return s->lines[LINE_BUDGET].lost + s->lines[LINE_EXEMPT].lost;
}

void slices_check(const struct coord *c)
{
    lines_check_turns(c);
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
