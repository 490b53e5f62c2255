// SPDX-License-Identifier: MIT
/*
 * Audits: what draw.c has chosen is recomputed. Any range can be computed again, by
 * anyone, so workers do not vote on results: picoord recomputes a part of them itself.
 * A worker whose result is wrong is excluded, and its rows are taken back, or in doubt
 * where their job has ended.
 *
 * From the draw until the audit has passed, the worker's results are counted as
 * provisional; then all of them become verified. What is recomputed whole is verified
 * by its own audit only, in a job with --audit all everything.  slices.c does the
 * recomputing.
 *
 * docs/SECURITY.md has the figures: how soon a wrong worker is found, and what remains
 * of its results.
 */
#include "server/core/audit.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/draw.h"
#include "server/core/effects.h"
#include "server/core/entropy.h"
#include "server/core/ledger_commit.h"
#include "server/core/lines.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"

/* ---- those that are due ---- */

void audit_init(struct coord *c)
{
    map_init(&c->standings.by_worker, entropy_map_key(c));
    c->audits.next_id = 1;
}

static struct audit *audit_of(struct recomputation *r)
{
    assert(r->kind == RECOMPUTES_AUDIT);
    return container_of(r, struct audit, work);
}

/* The next audit from here on in a line, or NULL. */
static struct audit *next_audit(struct recomputation *r)
{
    while (r && r->kind != RECOMPUTES_AUDIT)
        r = r->next;
    return r ? audit_of(r) : NULL;
}

void audit_hold(struct job *j)
{
    bool recheck = j->record.exclusions >= EXCLUSIONS_WHOLE && j->audits_due > 0;
    ledger_hold(&j->ledger, recheck || j->held);
}

static struct audit *enqueue(struct coord *c, struct job *j, struct standing *s,
                             const struct audit_record *what)
{
    assert(what->count > 0 && what->hits <= what->count && what->results > 0);
    struct audit *a = mem_zero(1, sizeof(*a));
    a->what = *what;
    a->what.worker = s->worker;
    a->work = (struct recomputation){.kind = RECOMPUTES_AUDIT,
                                     .job = j,
                                     .of = s,
                                     .range = {what->first, what->count}};
    c->audits.due++;
    s->due++;
    j->audits_due++;
    audit_hold(j);
    s->due_whole += what->whole ? draw_weight(j, what->results, what->count) : 0;
    lines_add(c, &a->work, j->record.audit == AUDIT_ALL ? LINE_EXEMPT : LINE_BUDGET);
    return a;
}

/* The row that begins there is verified by this audit and by no earlier one: the row
 * that an earlier one was about is gone. */
static void whole_put(struct job *j, const struct audit_record *what)
{
    if (what->whole)
        map_put(&j->whole, what->first, (void *)(uintptr_t)what->id);
}

static bool whole_is(const struct job *j, const struct audit_record *what)
{
    return what->whole &&
           map_get(&j->whole, what->first) == (void *)(uintptr_t)what->id;
}

void audit_add(struct coord *c, struct job *j, struct standing *s,
               const struct audit_record *what)
{
    struct audit *a = enqueue(c, j, s, what);
    a->what.id = c->audits.next_id++;
    whole_put(j, &a->what);
    *VEC_PUSH(&c->commits.pending.audits) = a;
}

/* Its stored record is deleted too. */
static void remove_audit(struct coord *c, struct audit *a)
{
    struct standing *s = a->work.of;
    struct job *j = a->work.job;
    assert(s->due > 0 && c->audits.due > 0 && j->audits_due > 0);
    c->audits.due--;
    s->due--;
    j->audits_due--;
    if (whole_is(j, &a->what))
        map_remove(&j->whole, a->what.first);
    audit_hold(j);
    s->due_whole -= a->what.whole ? draw_weight(j, a->what.results, a->what.count) : 0;
    lines_remove(c, &a->work);
    for (size_t i = c->commits.pending.audits.n; !a->stored && i-- > 0;)
        if (c->commits.pending.audits.items[i] == a)
            c->commits.pending.audits.items[i] = NULL;
    if (a->stored)
        *VEC_PUSH(&c->commits.pending.audited) = a->what.id;
    free(a);
}

static void forget_in(struct coord *c, const struct standing *s, enum line_kind line)
{
    struct audit *a, *next = next_audit(lines_first(s, line));
    while ((a = next)) {
        next = next_audit(a->work.next);
        remove_audit(c, a);
    }
}

