// SPDX-License-Identifier: MIT
/*
 * Results and their fates.  A result of a lease that its grant still owns fills a gap;
 * runs of such leases are counted as one range.  Any other result is judged by its
 * range alone: COUNTED in a gap, COVERED by durable rows, DROPPED if they overlap in
 * part.  One that touches a transaction in flight is judged when that returns.
 */
#include "server/core/results.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/audit.h"
#include "server/core/dispute.h"
#include "server/core/draw.h"
#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/rate.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"
#include "server/core/worker.h"

/* A result of one lease. */
struct result {
    struct worker *worker;
    struct grant *grant;
    uint32_t lease;
    uint64_t first, end, hits;
};

/* ---- counting ---- */

static struct standing *standing_at(struct coord *c, const struct worker *w,
                                    const struct job *j)
{
    return program_is_pi(j->program) ? w->standing : standing_for(c, w->id, j->program);
}

/* Counts n results as one range, and queues the audit of a range to be recomputed
 * whole. */
static void count_range(struct coord *c, struct job *j, const struct worker *w,
                        uint64_t grant, struct range r, uint64_t hits,
                        enum row_state state, uint32_t n)
{
    size_t share = ledger_share(&j->ledger, w->id, w->name);
    ledger_count(&j->ledger, grant, r.first, r.first + r.count, hits, share, state);
    transaction_job(c, j);
    if (state == ROW_PROVISIONAL)
        standing_unsure(c, j, share);
    if (state == ROW_WHOLE)
        audit_add(c, j, standing_at(c, w, j),
                  &(struct audit_record){.first = r.first,
                                         .count = r.count,
                                         .hits = hits,
                                         .results = n,
                                         .whole = true});
}

/*
 * Takes the range away from the leases of other grants: cancels them at their workers,
 * and frees the rest of those leases.
 */
static void displace_others(struct coord *c, struct job *j, uint64_t grant,
                            uint64_t first, uint64_t end)
{
    struct span_at at;
    uint64_t from = first;
    while (span_find(&j->ledger.leased, from, &at)) {
        struct span x = *span_get(&j->ledger.leased, at);
        if (x.first >= end)
            return;
        from = x.end;
        if (x.tag == grant)
            continue;
        struct grant *g = grant_of(c, x.tag);
        uint64_t a = x.first > first ? x.first : first, b = x.end < end ? x.end : end;
        uint64_t low = (a >> g->log2) - (g->first >> g->log2);
        uint64_t high = ((b - 1) >> g->log2) - (g->first >> g->log2);
        uint64_t lost = leases_mask((uint32_t)(high - low + 1)) << low & g->outstanding;
        grant_give_back(c, g, lost);
        grant_cancel(c, g->thread->worker, g->wire, lost);
        g->outstanding &= ~lost;
        if (!g->outstanding)
            grant_remove(c, g);
    }
}

/* What is to be recomputed of a result, with the hits of its n sub-counts. */
static struct drawn draw(struct coord *c, const struct result *x,
                         const uint64_t *pieces, size_t n, uint32_t unaudited)
{
    struct worker *w = x->worker;
    struct job *j = x->grant->job;
    if (draw_exempt(c, j, w->standing))
        return (struct drawn){.state = ROW_VERIFIED};
    struct drawn_result r = {.job = j,
                             .standing = standing_at(c, w, j),
                             .share = ledger_share(&j->ledger, w->id, w->name),
                             .range = {x->first, x->end - x->first},
                             .hits = x->hits,
                             .pieces = pieces,
                             .n_pieces = n,
                             .unaudited = unaudited};
    return draw_result(c, &r);
}

/* Makes the part of the range that the grant owns free, so that all of it is free.  The
 * sub-counts are not known here, so the whole result is one. */
static void count_gap(struct coord *c, struct job *j, const struct result *x)
{
    struct range r = {x->first, x->end - x->first};
    if (ledger_owned(&j->ledger, x->grant->id, x->first) < x->end) {
        displace_others(c, j, x->grant->id, x->first, x->end);
        ledger_give_back(&j->ledger, x->grant->id, x->first, x->end,
                         (struct bounds){0});
    }
    struct drawn d = draw(c, x, &x->hits, 1, 0);
    count_range(c, j, x->worker, x->grant->id, r, x->hits, d.state, 1);
}

