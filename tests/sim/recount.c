// SPDX-License-Identifier: MIT
/*
 * What the coordinator recomputes: a thread that counts slices, and what must be true
 * of them.  No audit passes before all of its range has been counted in this life;
 * samples stay within the budget; workers take turns.
 */
#include "tests/sim/world.h"

#include "tests/sim/truth.h"

enum {
    BUDGET_PERCENT = 5,              /* the default of --audit-cpu */
    BUDGET_SLACK_US = 2 * SECOND_US, /* what was saved up, and what is under way */
    LEARNING = 64, /* slices after which the speed of the thread is known */
    TURNS_MAX = 8  /* at a stretch, while others wait: disputes blur them */
};

/* The job of the seed, by its number; 0: several have it. */
static uint32_t job_of(const struct world *w, uint64_t seed)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i <= JOBS_MAX; i++) {
        if (!w->image.jobs[i].there || w->image.jobs[i].record.seed != seed)
            continue;
        if (found)
            return 0;
        found = i;
    }
    return found;
}

static bool exempt(const struct world *w, uint64_t job)
{
    return w->image.jobs[job].record.audit == AUDIT_ALL;
}

/* The worker whose audit the slice is of; 0: of several, or of a dispute. */
static uint64_t author_of(const struct world *w, uint32_t job,
                          const struct recompute *r)
{
    uint64_t author = 0;
    for (size_t i = 0; i < w->image.n_audits; i++) {
        const struct record *a = &w->image.audits[i];
        if (a->job != job || a->audit.first > r->first ||
            a->audit.first + a->audit.count < r->first + r->count)
            continue;
        if (author && author != a->audit.worker)
            return 0;
        author = a->audit.worker;
    }
    return author;
}

/* Whether an audit of somebody else, whom nobody excludes meanwhile, has yet to begin
 * or go on. */
static bool another_waits(struct world *w, uint64_t worker, bool exempt_too)
{
    for (size_t i = 0; i < w->image.n_audits; i++) {
        const struct record *a = &w->image.audits[i];
        const struct party *p = party_by_id(w, a->audit.worker);
        if (p && p->honest && p->id != worker && exempt(w, a->job) == exempt_too &&
            !*w->image.jobs[a->job].program.name &&
            !ranges_hold(&w->host.asked[a->job], a->audit.first, a->audit.count))
            return true;
    }
    return false;
}

static void check_turn(struct world *w, uint32_t job, const struct recompute *r)
{
    struct turn *t = &w->host.turns[exempt(w, job)];
    uint64_t author = author_of(w, job, r);
    bool again =
        author && author == t->worker && another_waits(w, author, exempt(w, job));
    t->n = again ? t->n + 1 : 0;
    t->worker = author;
    if (t->n >= TURNS_MAX)
        world_fail(w, "%d slices of one worker, and others wait", TURNS_MAX);
}

static void check_budget(struct world *w, uint32_t job, const struct recompute *r)
{
    struct host *h = &w->host;
    if (h->n_asked++ < LEARNING) {
        h->budget_us = w->now_us;
        return;
    }
    if (exempt(w, job))
        return;
    h->spent_us += (int64_t)(r->count / w->plan.recompute_speed);
    int64_t may_us =
        (w->now_us - h->budget_us) * BUDGET_PERCENT / 100 + BUDGET_SLACK_US;
    if (h->spent_us > may_us)
        world_fail(w, "audits have taken %lld us, and may take %lld",
                   (long long)h->spent_us, (long long)may_us);
}

/* The CPU time that it takes. */
static uint64_t micros_of(const struct world *w, const struct recompute *r)
{
    uint64_t units = *r->of.name ? w->plan.own_units[plan_program(r->of.name)] : 0;
    return units ? (uint64_t)((double)r->count / (double)units * SECOND_US)
                 : r->count / w->plan.recompute_speed;
}

