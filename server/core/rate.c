// SPDX-License-Identifier: MIT
/*
 * How fast each thread is: the trials that it reports in a window of a second or more,
 * or since its first grant.  A window begins with a report, or with work for an empty
 * hand, and ends with a report.
 */
#include "server/core/rate.h"

#include <assert.h>

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

uint64_t rate_believed(const struct thread *t)
{
    uint64_t most = rate_scale(t->seen, BELIEVED_PERCENT, 100);
    return t->said < most ? t->said : most;
}

void rate_begin(const struct coord *c, struct thread *t)
{
    if (!t->worker->ready)
        t->window_ms = NO_WINDOW; /* it has been computing for who knows how long */
    else if (t->window_ms == NO_WINDOW)
        t->window_ms = c->clock.now_ms;
    else
        t->window_ms += c->clock.now_ms - t->progress_ms;
    t->progress_ms = c->clock.now_ms;
}

static void set_seen(struct coord *c, struct thread *t, uint64_t seen)
{
    c->fleet.seen += (double)seen - (double)t->seen;
    c->fleet.delivering += (uint32_t)(seen > 0) - (uint32_t)(t->seen > 0);
    if (c->fleet.delivering == 0)
        c->fleet.seen = 0; /* no rounding error stays */
    t->seen = seen;
}

void rate_report(struct coord *c, struct thread *t, uint64_t said, uint64_t trials)
{
    if (trials == 0)
        return; /* a repetition shows nothing */
    t->progress_ms = c->clock.now_ms;
    if (!t->worker->ready)
        return; /* only workers that are ready count in the fleet */
    t->said = said ? said : t->said;
    if (t->window_ms == NO_WINDOW) {
        t->window_ms = c->clock.now_ms;
        t->watched = true;
    }
    int64_t ms = c->clock.now_ms - t->window_ms;
    assert(ms >= 0);
    if (ms == 0)
        return; /* computed before the window began */
    t->window_trials += trials;
    if (ms >= WINDOW_MS || !t->watched) {
        uint64_t seen = rate_scale(t->window_trials, 1000, (uint64_t)ms);
        set_seen(c, t, seen > 1 ? seen : 1);
    }
    if (ms >= WINDOW_MS) {
        t->watched = true;
        t->window_ms = c->clock.now_ms;
        t->window_trials = 0;
    }
}

void rate_forget(struct coord *c, struct thread *t)
{
    set_seen(c, t, 0);
    t->said = t->window_trials = 0;
    t->window_ms = NO_WINDOW;
    t->watched = false;
}