/* Queues a result once.  Repeated copies of a waiting result get no answer of their own
 * and take no memory.  False: too many of the worker's results wait.  What they cover
 * is in a transaction already, so that nothing is lost if it forgets this one. */
static bool wait_for_commit(struct coord *c, const struct result *r)
{
    struct grant *g = grant_held(c, r->worker, r->grant->wire);
    uint64_t bit = UINT64_C(1) << r->lease;
    if (g && g->awaiting_commit & bit)
        return true;
    if (r->worker->waiting == c->config.waiting_results)
        return false;
    r->worker->waiting++;
    if (g)
        g->awaiting_commit |= bit;
    *VEC_PUSH(&c->waiting.results) = (struct waiting){.worker = r->worker->id,
                                                      .grant = r->grant->id,
                                                      .wire = r->grant->wire,
                                                      .job = r->grant->job->number,
                                                      .first = r->first,
                                                      .end = r->end,
                                                      .hits = r->hits,
                                                      .lease = r->lease};
    return true;
}

/* Judges one result by its range.  `now` collects answers that need not wait. */
static void judge(struct coord *c, const struct result *r, struct answer *now)
{
    struct job *j = r->grant->job;
    uint64_t bit = UINT64_C(1) << r->lease;
    switch (ledger_fate(&j->ledger, r->grant->id, r->first, r->end)) {
    case FATE_GAP: {
        count_gap(c, j, r);
        struct answer *a = transaction_answer(c, r->worker->id, r->grant->wire, j);
        a->counted |= bit;
        a->trials += (r->end - r->first) >> job_unit(j);
        c->commits.pending.leases++;
        return;
    }
    case FATE_COVERED:
        dispute_compare(c, j, (struct range){r->first, r->end - r->first}, r->hits,
                        r->worker->id);
        now->covered |= bit;
        return;
    case FATE_PARTIAL:
        now->dropped |= bit;
        return;
    case FATE_WAIT:
        if (!wait_for_commit(c, r))
            now->dropped |= bit;
        return;
    }
}

/* ---- a message ---- */

/* Position of the next result in the arrays of the message. */
struct cursor {
    const struct msg_results *m;
    size_t hit, piece;
    size_t piece_start, piece_end; /* pieces of the group; equal if it has none */
};

/* MISCUT: a bug in the worker program.  IMPOSSIBLE: no correct kernel returns this. */
enum verdict { FINE, MISCUT, IMPOSSIBLE };

/* Reads and checks the hits of the next result.  2^log2_each trials of the lease have
 * one hit at most. */
static enum verdict next_hits(struct cursor *at, uint64_t lease_count,
                              uint32_t log2_each, uint64_t *ret_hits)
{
    uint64_t hits = at->m->hits[at->hit++];
    if (hits > lease_count >> log2_each)
        return IMPOSSIBLE;
    *ret_hits = hits;
    if (at->piece_end == at->piece_start)
        return FINE;
    uint32_t log2 = lease_piece_log2(lease_count);
    uint64_t sum = 0;
    for (uint64_t from = 0; from < lease_count; from += UINT64_C(1) << log2) {
        uint64_t left = lease_count - from, unit = UINT64_C(1) << log2;
        if (at->piece == at->piece_end)
            return MISCUT;
        if (at->m->pieces[at->piece] > (left < unit ? left : unit) >> log2_each)
            return IMPOSSIBLE;
        sum += at->m->pieces[at->piece++];
    }
    return sum == hits ? FINE : IMPOSSIBLE;
}

static void send_away(struct coord *c, struct peer *p, enum verdict verdict)
{
    if (verdict == MISCUT)
        worker_expel(
            c, p, REFUSAL_MALFORMED,
            "results: each lease has the hits of its pieces with it, no more and "
            "no fewer",
            "");
    else
        worker_ban(
            c, p->worker->id,
            "its hits cannot be: more than trials, or not the sum of their parts",
            true);
}

/* Adjacent leases of one cell and one row state, all owned by the grant, which owns
 * trials up to `limit`.  Those of a probation are a run of their own: who is wrong
 * later has passed it. */