void recount_begin(struct world *w, const struct effect *e)
{
    struct recompute *r = w->host.recomputes;
    uint32_t slot = 0, job = job_of(w, e->recompute.seed);
    while (slot < RECOMPUTES_MAX && r[slot].used)
        slot++;
    if (slot == RECOMPUTES_MAX)
        world_fail(w, "more than %d recomputations at once", RECOMPUTES_MAX);
    r[slot] = (struct recompute){.used = true,
                                 .id = e->recompute.id,
                                 .seed = e->recompute.seed,
                                 .first = e->recompute.first,
                                 .count = e->recompute.count};
    strcpy(r[slot].of.name, e->recompute.program);
    strcpy(r[slot].of.arg, e->recompute.arg);
    r[slot].of.score = e->recompute.score;
    w->stats.recomputes++;
    TELL(w, "picoord  recomputes [%llu, +%llu)", (unsigned long long)e->recompute.first,
         (unsigned long long)e->recompute.count);
    if (job && !*w->image.jobs[job].program.name) {
        check_turn(w, job, &r[slot]);
        check_budget(w, job, &r[slot]);
    }
    for (uint32_t i = 1; i <= JOBS_MAX; i++)
        if (w->image.jobs[i].there && w->image.jobs[i].record.seed == r[slot].seed)
            ranges_add(&w->host.asked[i], r[slot].first, r[slot].count);
    int64_t most = w->plan.recompute_us;
    if (w->healed && most > SECOND_US)
        most = SECOND_US;
    int64_t delay = 1 + (int64_t)rng_below(&w->rng, (uint64_t)most + 1);
    if (w->plan.paced)
        delay = 1 + (int64_t)micros_of(w, &r[slot]);
    world_at(w, w->now_us + delay, SIM_RECOMPUTED, slot, w->host.life);
}

void recount_end(struct world *w, uint32_t slot)
{
    struct recompute r = w->host.recomputes[slot];
    w->host.recomputes[slot].used = false;
    bool fails = *r.of.name && !w->healed && chance_ppm(&w->rng, w->plan.own_fails_ppm);
    for (uint32_t i = 1; i <= JOBS_MAX && !fails; i++)
        if (w->image.jobs[i].there && w->image.jobs[i].record.seed == r.seed)
            ranges_add(&w->host.recounted[i], r.first, r.count);
    struct input in = {.type = INPUT_RECOMPUTED,
                       .recompute = {.id = r.id,
                                     .hits = truth_of(&r.of, r.seed, r.first, r.count),
                                     .micros = micros_of(w, &r)}};
    if (fails)
        in.recompute.failed = "exited with 3";
    host_step(w, &in);
}

/* By an operator's word, or a token of its own. */
static bool trusted(const struct world *w, const struct party *p)
{
    return p->named || image_trusts(&w->image, p->id);
}

/* It may be a slice of an audit that is not on the disk yet. */
void recount_granted(struct world *w, const struct party *p, const struct seen_grant *g)
{
    if (trusted(w, p))
        ranges_add(&w->host.asked[g->job], g->first, g->count);
}

/* Whether the grant may be a slice of somebody else's audit. */
bool recount_lent(struct world *w, const struct party *p, const struct seen_grant *g)
{
    for (size_t i = 0; trusted(w, p) && i < w->image.n_audits; i++) {
        const struct record *a = &w->image.audits[i];
        if (a->job == g->job && a->audit.worker != p->id &&
            a->audit.first <= g->first &&
            g->first + g->count <= a->audit.first + a->audit.count) {
            w->stats.lent++;
            w->host.turns[exempt(w, g->job)].n = 0; /* somebody else's turn, maybe */
            return true;
        }
    }
    return false;
}

/* What a trusted worker reports may have been lent to it. */
void recount_reported(struct world *w, struct party *p, const struct msg_results *m)
{
    for (size_t i = 0; trusted(w, p) && i < m->n; i++) {
        const struct seen_grant *g = party_grant(p, m->grant[i]);
        for (uint64_t bits = g ? m->leases[i] : 0; bits; bits &= bits - 1) {
            struct range r = grant_lease(g->first, g->count, g->log2,
                                         (uint32_t)__builtin_ctzll(bits));
            ranges_add(&w->host.recounted[g->job], r.first, r.count);
        }
    }
}

/* The audit is about to end.  It has passed, unless its worker is excluded by then. */
void recount_check(struct world *w, const struct record *audit)
{
    const struct audit_record *a = &audit->audit;
    const struct party *p = party_by_id(w, a->worker);
    const char *program = w->image.jobs[audit->job].program.name;
    bool dropped =
        *program && (oracle_job_soon(w, (uint32_t)audit->job).state >= JOB_DONE ||
                     (p && p->excluded >> plan_program(program) & 1));
    if (p && p->honest && !dropped &&
        !ranges_hold(&w->host.recounted[audit->job], a->first, a->count))
        world_fail(w, "the audit of [%llu, +%llu) has passed, and was not recomputed",
                   (unsigned long long)a->first, (unsigned long long)a->count);
}

void recounts_forget(struct host *h)
{
    for (size_t i = 0; i <= JOBS_MAX; i++) {
        ranges_release(&h->asked[i]);
        ranges_release(&h->recounted[i]);
    }
    memset(h->recomputes, 0, sizeof(h->recomputes));
    memset(h->turns, 0, sizeof(h->turns));
    h->n_asked = 0;
    h->spent_us = 0;
}
