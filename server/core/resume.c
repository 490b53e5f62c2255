// SPDX-License-Identifier: MIT
/*
 * Resume: a worker that reconnects, maybe to a restarted coordinator, lists what it
 * holds. A grant that is still in the table continues; any other is accepted if its
 * token proves that it was granted.  What the worker does not list is free again.
 */
#include "server/core/resume.h"

#include <assert.h>
#include <string.h>

#include "server/core/effects.h"
#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/program.h"
#include "server/core/ready.h"
#include "server/core/standing.h"
#include "server/core/worker.h"

/* Compares in constant time, so that timing reveals nothing about the right token. */
static bool token_valid(struct coord *c, const struct job *j,
                        const struct msg_resume *m, size_t i, uint64_t worker)
{
    uint8_t expected[TOKEN_BYTES], difference = 0;
    grant_token(c, j, m->first[i], m->count[i], worker, expected);
    for (size_t b = 0; b < TOKEN_BYTES; b++)
        difference |= expected[b] ^ m->token[i * TOKEN_BYTES + b];
    return difference == 0;
}

static bool has_program(const struct coord *c, const struct worker *w,
                        const struct job *j)
{
    return program_is_pi(j->program) || (kinds_offered(c, w) & kind_bit(c, j->kind) &&
                                         !standing_excluded(w->standing, j->program));
}

/* The job of a grant that was made to the worker, and that still runs; or NULL.  The
 * token does not cover the size of the leases, so this checks that no lease crosses a
 * checkpoint. */
static struct job *proven_job(struct coord *c, const struct worker *w,
                              const struct msg_resume *m, size_t i)
{
    struct job *j = job_by_uid(c, m->job + i * UID_BYTES);
    bool proven = j && !job_ended(j) && has_program(c, w, j) &&
                  m->lease_log2[i] <= cell_lease_log2(m->first[i]) &&
                  token_valid(c, j, m, i, w->id);
    return proven ? j : NULL;
}

/* Of a worker that may not use all its threads yet each grant that it proves shows that
 * it works.  All of a list count before any is taken up, since it has no order. */
static void credit_proofs(struct coord *c, struct worker *w, const struct msg_resume *m)
{
    for (size_t i = 0; i < m->n && w->n_threads < w->claimed; i++)
        if (proven_job(c, w, m, i))
            worker_credit(c, w);
}

/* Accepts a grant of an earlier connection or process. */
static struct grant *adopt(struct coord *c, struct worker *w,
                           const struct msg_resume *m, size_t i)
{
    struct job *j = m->thread[i] < w->n_threads ? proven_job(c, w, m, i) : NULL;
    if (!j)
        return NULL;
    struct thread *t = &w->threads[m->thread[i]];
    if (t->in_hand >= THREAD_GRANTS_MAX)
        return NULL; /* one token proves the range for any number of grant ids */
    job_started(c, j);
    struct grant *g = grant_add(c, &(struct grant_new){.id = grant_new_id(c),
                                                       .thread = t,
                                                       .job = j,
                                                       .first = m->first[i],
                                                       .count = m->count[i],
                                                       .log2 = m->lease_log2[i]});
    grant_rename(g, m->grant[i]);
    return g;
}

/* Leases to the grant those of its leases that are free. */
static void own_again(struct coord *c, struct grant *g)
{
    for (uint64_t bits = g->outstanding; bits; bits &= bits - 1) {
        struct range r =
            grant_lease(g->first, g->count, g->log2, (uint32_t)__builtin_ctzll(bits));
        ledger_adopt(&g->job->ledger, g->id, r.first, r.first + r.count);
    }
    if (g->expired)
        grant_renew(c, g);
}

static bool same_grant(const struct grant *g, const struct msg_resume *m, size_t i)
{
    return g->first == m->first[i] && g->count == m->count[i] &&
           g->log2 == m->lease_log2[i] &&
           !memcmp(g->job->record.uid, m->job + i * UID_BYTES, UID_BYTES);
}

/* Cancels leases that another worker has returned meanwhile, or is computing. */
static void cancel_lost(struct coord *c, struct worker *w, struct grant *g,
                        uint64_t computing)
{
    uint64_t lost = 0;
    for (uint64_t bits = computing; bits; bits &= bits - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(bits);
        struct range r = grant_lease(g->first, g->count, g->log2, i);
        struct ledger *l = &g->job->ledger;
        if (ledger_owned(l, g->id, r.first) < r.first + r.count)
            lost |= UINT64_C(1) << i;
    }
    if (lost)
        grant_cancel(c, w, g->wire, lost);
    g->outstanding &= ~lost;
    if (!g->outstanding)
        grant_remove(c, g);
}

static void resume_one(struct coord *c, struct worker *w, const struct msg_resume *m,
                       size_t i)
{
    bool ours = grant_named(c, w, m->grant[i]);
    struct grant *g = grant_held(c, w, m->grant[i]);
    if (g && (!same_grant(g, m, i) || !has_program(c, w, g->job))) {
        g = NULL;
    } else if (g) {
        uint64_t listed = m->computing[i] | m->unanswered[i];
        grant_give_back(c, g, g->outstanding & ~listed);
    } else if (ours) {
        g = adopt(c, w, m, i);
    }
    if (!g) {
        /* their results may arrive as well, and are answered STALE */
        if (m->computing[i])
            grant_cancel(c, w, m->grant[i], m->computing[i]);
        return;
    }
    g->resumed = true;
    g->outstanding = m->computing[i] | m->unanswered[i];
    own_again(c, g);
    cancel_lost(c, w, g, m->computing[i] & ~m->unanswered[i]);
}

/* The list is complete: frees the grants that were not on it. */
static void resume_done(struct coord *c, struct worker *w)
{
    uint32_t held = 0;
    for (uint32_t t = 0; t < w->n_threads; t++) {
        for (struct grant *g = w->threads[t].head, *next; g; g = next) {
            next = g->next;
            if (!g->resumed) {
                grant_give_back(c, g, g->outstanding);
                grant_remove(c, g);
                continue;
            }
            g->resumed = false;
            held++;
        }
    }
    w->ready = true;
    program_known_by(c, w);
    ready_classify(c, w);
    c->fleet.threads += w->n_threads;
    c->peers.refused = 0;
    for (uint32_t t = 0; t < w->n_threads; t++)
        ready_add(c, &w->threads[t]);
    bool back = w->met || held;
    event_add(c, (struct event){back ? EVENT_WORKER_RESUMED : EVENT_WORKER_JOINED,
                                .origin = w->origin,
                                .arrival = {.worker = w->name,
                                            .address = w->address,
                                            .threads = w->claimed,
                                            .ranges = held}});
    w->met = true;
}

void resume_take(struct coord *c, struct peer *p, const struct msg_resume *m)
{
    struct worker *w = p->worker;
    assert(w && w->conn == p->conn);
    if (w->ready) {
        worker_expel(c, p, REFUSAL_MALFORMED, "Resume comes once, after Welcome", "");
        return;
    }
    w->resume_ms = c->clock.now_ms;
    worker_failures(c, w, m);
    credit_proofs(c, w, m);
    for (size_t i = 0; i < m->n; i++) {
        if (m->thread[i] >= w->claimed) {
            worker_expel(c, p, REFUSAL_MALFORMED, "resume: there is no such thread",
                         "");
            return;
        }
        resume_one(c, w, m, i);
    }
    if (m->last)
        resume_done(c, w);
}