struct run {
    uint64_t first, end, hits, leases, limit;
    enum row_state state;
    bool probation;
};

static void run_end(struct coord *c, struct run *r, struct worker *w, struct grant *g)
{
    if (r->leases == 0)
        return;
    uint32_t n = (uint32_t)__builtin_popcountll(r->leases);
    count_range(c, g->job, w, g->id, (struct range){r->first, r->end - r->first},
                r->hits, r->state, n);
    struct answer *a = transaction_answer(c, w->id, g->wire, g->job);
    a->counted |= r->leases;
    a->trials += (r->end - r->first) >> job_unit(g->job);
    c->commits.pending.leases += n;
    *r = (struct run){.limit = r->limit};
}

/* Queues audits of the sub-counts in the mask, of the n that the result has. */
static void audit_pieces(struct coord *c, const struct result *x, uint64_t mask,
                         const uint64_t *pieces, size_t n)
{
    for (; mask; mask &= mask - 1) {
        size_t i = (size_t)__builtin_ctzll(mask);
        struct range r = draw_piece((struct range){x->first, x->end - x->first}, i, n);
        audit_add(
            c, x->grant->job, standing_at(c, x->worker, x->grant->job),
            &(struct audit_record){
                .first = r.first, .count = r.count, .hits = pieces[i], .results = 1});
    }
}

/* Adds the result to the run; counts the run first if its state differs. */
static void run_add(struct coord *c, struct run *run, const struct result *x,
                    const uint64_t *pieces, size_t n)
{
    uint32_t before = (uint32_t)__builtin_popcountll(run->leases);
    before = before ? draw_weight(x->grant->job, before, run->end - run->first) : 0;
    struct drawn d = draw(c, x, pieces, n, before);
    if (run->state != d.state || run->probation != d.probation)
        run_end(c, run, x->worker, x->grant);
    audit_pieces(c, x, d.pieces, pieces, n);
    if (!run->leases)
        run->first = x->first;
    run->state = d.state;
    run->probation = d.probation;
    run->end = x->end;
    run->hits += x->hits;
    run->leases |= UINT64_C(1) << x->lease;
}

/* The grant, of one lease, recomputes a slice of another worker's audit; its result is
 * judged like any other, and is mostly covered. */
static void take_slice(struct coord *c, struct grant *g, uint64_t hits)
{
    uint64_t slice = g->slice;
    if (!slice)
        return;
    if (!standing_believed(g->thread->worker->standing)) {
        grant_drop_slice(c, g); /* an operator has thought better of it */
        return;
    }
    g->slice = 0;
    dispute_recomputed(c, slice, hits, 0);
}

/*
 * The results of one grant.  Runs of leases that the grant owns are counted as one
 * range; nearly every result takes this path.
 */
static enum verdict take_group(struct coord *c, struct peer *p, struct grant *g,
                               uint64_t leases, struct cursor *at)
{
    struct worker *w = p->worker;
    struct answer now = {.worker = w->id, .grant = g->wire};
    struct run run = {0};
    uint32_t log2_each = g->job->of.score ? 0 : job_unit(g->job);
    for (uint64_t bits = leases; bits; bits &= bits - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(bits);
        struct range r = grant_lease(g->first, g->count, g->log2, i);
        uint64_t end = r.first + r.count, hits;
        size_t piece = at->piece;
        enum verdict verdict = next_hits(at, r.count, log2_each, &hits);
        if (verdict != FINE) {
            run_end(c, &run, w, g);
            return verdict;
        }
        if (run.leases && (r.first != run.end || end > run.limit))
            run_end(c, &run, w, g);
        if (!run.leases)
            run.limit = ledger_owned(&g->job->ledger, g->id, r.first);
        struct result x = {w, g, i, r.first, end, hits};
        take_slice(c, g, hits);
        if (end <= run.limit)
            run_add(c, &run, &x, at->m->pieces + piece, at->piece - piece);
        else
            judge(c, &x, &now);
    }
    run_end(c, &run, w, g);
    g->outstanding &= ~leases;
    if (now.covered | now.dropped)
        answers_send(c, &now, 1);
    return at->piece == at->piece_end ? FINE : MISCUT;
}

