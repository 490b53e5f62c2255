// SPDX-License-Identifier: MIT
/* What is granted, checked from outside: against the disk, and the grants before. */
#include "tests/sim/world.h"

enum {
    RESUME_US = 8000000 /* shorter than the coordinator's, whose clock starts later */
};

typedef unsigned long long ull;

/* Iterates over what is being written: the transactions in flight, or the one refused
 * by a full disk. */
static const struct record *next_record(const struct host *h, size_t *at)
{
    size_t i = (*at)++;
    for (size_t k = 0; k < h->n_flight; k++) {
        if (i < h->flight[k].n)
            return &h->flight[k].records[i];
        i -= h->flight[k].n;
    }
    return i < h->refused.n ? &h->refused.records[i] : NULL;
}

/* Whether the job's end removes rows for good: then they are free already. */
static bool removing(const struct world *w, uint32_t number)
{
    const struct record *r;
    for (size_t at = 0; (r = next_record(&w->host, &at));) {
        if (r->type == RECORD_BAN ||
            (r->type == RECORD_STANDING && *r->standing.excluded))
            return true;
        if (r->type == RECORD_JOB && r->job == number &&
            r->job_.trials != w->image.jobs[number].record.trials)
            return true; /* the new end may cut a row */
    }
    return false;
}

struct job_record oracle_job_soon(const struct world *w, uint32_t number)
{
    struct job_record soon = w->image.jobs[number].record;
    const struct record *r;
    for (size_t at = 0; (r = next_record(&w->host, &at));)
        if (r->type == RECORD_JOB && r->job == number)
            soon = r->job_;
    return soon;
}

/*
 * While workers may resume leases of an earlier life, new leases must begin beyond
 * those, if anything is free there.
 */
static void check_frontier(struct world *w, const struct seen_grant *g, uint64_t limit)
{
    struct host *h = &w->host;
    uint64_t floor = h->floor[g->job], beyond = h->leased_here[g->job];
    h->leased_here[g->job] += g->count;
    if (w->now_us - h->began_us > RESUME_US || h->frozen_us != h->began_frozen_us ||
        g->first >= floor || limit <= floor || g->doubled || g->again)
        return;
    const struct image_job *j = &w->image.jobs[g->job];
    for (size_t i = 0; i < j->n; i++)
        if (j->rows[i].first + j->rows[i].count > floor)
            beyond += j->rows[i].count;
    if (limit - floor > beyond)
        world_fail(w, "[%llu, +%llu) of job %u is leased below the frontier %llu",
                   (ull)g->first, (ull)g->count, g->job, (ull)floor);
}

static void check_range(struct world *w, const struct party *p,
                        const struct seen_grant *g, uint32_t leases)
{
    const struct image_job *j = &w->image.jobs[g->job];
    for (uint32_t i = 0; i < leases; i++) {
        struct range r = grant_lease(g->first, g->count, g->log2, i);
        if (checkpoint_from(r.first + 1) < r.first + r.count)
            world_fail(w, "a lease of [%llu, +%llu) steps over a checkpoint",
                       (ull)r.first, (ull)r.count);
        if (image_covers(j, r.first, r.count) && !removing(w, g->job) &&
            !recount_lent(w, p, g))
            world_fail(w, "[%llu, +%llu) of job %u is leased and counted already",
                       (ull)r.first, (ull)r.count, g->job);
    }
}

/* Whether the coordinator takes the party for connected, and ready for work. */
static bool party_here(const struct party *p)
{
    const struct cable *l = p->link;
    return l && l->open[SIDE_HOST] && l->open[SIDE_PEER] && !l->closing &&
           !p->drained && !p->banned;
}

/* The end of the slot that ends at or beyond x. */
static uint64_t slot_end(uint64_t x)
{
    uint64_t octave = UINT64_C(1) << (63 - __builtin_clzll(x - 1 ? x - 1 : 1));
    uint64_t width = octave / 2048 < 65536 ? 65536 : octave / 2048;
    return (x + width - 1) / width * width;
}

void oracle_slots_change(struct world *w)
{
    for (size_t i = 0; i < w->n_parties; i++)
        memset(w->parties[i]->rest, 0, sizeof(w->parties[i]->rest));
}

/*
 * The rest of a slot that a worker has begun is for nobody else, while slots are left
 * that nobody has begun.
 */
static void check_slot(struct world *w, struct party *p, const struct seen_grant *g,
                       uint64_t limit)
{
    uint64_t end = g->first + g->count, *beyond = &w->host.leased_to[g->job];
    if (w->host.leased_below[g->job] != limit)
        oracle_slots_change(w); /* the job goes on to another end */
    w->host.leased_below[g->job] = limit;
    for (size_t i = 0; i < w->n_parties; i++)
        if (w->parties[i]->rest[g->job] && !party_here(w->parties[i]))
            oracle_slots_change(w);
    bool left = limit < TRIALS_MAX && slot_end(*beyond + 1) < limit;
    for (size_t i = 0; i < w->n_parties && left; i++)
        if (w->parties[i] != p && w->parties[i]->rest[g->job] == g->first && g->first)
            world_fail(w, "%s gets [%llu, +%llu) of job %u, the rest of a slot of %s",
                       p->name, (ull)g->first, (ull)g->count, g->job,
                       w->parties[i]->name);
    p->rest[g->job] = slot_end(end) > end ? end : 0;
    if (end > *beyond)
        *beyond = end;
}