void audit_forget(struct coord *c, const struct standing *s)
{
    forget_in(c, s, LINE_BUDGET);
    forget_in(c, s, LINE_EXEMPT);
}

void audit_forget_worker(struct coord *c, uint64_t worker)
{
    const struct standing *s = map_get(&c->standings.by_worker, worker);
    for (; s; s = s->next)
        audit_forget(c, s);
}

static void forget_job_in(struct coord *c, const struct job *j,
                          const struct standing *s, enum line_kind line)
{
    struct audit *a, *next = next_audit(lines_first(s, line));
    while ((a = next)) {
        next = next_audit(a->work.next);
        if (a->work.job == j)
            remove_audit(c, a);
    }
}

void audit_forget_job(struct coord *c, const struct job *j)
{
    struct standing_walk at = {0};
    for (const struct standing *s; (s = standing_next(c, &at));) {
        forget_job_in(c, j, s, LINE_BUDGET);
        forget_job_in(c, j, s, LINE_EXEMPT);
    }
}

static void audit_passed(struct coord *c, struct audit *a)
{
    struct standing *s = a->work.of;
    struct job *j = a->work.job;
    if (whole_is(j, &a->what))
        *VEC_PUSH(&j->passed_rows) = (struct passed_row){s->worker, a->what.first,
                                                         a->what.first + a->what.count};
    if (a->what.whole || j->ledger.hold) /* it may have been the last */
        transaction_job(c, j);
    s->passed += draw_weight(j, a->what.results, a->what.count);
    transaction_standing(c, s);
    remove_audit(c, a);
    if (standing_trusted(s))
        standing_vouch(c, s);
}

bool audit_recomputed(struct coord *c, struct recomputation *r,
                      struct audit_record *ret_wrong)
{
    struct audit *a = audit_of(r);
    if (a->what.hits != r->hits) {
        *ret_wrong = a->what;
        return false;
    }
    audit_passed(c, a);
    return true;
}

/* ---- in a flush ---- */

static void audit_row(struct coord *c, struct job *j, const struct row_record *r)
{
    audit_add(c, j, standing_for(c, r->author, j->program),
              &(struct audit_record){.first = r->first,
                                     .count = r->count,
                                     .hits = r->hits,
                                     .results = 1,
                                     .whole = true});
}

/* Queues audits for all that untrusted workers have contributed.  What those who are
 * barred have in a job that has ended meanwhile is in doubt already. */
static void recheck(struct coord *c, struct job *j)
{
    struct row_record r;
    for (uint64_t from = 0; ledger_next_authored(&j->ledger, &from, &r);)
        if (!standing_barred(c, r.author, j->program) &&
            !draw_exempt(c, j, standing_of(c, r.author)))
            audit_row(c, j, &r);
    j->recheck = false;
}

void audit_flush_job(struct coord *c, struct job *j)
{
    struct ledger *l = &j->ledger;
    if (j->recheck)
        recheck(c, j);
    for (size_t i = 0; i < j->passed_rows.n; i++) {
        const struct passed_row *p = &j->passed_rows.items[i];
        size_t share = (size_t)(uintptr_t)map_get(&l->share_of, p->worker);
        ledger_pass(l, share, p->first, p->end, pending_records(c));
    }
    j->passed_rows.n = 0;
    for (size_t i = 1; j->trust_gained && i < l->n_shares; i++) {
        uint64_t worker = l->shares[i].worker;
        const struct standing *base = map_get(&c->standings.by_worker, worker);
        const struct standing *s = base ? standing_in(base, j->program) : NULL;
        /* of a job that has ended, no row becomes better */
        bool wrong = standing_barred(c, worker, j->program);
        if (base && standing_believed(base))
            s = base;
        if (l->shares[i].provisional && s && standing_trusted(s) && !wrong)
            ledger_vouch(l, i, pending_records(c));
    }
    j->trust_gained = false;
}

static void record_standing(const struct standing *s, struct record_list *to)
{
    struct standing_record *r = &record_add(to, RECORD_STANDING, 0)->standing;
    r->worker = s->worker;
    r->valid = s->valid;
    r->passed = s->passed;
    r->trusted = s->trusted;
    copy_text(r->program, sizeof(r->program), s->program->name);
    copy_text(r->excluded, sizeof(r->excluded), s->excluded ? s->excluded : "");
    r->job = s->wrong_job;
    r->first = s->wrong.first;
    r->count = s->wrong.count;
}