static void skip_group(struct coord *c, const struct worker *w, uint64_t grant,
                       uint64_t leases)
{
    struct answer stale = {.worker = w->id, .grant = grant, .stale = leases};
    answers_send(c, &stale, 1);
}

/* The grant of a group of results, if the worker holds it and it has all these
 * leases. */
static struct grant *group_grant(struct coord *c, const struct worker *w, uint64_t wire,
                                 uint64_t leases)
{
    struct grant *g = grant_held(c, w, wire);
    if (!g || leases & ~leases_mask(grant_leases(g->first, g->count, g->log2)))
        return NULL;
    return g;
}

static enum verdict take_groups(struct coord *c, struct peer *p,
                                const struct msg_results *m)
{
    struct cursor at = {.m = m};
    for (size_t i = 0; i < m->n; i++) {
        struct grant *g = group_grant(c, p->worker, m->grant[i], m->leases[i]);
        at.piece_start = at.piece_end;
        at.piece_end += m->group_pieces[i];
        if (!g) {
            skip_group(c, p->worker, m->grant[i], m->leases[i]);
            at.hit += (size_t)__builtin_popcountll(m->leases[i]);
            at.piece = at.piece_end;
            continue;
        }
        struct thread *t = g->thread;
        struct program *of = g->job->program;
        uint64_t fresh = (uint64_t)__builtin_popcountll(g->outstanding & m->leases[i])
                         << g->log2;
        enum verdict verdict = m->group_pieces[i] == 0 && !c->config.bare
                                   ? MISCUT
                                   : take_group(c, p, g, m->leases[i], &at);
        if (verdict != FINE)
            return verdict;
        if (!t->delivers)
            worker_credit(c, t->worker);
        t->delivers = true;
        rate_report(c, t, of, m->rate[i], fresh);
        if (!g->outstanding) {
            transaction_reported(c, t);
            grant_remove(c, g);
        }
    }
    return FINE;
}

void results_take(struct coord *c, struct peer *p, const struct msg_results *m)
{
    assert(p->worker && p->worker->conn == p->conn);
    worker_reads(c, p->worker->id);
    enum verdict verdict = take_groups(c, p, m);
    worker_has_read(c);
    if (verdict != FINE && p->worker)
        send_away(c, p, verdict);
}

/* ---- what waits ---- */

void results_recheck(struct coord *c)
{
    /* Results may have to wait again, so new ones go into another list than the one
     * read. */
    struct waiting *items = c->waiting.results.items;
    size_t n = c->waiting.results.n, capacity = c->waiting.results.capacity;
    c->waiting.results.items = c->waiting.spare.items;
    c->waiting.results.capacity = c->waiting.spare.capacity;
    c->waiting.results.n = 0;
    for (size_t i = 0; i < n; i++) {
        struct worker *w = worker_by_id(c, items[i].worker);
        if (w)
            w->waiting = 0;
    }
    for (size_t i = 0; i < n; i++) {
        const struct waiting *x = &items[i];
        struct worker *w = worker_by_id(c, x->worker);
        struct grant *g = w ? grant_held(c, w, x->wire) : NULL;
        if (g)
            g->awaiting_commit &= ~(UINT64_C(1) << x->lease);
        struct job *j = job_by_number(c, x->job);
        struct answer a = {.worker = x->worker, .grant = x->wire};
        if (!w || !w->conn)
            continue;
        if (standing_ban(c, x->worker) || !j || job_ended(j) ||
            standing_excluded(w->standing, j->program)) {
            a.stale = UINT64_C(1) << x->lease;
            answers_send(c, &a, 1);
            continue;
        }
        struct grant stand_in = {.id = x->grant, .wire = x->wire, .job = j};
        judge(c, &(struct result){w, &stand_in, x->lease, x->first, x->end, x->hits},
              &a);
        if (a.covered | a.dropped)
            answers_send(c, &a, 1);
    }
    c->waiting.spare.items = items;
    c->waiting.spare.capacity = capacity;
    c->waiting.spare.n = 0;
}

void results_release(struct coord *c)
{
    free(c->waiting.results.items);
    free(c->waiting.spare.items);
}
