// SPDX-License-Identifier: MIT
/*
 * The pending transaction: each file of the core adds to it.  commit.c writes it.
 */
#include "server/core/transaction.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "server/core/effects.h"
#include "server/core/turn.h"

void transaction_init(struct coord *c)
{
    c->commits.retry_ms = -1;
    c->commits.next_id = 1;
}

struct record_list *pending_records(struct coord *c)
{
    return &c->commits.pending.records;
}

void transaction_job(struct coord *c, struct job *j)
{
    assert(!j->removed);
    turn_offer(c, j);
    if (j->dirty)
        return;
    j->dirty = true;
    *VEC_PUSH(&c->commits.pending.jobs) = j;
}

void transaction_remove(struct coord *c, struct job *j)
{
    struct transaction *t = &c->commits.pending;
    assert(!j->removed);
    for (size_t i = 0; j->dirty && i < t->jobs.n; i++)
        if (t->jobs.items[i] == j) {
            t->jobs.items[i] = t->jobs.items[--t->jobs.n];
            j->dirty = false;
        }
    j->removed = true;
    *VEC_PUSH(&t->removed) = j;
}

void transaction_standing(struct coord *c, struct standing *s)
{
    if (s->dirty)
        return;
    s->dirty = true;
    *VEC_PUSH(&c->commits.pending.standings) = s;
}

void transaction_ban(struct coord *c, const struct ban_record *b)
{
    struct transaction *t = &c->commits.pending;
    size_t kept = 0;
    for (size_t i = 0; i < t->pardons.n; i++)
        if (t->pardons.items[i] != b->worker)
            t->pardons.items[kept++] = t->pardons.items[i];
    t->pardons.n = kept;
    *VEC_PUSH(&t->bans) = *b;
}

void transaction_exclude(struct coord *c, const struct standing *s)
{
    struct transaction *t = &c->commits.pending;
    *VEC_PUSH(&t->excluded) = (struct excluded){s->worker, s->program};
    for (size_t i = 0; i < t->answers.n; i++) {
        struct answer *a = &t->answers.items[i];
        if (a->worker != s->worker || a->program != s->program)
            continue;
        a->stale |= a->counted;
        a->counted = a->trials = 0;
    }
}

void transaction_pardon(struct coord *c, uint64_t worker)
{
    *VEC_PUSH(&c->commits.pending.pardons) = worker;
}

struct answer *transaction_answer(struct coord *c, uint64_t worker, uint64_t grant,
                                  const struct job *j)
{
    struct transaction *t = &c->commits.pending;
    struct answer *last = t->answers.n ? &t->answers.items[t->answers.n - 1] : NULL;
    if (last && last->worker == worker && last->grant == grant)
        return last;
    last = VEC_PUSH(&t->answers);
    *last = (struct answer){.worker = worker, .grant = grant, .program = j->program};
    return last;
}

const char *store_refusal(const struct coord *c)
{
    switch (c->commits.store_status) {
    case -ENOMEM:
        return "out of memory, nothing is acknowledged";
    case -EBUSY:
        return "another program holds the state file, nothing is acknowledged";
    }
    return "disk full, nothing is acknowledged";
}

/* The worker keeps a grant until it has its answers, which wait for the store: for the
 * pending transaction or, if that has no answers, for the one in flight. */
void transaction_reported(struct coord *c, struct thread *t)
{
    bool pending = c->commits.pending.answers.n > 0;
    assert(t->worker->threads <= t && t < t->worker->threads + t->worker->n_threads);
    if (!pending && !c->commits.in_flight)
        return; /* everything has been answered */
    struct transaction *waits = pending ? &c->commits.pending : &c->commits.flight;
    uint32_t number = (uint32_t)(t - t->worker->threads);
    *VEC_PUSH(&waits->reported) = (struct reported){t->worker->id, number};
    t->reported++;
}

