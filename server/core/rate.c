// SPDX-License-Identifier: MIT
/*
 * How fast each thread is: the trials that it reports in a window of a second or more,
 * or since its first grant.  A window begins with a report, or with work for an empty
 * hand, and ends with a report.  It has the time that was spent on its program alone:
 * a thread computes one lease after the other, so what has passed since its last report
 * is the next one's.
 */
#include "server/core/rate.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/kind.h"

/* Centuries, yet sums and multiples of it do not overflow. */
#define PREDICTION_MAX_MS (INT64_MAX >> 20)

enum {
    WINDOW_MS = 1000,
    NO_WINDOW = -1,
    BELIEVED_PERCENT = 150,
    RATE_UNKNOWN = 1000000 /* trials/s assumed in predictions until a thread reports */
};

uint64_t rate_scale(uint64_t trials, uint64_t times, uint64_t by)
{
    unsigned __int128 x = (unsigned __int128)trials * times / by;
    return x < TRIALS_MAX ? (uint64_t)x : TRIALS_MAX;
}

int64_t rate_predict_ms(uint64_t rate, uint64_t trials)
{
    if (rate == 0)
        rate = RATE_UNKNOWN;
    unsigned __int128 ms = (unsigned __int128)trials * 1000 / rate;
    return ms < PREDICTION_MAX_MS ? (int64_t)ms + 1 : PREDICTION_MAX_MS;
}

uint64_t rate_believed(const struct pace *p)
{
    uint64_t most = rate_scale(p->seen, BELIEVED_PERCENT, 100);
    return p->said < most ? p->said : most;
}

struct pace *rate_other_pace(struct thread *t, struct program *of)
{
    struct pace **link = &t->others;
    while (*link && (*link)->program != of)
        link = &(*link)->next;
    if (!*link) {
        *link = mem_zero(1, sizeof(**link));
        (*link)->program = of;
        (*link)->expected = kind_expected_rate(t->worker, of);
    }
    return *link;
}

const struct pace *rate_other_known(const struct thread *t, const struct program *of)
{
    const struct pace *p = t->others;
    while (p && p->program != of)
        p = p->next;
    return p;
}

uint64_t rate_of(const struct thread *t, const struct program *of)
{
    assert(t);
    const struct pace *p = rate_known(t, of);
    return p ? rate_expected(p) : kind_expected_rate(t->worker, of);
}

void rate_begin(const struct coord *c, struct thread *t)
{
    /* if it is not ready, it has been computing for who knows how long */
    t->mark_ms = t->worker->ready ? c->clock.now_ms : NO_WINDOW;
    t->progress_ms = c->clock.now_ms;
}

static void set_seen(struct coord *c, struct thread *t, struct pace *p, uint64_t seen)
{
    struct program *of = p->program;
    uint32_t before = t->paces;
    of->seen += (double)seen - (double)p->seen;
    of->delivering += (uint32_t)(seen > 0) - (uint32_t)(p->seen > 0);
    t->paces += (uint32_t)(seen > 0) - (uint32_t)(p->seen > 0);
    c->fleet.delivering += (uint32_t)(t->paces > 0) - (uint32_t)(before > 0);
    if (of->delivering == 0)
        of->seen = 0; /* no rounding error stays */
    p->seen = seen;
}

void rate_report(struct coord *c, struct thread *t, struct program *of, uint64_t said,
                 uint64_t trials)
{
    if (trials == 0)
        return; /* a repetition shows nothing */
    t->progress_ms = c->clock.now_ms;
    if (!t->worker->ready)
        return; /* only workers that are ready count in the fleet */
    struct pace *p = rate_pace(t, of);
    p->said = said ? said : p->said;
    if (t->mark_ms == NO_WINDOW) {
        t->mark_ms = c->clock.now_ms;
        p->watched = true;
    }
    p->window_ms += c->clock.now_ms - t->mark_ms;
    t->mark_ms = c->clock.now_ms;
    assert(p->window_ms >= 0);
    if (p->window_ms == 0)
        return; /* computed before the window began */
    p->window_trials += trials;
    if (p->window_ms >= WINDOW_MS || !p->watched) {
        uint64_t seen = rate_scale(p->window_trials, 1000, (uint64_t)p->window_ms);
        set_seen(c, t, p, seen > 1 ? seen : 1);
    }
    if (p->window_ms >= WINDOW_MS) {
        p->watched = true;
        p->window_ms = 0;
        p->window_trials = 0;
    }
}

void rate_free(struct thread *t)
{
    while (t->others) {
        struct pace *p = t->others;
        t->others = p->next;
        free(p);
    }
}

static void forget(struct coord *c, struct thread *t, struct pace *p)
{
    set_seen(c, t, p, 0);
    p->said = p->window_trials = p->last_trials = 0;
    p->window_ms = 0;
    p->watched = false;
}

void rate_forget(struct coord *c, struct thread *t)
{
    forget(c, t, &t->pi);
    for (struct pace *p = t->others; p; p = p->next)
        forget(c, t, p);
    rate_free(t);
    t->mark_ms = NO_WINDOW;
}