void audit_flush(struct coord *c)
{
    const struct transaction *t = &c->commits.pending;
    struct record_list *to = pending_records(c);
    for (size_t i = 0; i < t->audited.n; i++)
        record_push(to, &(struct record){.type = RECORD_AUDITED,
                                         .audited = t->audited.items[i]});
    for (size_t i = 0; i < t->audits.n; i++) {
        struct audit *a = t->audits.items[i];
        if (!a)
            continue;
        a->stored = true;
        record_push(to, &(struct record){.type = RECORD_AUDIT,
                                         .job = a->work.job->number,
                                         .audit = a->what});
    }
    for (size_t i = 0; i < t->standings.n; i++) {
        struct standing *s = t->standings.items[i];
        s->dirty = false;
        record_standing(s, to);
    }
}

/* ---- restoring, and jobs that are extended ---- */

bool audit_restore(struct coord *c, struct job *j, const struct audit_record *r)
{
    uint64_t end;
    if (r->count == 0 || r->hits > r->count || r->results == 0 || r->id == UINT64_MAX ||
        __builtin_add_overflow(r->first, r->count, &end) || end > TRIALS_MAX)
        return false;
    struct audit *a = enqueue(c, j, standing_for(c, r->worker, j->program), r);
    a->stored = true;
    whole_put(j, r);
    if (r->id >= c->audits.next_id)
        c->audits.next_id = r->id + 1;
    return true;
}

/* Provisional rows of a worker that has no audit due: they become verified if the
 * worker is trusted, otherwise they are recomputed. */
void audit_rows(struct coord *c, struct job *j)
{
    struct row_record r;
    for (uint64_t from = 0; ledger_next_provisional(&j->ledger, &from, &r);) {
        struct standing *s = standing_for(c, r.author, j->program);
        if (s->due > 0)
            continue;
        if (standing_trusted(s)) {
            j->trust_gained = true;
            transaction_job(c, j);
        } else if (ledger_await(&j->ledger, r.first, r.first + r.count)) {
            audit_row(c, j, &r);
            transaction_job(c, j);
        }
    }
}

static void await_all(const struct standing *s, enum line_kind line)
{
    for (struct audit *a = next_audit(lines_first(s, line)); a;
         a = next_audit(a->work.next))
        if (a->what.whole)
            (void)ledger_await(&a->work.job->ledger, a->what.first,
                               a->what.first + a->what.count);
}

void audit_restored(struct coord *c)
{
    struct standing_walk at = {0};
    for (const struct standing *s; (s = standing_next(c, &at));) {
        await_all(s, LINE_BUDGET);
        await_all(s, LINE_EXEMPT);
    }
    for (size_t i = 0; i < c->jobs.active.n; i++)
        audit_rows(c, c->jobs.active.items[i]);
}

static void release_in(const struct standing *s, enum line_kind line)
{
    for (struct audit *a = next_audit(lines_first(s, line)), *next; a; a = next) {
        next = next_audit(a->work.next);
        free(a);
    }
}

void audit_release(struct coord *c)
{
    struct standing_walk at = {0};
    for (const struct standing *s; (s = standing_next(c, &at));) {
        release_in(s, LINE_BUDGET);
        release_in(s, LINE_EXEMPT);
    }
}

static uint32_t check_line(const struct standing *s, enum line_kind line)
{
    uint32_t n = 0;
    for (const struct audit *a = next_audit(lines_first(s, line)); a;
         a = next_audit(a->work.next), n++) {
        assert(a->what.worker == s->worker && a->work.range.count == a->what.count);
        assert(a->what.hits <= a->what.count);
    }
    return n;
}

void audit_check(const struct coord *c)
{
    struct standing_walk at = {0};
    uint32_t due = 0;
    for (const struct standing *s; (s = standing_next(c, &at));) {
        assert(check_line(s, LINE_BUDGET) + check_line(s, LINE_EXEMPT) == s->due);
        due += s->due;
    }
    assert(due == c->audits.due);
    for (size_t i = 0; i < c->jobs.all.n; i++)
        due -= c->jobs.all.items[i]->audits_due;
    assert(due == 0);
}