static void send_to_worker(struct coord *c, const struct worker *w,
                           const struct answer *a, size_t n)
{
    uint64_t *columns = arena_array(&c->out.arena, 5 * n, sizeof(*columns));
    for (size_t i = 0; i < n; i++) {
        columns[i] = a[i].grant;
        columns[n + i] = a[i].counted;
        columns[2 * n + i] = a[i].covered;
        columns[3 * n + i] = a[i].dropped;
        columns[4 * n + i] = a[i].stale;
    }
    struct msg m = {.type = MSG_ANSWERS,
                    .answers = {.n = n,
                                .grant = columns,
                                .counted = columns + n,
                                .covered = columns + 2 * n,
                                .dropped = columns + 3 * n,
                                .stale = columns + 4 * n}};
    send_msg(c, w->conn, &m);
}

void answers_send(struct coord *c, const struct answer *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].program)
            a[i].program->counted += a[i].trials;
    while (n > 0) {
        size_t same = 1;
        while (same < n && same < ANSWERS_MAX && a[same].worker == a[0].worker)
            same++;
        struct worker *w = map_get(&c->fleet.by_id, a[0].worker);
        if (w) {
            for (size_t i = 0; i < same; i++)
                w->trials += a[i].trials;
            /* a worker that is away repeats its results when it resumes */
            if (w->conn)
                send_to_worker(c, w, a, same);
        }
        a += same;
        n -= same;
    }
}

bool transaction_empty(const struct transaction *t)
{
    return t->jobs.n == 0 && t->removed.n == 0 && t->bans.n == 0 && t->pardons.n == 0 &&
           t->audited.n == 0 && t->standings.n == 0;
}

void transaction_clear(struct transaction *t)
{
    t->answers.n = t->reported.n = t->due.n = t->bans.n = t->records.n = 0;
    t->excluded.n = t->pardons.n = t->revocations.n = t->doubts.n = t->jobs.n =
        t->removed.n = 0;
    t->finals.n = 0;
    t->audits.n = t->audited.n = t->standings.n = 0;
    t->leases = 0;
}

static void transaction_free(struct transaction *t)
{
    free(t->answers.items);
    free(t->reported.items);
    free(t->due.items);
    free(t->bans.items);
    free(t->pardons.items);
    free(t->excluded.items);
    free(t->records.items);
    free(t->revocations.items);
    free(t->doubts.items);
    free(t->finals.items);
    free(t->jobs.items);
    free(t->removed.items);
    free(t->audits.items);
    free(t->audited.items);
    free(t->standings.items);
}

void transaction_release(struct coord *c)
{
    transaction_free(&c->commits.pending);
    transaction_free(&c->commits.flight);
}

void transaction_reply(struct coord *c, conn_id conn, const struct msg_request *r,
                       struct job *j)
{
    *VEC_PUSH(&c->commits.pending.due) =
        (struct due){.conn = conn, .request = *r, .job = j};
    if (j)
        transaction_job(c, j);
}

bool transaction_reply_about(struct coord *c, conn_id conn, const struct msg_request *r,
                             uint64_t worker, const char *note)
{
    struct transaction *t = &c->commits.pending;
    if (transaction_empty(t) && !c->commits.in_flight)
        return false;
    if (transaction_empty(t))
        t = &c->commits.flight;
    *VEC_PUSH(&t->due) =
        (struct due){.conn = conn, .request = *r, .worker = worker, .note = note};
    return true;
}

void waiting_forget(struct coord *c, uint64_t worker)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->waiting.results.n; i++)
        if (c->waiting.results.items[i].worker != worker)
            c->waiting.results.items[kept++] = c->waiting.results.items[i];
    c->waiting.results.n = kept;
    struct worker *w = map_get(&c->fleet.by_id, worker);
    if (w)
        w->waiting = 0;
}

void transaction_check(const struct coord *c)
{
    const struct transaction *t = &c->commits.pending;
    for (size_t i = 0; i < t->jobs.n; i++)
        assert(t->jobs.items[i]->dirty && !t->jobs.items[i]->removed);
    for (size_t i = 0; i < t->removed.n; i++)
        assert(t->removed.items[i]->removed && !t->removed.items[i]->dirty);
    for (size_t i = 0; i < t->standings.n; i++)
        assert(t->standings.items[i]->dirty);
    for (size_t i = 0; i < t->audits.n; i++)
        assert(!t->audits.items[i] || !t->audits.items[i]->stored);
    assert(t->records.n == 0); /* they are made in the flush */
}
