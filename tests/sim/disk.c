// SPDX-License-Identifier: MIT
/*
 * The coordinator's disk: transactions become durable one after another, each after a
 * delay; sometimes the disk is full.  A crash drops what was not synced, and leaves the
 * transaction in flight either whole or not at all.
 *
 * At each commit the image checker checks the whole state, and every new row is
 * compared with the true hits and with the grants of its author.
 */
#include "tests/sim/world.h"

#include <errno.h>

#include "tests/sim/truth.h"

static void check_row(struct world *w, uint64_t number, const struct row_record *r)
{
    const struct image_job *j = &w->image.jobs[number];
    uint64_t true_hits = truth_of(&j->program, j->record.seed, r->first, r->count);
    const struct party *p = r->author ? party_by_id(w, r->author) : NULL;
    if (r->author && !p)
        world_fail(w, "a row of nobody: author %llx", (unsigned long long)r->author);
    if (p && !ranges_hold(&p->granted[number], r->first, r->count))
        world_fail(
            w, "row [%llu, +%llu) of job %llu is counted for %s, which never had it",
            (unsigned long long)r->first, (unsigned long long)r->count,
            (unsigned long long)number, p->name);
    bool proven = r->verified && j->record.audit == AUDIT_ALL && !w->trusting;
    if ((!w->lied || proven || (p && p->honest)) && r->hits != true_hits)
        world_fail(w, "row [%llu, +%llu) of job %llu has %llu hits, the truth is %llu",
                   (unsigned long long)r->first, (unsigned long long)r->count,
                   (unsigned long long)number, (unsigned long long)r->hits,
                   (unsigned long long)true_hits);
}

static void check_ban(struct world *w, const struct ban_record *b)
{
    struct party *p = party_by_id(w, b->worker);
    w->stats.bans++;
    if (!p)
        world_fail(w, "somebody unknown is banned");
    if (b->revoke && p->honest)
        world_fail(w, "%s is honest and banned: %s", p->name, b->reason);
    p->banned = true;
    oracle_slots_change(w);
}

/* Where picoord has the program, nobody honest is excluded from it. */
static void check_standing(struct world *w, const struct standing_record *s)
{
    const struct party *p = party_by_id(w, s->worker);
    bool own = !*s->program || w->plan.own >> plan_program(s->program) & 1;
    if (*s->excluded && p && p->honest && own)
        world_fail(w, "%s is honest and excluded: %s", p->name, s->excluded);
    if (!*s->excluded)
        return;
    w->stats.bans++;
    oracle_slots_change(w);
}

static void check_pardon(struct world *w, uint64_t worker)
{
    struct party *p = party_by_id(w, worker);
    if (!p)
        world_fail(w, "somebody unknown is pardoned");
    p->banned = p->excused = false;
}

static void apply(struct world *w, struct transaction *t)
{
    trace_transaction(w, t);
    w->stats.commits++;
    t->applied = true;
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0;
             t->records[i].type == RECORD_AUDITED && k < w->image.n_audits; k++)
            if (w->image.audits[k].audit.id == t->records[i].audited)
                recount_check(w, &w->image.audits[k]);
    if (!image_apply(&w->image, t->records, t->n))
        world_fail(w, "the store refuses transaction %llu: %s",
                   (unsigned long long)t->id, w->image.why);
    trace_transaction(w, t);
    for (size_t i = 0; i < t->n; i++) {
        const struct record *r = &t->records[i];
        if (r->type == RECORD_ROW)
            check_row(w, r->job, &r->row);
        else if (r->type == RECORD_BAN)
            check_ban(w, &r->ban);
        else if (r->type == RECORD_STANDING)
            check_standing(w, &r->standing);
        else if (r->type == RECORD_PARDON)
            check_pardon(w, r->pardoned);
        else if (r->type == RECORD_ANSWER)
            oracle_answer(w, r->job, &r->answer);
        if (r->type == RECORD_ANSWER && w->plan.paced)
            paced_answer(w, r->job, &r->answer);
    }
}

static void write_next(struct world *w)
{
    struct host *h = &w->host;
    if (h->writing || h->n_flight == 0)
        return;
    h->writing = true;
    int64_t low = w->plan.commit_low_us, high = w->plan.commit_high_us;
    if (w->healed && high > HEALED_COMMIT_US)
        high = HEALED_COMMIT_US;
    int64_t delay = low < high ? chance_scale(&w->rng, low, high) : low;
    bool full = w->now_us < h->full_until_us ||
                (!w->healed && chance_ppm(&w->rng, w->plan.full_ppm));
    h->flight[0].status = full ? -ENOSPC : 0;
    world_at(w, w->now_us + delay, SIM_COMMIT, 0, h->life);
}

static void forget_refused(struct host *h)
{
    free(h->refused.records);
    h->refused = (struct transaction){0};
}

void disk_begin(struct world *w, const struct effect *e)
{
    struct host *h = &w->host;
    if (e->transaction.id <= h->last_transaction && h->refused.n == 0)
        world_fail(w, "transaction %llu after %llu",
                   (unsigned long long)e->transaction.id,
                   (unsigned long long)h->last_transaction);
    if (e->transaction.n == 0)
        world_fail(w, "an empty transaction");
    h->last_transaction = e->transaction.id;
    forget_refused(h);
    if (h->n_flight == h->flight_capacity) {
        h->flight_capacity = h->flight_capacity ? 2 * h->flight_capacity : 4;
        h->flight = mem_resize(h->flight, h->flight_capacity, sizeof(*h->flight));
    }
    struct transaction *t = &h->flight[h->n_flight++];
    *t = (struct transaction){.id = e->transaction.id, .n = e->transaction.n};
    t->records = mem_resize(NULL, t->n, sizeof(*t->records));
    memcpy(t->records, e->transaction.records, t->n * sizeof(*t->records));
    write_next(w);
}

static void durable(struct world *w)
{
    struct host *h = &w->host;
    struct transaction t = h->flight[0];
    h->n_flight--;
    memmove(h->flight, h->flight + 1, h->n_flight * sizeof(t));
    h->writing = false;
    if (t.status == 0)
        free(t.records);
    else
        h->refused = t;
    oracle_clocks(w);
    if (t.status == 0)
        image_report(&w->image);
    oracle_clocks(w);
    TELL(w, "disk     %llu %s", (unsigned long long)t.id,
         t.status ? "is refused: no space" : "is durable");
    struct input in = {.type = INPUT_DURABLE, .transaction = {t.id, t.status}};
    write_next(w);
    host_step(w, &in);
    image_answered(&w->image);
}

void disk_event(struct world *w, const struct sim_event *e)
{
    struct host *h = &w->host;
    assert(h->n_flight > 0 && h->writing);
    if (e->type == SIM_DURABLE) {
        durable(w);
        return;
    }
    if (h->flight[0].status == 0)
        apply(w, &h->flight[0]);
    else
        w->stats.full++;
    int64_t wait =
        w->plan.report_us ? chance_between(&w->rng, 0, w->plan.report_us) : 0;
    world_at(w, w->now_us + wait, SIM_DURABLE, 0, h->life);
}

void disk_crash(struct world *w)
{
    struct host *h = &w->host;
    for (size_t i = 0; i < h->n_flight; i++) {
        struct transaction *t = &h->flight[i];
        if (i == 0 && !t->applied && t->status == 0 && chance_percent(&w->rng, 50))
            apply(w, t);
        free(t->records);
    }
    h->n_flight = 0;
    h->writing = false;
    forget_refused(h);
    h->last_transaction = 0;
}