static void check_grant(struct world *w, struct cable *l, const struct seen_grant *g)
{
    uint64_t end = g->first + g->count;
    uint32_t n = grant_leases(g->first, g->count, g->log2);
    if (n < 1 || n > GRANT_LEASES || g->thread >= PLAN_THREADS)
        world_fail(w, "a grant of %u leases to thread %u", n, g->thread);
    struct job_record soon = oracle_job_soon(w, g->job);
    if (soon.state >= JOB_DONE ||
        (soon.state == JOB_PAUSED && !w->host.resuming[g->job]))
        world_fail(w, "job %u is leased in state %d", g->job, (int)soon.state);
    if (soon.trials > 0 && end > soon.trials)
        world_fail(w, "a grant up to %llu of job %u, which has %llu trials", (ull)end,
                   g->job, (ull)soon.trials);
    recount_granted(w, l->party, g);
    check_range(w, l->party, g, n);
    check_frontier(w, g, soon.trials ? soon.trials : TRIALS_MAX);
    bool banned = l->party->banned && !l->party->excused;
    if (!g->doubled && !g->again)
        check_slot(w, l->party, g, soon.trials ? soon.trials : TRIALS_MAX);
    if (banned || l->party->drained)
        world_fail(w, "%s is %s and gets work", l->party->name,
                   banned ? "banned" : "leaving");
    if (w->host.stopping)
        world_fail(w, "work is granted after the stop");
}

/* A lease that is out already goes to another worker. */
static void check_doubled(struct world *w, const struct party *p,
                          const struct seen_grant *g)
{
    for (size_t i = 0; i < p->n_grants; i++) {
        const struct seen_grant *x = &p->grants[i];
        for (uint64_t bits = x->job == g->job ? x->open : 0; bits; bits &= bits - 1) {
            struct range r = grant_lease(x->first, x->count, x->log2,
                                         (uint32_t)__builtin_ctzll(bits));
            if (r.first < g->first + g->count && g->first < r.first + r.count)
                world_fail(w, "[%llu, +%llu) of job %u is out twice at %s",
                           (ull)r.first, (ull)r.count, g->job, p->name);
        }
    }
}

/* Who is granted trials of a program has said that it has it, as the job means it, and
 * was not found wrong in it; and gets whole trials. */
static void check_program(struct world *w, const struct cable *l, uint32_t number,
                          const struct msg_grants *m)
{
    const struct image_job *j = &w->image.jobs[number];
    const struct program_record *of = &j->program;
    if (strcmp(m->program, of->name) != 0 || strcmp(m->arg, of->arg) != 0 ||
        m->score != of->score)
        world_fail(w, "job %u is granted as one of '%s'", number, m->program);
    if (!*of->name)
        return;
    uint32_t bit = 1u << plan_program(of->name);
    if (!(l->offers & bit) || l->other & bit)
        world_fail(w, "%s gets trials of '%s', which it has not", l->party->name,
                   of->name);
    if (image_barred(&w->image, j, l->party->id) && !l->party->excused)
        world_fail(w, "%s gets trials of '%s', in which it was wrong", l->party->name,
                   of->name);
    for (size_t i = 0; i < m->n; i++)
        if ((m->first[i] | m->count[i]) & ((1 << UNIT_LOG2) - 1))
            world_fail(w, "a part of a trial is granted");
}

void oracle_grants(struct world *w, struct cable *l, const struct msg_grants *m)
{
    uint32_t number = image_job_of(&w->image, m->job);
    if (!number || !l->party)
        world_fail(w, "a grant of a job that is not on the disk");
    if (m->seed != w->image.jobs[number].record.seed)
        world_fail(w, "a grant with a wrong seed");
    check_program(w, l, number, m);
    for (size_t i = 0; i < m->n; i++) {
        struct seen_grant g = {.grant = m->grant[i],
                               .first = m->first[i],
                               .count = m->count[i],
                               .seed = m->seed,
                               .job = number,
                               .thread = m->thread[i],
                               .log2 = m->lease_log2[i]};
        for (size_t k = 0; k < w->host.n_repeats && k < REPEATS; k++) {
            const struct repeat *r = &w->host.repeats[k];
            g.doubled |= r->first == g.first && !r->lost;
            g.again |= r->first == g.first && r->lost;
        }
        check_grant(w, l, &g);
        if (g.doubled)
            check_doubled(w, l->party, &g);
        g.open = leases_mask(grant_leases(g.first, g.count, g.log2));
        memcpy(g.uid, m->job, UID_BYTES);
        memcpy(g.token, m->token + i * TOKEN_BYTES, TOKEN_BYTES);
        if (w->plan.paced)
            paced_granted(w, l->party, &g);
        party_add_grant(w, l->party, g);
    }
}
