// SPDX-License-Identifier: MIT
/*
 * Random operations on the ledger and on a model (ledger_model.h): after each of them
 * both agree, and the records handed out equal the rows of the ledger.  A second run
 * deals slots, which are as narrow as a lease in the cells of the first.
 */
#include <stdlib.h>

#include "server/core/ledger_commit.h"
#include "server/core/ledger_revoke.h"
#include "tests/lib/ledger_model.h"

enum { SEEDS = 60, STEPS = 400, ELSEWHERE = 1 << 30, KEPT_MS = 10000 };

struct run {
    struct ledger l;
    struct disk d;
    struct record_list out;
    struct model m;
    struct rng rng;
    uint64_t next_grant;
    int64_t now_ms;
    bool in_flight;
};

static uint64_t below(struct run *r, uint64_t n)
{
    return rng_below(&r->rng, n);
}

static uint64_t random_range(struct run *r, uint64_t most, uint64_t *ret_end)
{
    uint64_t first = below(r, r->m.limit), end = first + 1 + below(r, most);
    *ret_end = end < r->m.limit ? end : r->m.limit;
    return first;
}

/* A grant that exists, or did. */
static uint64_t some_grant(struct run *r)
{
    uint64_t i = below(r, r->m.limit);
    return r->m.at[i].grant ? r->m.at[i].grant : 1 + below(r, r->next_grant);
}

/* Free, and to be leased within the bounds that it had. */
static bool is_kept(const struct run *r, uint64_t unit)
{
    const struct unit *u = &r->m.at[unit];
    return u->state == UNIT_FREE && u->lease_end && r->now_ms < u->kept_ms;
}

/* Each lease lies in one cell and in the bounds that are still kept, which are cut only
 * for who wants less. */
static void check_lease(struct run *r, const struct wanted *w, const struct taken *t,
                        uint32_t i)
{
    struct range x = grant_lease(t->first, t->count, t->log2, i);
    uint64_t first = x.first / UNIT, end = first + x.count / UNIT;
    const struct unit *u = &r->m.at[first];
    HOLDS(x.first % UNIT == 0 && x.count % UNIT == 0);
    HOLDS(unit_cell_end(first) >= end);
    bool kept = is_kept(r, first);
    for (uint64_t k = first; k < end; k++) {
        HOLDS(r->m.at[k].state == UNIT_FREE && is_kept(r, k) == kept);
        HOLDS(!kept || (u->lease_first <= k && k < u->lease_end));
    }
    if (!kept || w->log2 < u->log2)
        return;
    /* All of the old lease that is still free. */
    HOLDS(first == u->lease_first || r->m.at[first - 1].state != UNIT_FREE);
    HOLDS(end == u->lease_end || r->m.at[end].state != UNIT_FREE);
}

static uint64_t lowest_free(const struct run *r, uint64_t from)
{
    for (uint64_t i = from; i < r->m.limit; i++)
        if (r->m.at[i].state == UNIT_FREE)
            return i;
    return UINT64_MAX;
}

static void op_take(struct run *r)
{
    struct wanted w = {.from = below(r, 2) ? 0 : below(r, UNITS) * UNIT,
                       .trials = below(r, 20 * UNIT),
                       .log2 = 16 + (uint32_t)below(r, 4),
                       .leases = 1 + (uint32_t)below(r, 64),
                       .grant = r->next_grant,
                       .now_ms = r->now_ms};
    struct taken t;
    uint64_t low = lowest_free(r, w.from / UNIT);
    if (low == UINT64_MAX)
        low = lowest_free(r, 0);
    bool got = ledger_take(&r->l, &w, &t);
    HOLDS(got == (low != UINT64_MAX));
    if (!got)
        return;
    r->next_grant++;
    /* A gap with bounds is entered at its beginning, which may lie lower. */
    HOLDS(t.first == low * UNIT || (t.again && t.first < low * UNIT &&
                                    t.first + t.count > low * UNIT - 64 * UNIT));
    uint32_t n = grant_leases(t.first, t.count, t.log2);
    HOLDS(n >= 1 && n <= w.leases && (t.count <= w.trials || n == 1));
    uint64_t again = 0;
    for (uint64_t k = t.first / UNIT; k < (t.first + t.count) / UNIT; k++)
        again += r->m.at[k].lease_end ? UNIT : 0;
    HOLDS(t.again == again);
    for (uint32_t i = 0; i < n; i++)
        check_lease(r, &w, &t, i);
    for (uint32_t i = 0; i < n; i++) {
        struct range x = grant_lease(t.first, t.count, t.log2, i);
        for (uint64_t k = x.first / UNIT; k < (x.first + x.count) / UNIT; k++)
            r->m.at[k] = (struct unit){.state = UNIT_LEASED,
                                       .grant = w.grant,
                                       .lease_first = x.first / UNIT,
                                       .lease_end = (x.first + x.count) / UNIT,
                                       .log2 = t.log2};
    }
}

/* One lease, or what is left of it, goes back. */
static void op_give_back(struct run *r)
{
    uint64_t i = below(r, r->m.limit), sum = 0;
    struct unit u = r->m.at[i];
    uint64_t grant = u.state == UNIT_LEASED && below(r, 8) ? u.grant : some_grant(r);
    bool keep = u.state == UNIT_LEASED && u.lease_end && below(r, 4);
    uint64_t first = i, end = i + 1;
    if (keep) {
        first = u.lease_first;
        end = u.lease_end;
    } else {
        first = random_range(r, 10, &end);
    }
    for (uint64_t k = first; k < end; k++)
        if (r->m.at[k].state == UNIT_LEASED && r->m.at[k].grant == grant) {
            sum += UNIT;
            model_free(&r->m, k, keep ? u.lease_first : 0, keep ? u.lease_end : 0);
            r->m.at[k].log2 = u.log2;
            r->m.at[k].kept_ms = (r->now_ms + KEPT_MS) / 1000 * 1000 + 1000;
        }
    struct bounds kept = {keep ? u.log2 : 0, r->now_ms + KEPT_MS};
    HOLDS(ledger_give_back(&r->l, grant, first * UNIT, end * UNIT, kept) == sum);
}

static void op_adopt(struct run *r)
{
    uint64_t end, first = random_range(r, 4, &end);
    bool free = model_count(&r->m, first, end, UNIT_FREE) == end - first;
    HOLDS(ledger_adopt(&r->l, r->next_grant, first * UNIT, end * UNIT) == free);
    if (!free)
        return;
    for (uint64_t k = first; k < end; k++)
        r->m.at[k] = (struct unit){.state = UNIT_LEASED, .grant = r->next_grant};
    r->next_grant++;
}

static void op_fate(struct run *r)
{
    uint64_t end, first = random_range(r, 6, &end), grant = some_grant(r);
    HOLDS(ledger_fate(&r->l, grant, first * UNIT, end * UNIT) ==
          model_fate(&r->m, first, end));
    uint64_t owned = first, stop = unit_cell_end(first);
    while (owned < stop && owned < UNITS &&
           model_all_owned(&r->m, grant, owned, owned + 1))
        owned++;
    HOLDS(ledger_owned(&r->l, grant, first * UNIT) == owned * UNIT);
}

static void op_count(struct run *r)
{
    uint64_t end, first = random_range(r, 6, &end), grant = some_grant(r);
    if (end > unit_cell_end(first))
        end = unit_cell_end(first);
    if (r->m.at[first].state == UNIT_LEASED)
        grant = r->m.at[first].grant;
    if (!model_all_owned(&r->m, grant, first, end) &&
        model_count(&r->m, first, end, UNIT_FREE) < end - first)
        return;
    uint64_t worker = 1 + below(r, WORKERS), hits = 0;
    bool verified = worker != WORKERS; /* the last one is not trusted */
    for (uint64_t k = first; k < end; k++) {
        r->m.at[k] = (struct unit){.state = UNIT_PENDING,
                                   .worker = worker,
                                   .verified = verified,
                                   .hits = unit_hits(k)};
        hits += unit_hits(k);
    }
    size_t share = ledger_share(&r->l, worker, "w");
    ledger_count(&r->l, grant, first * UNIT, end * UNIT, hits, share, verified);
}

static void op_commit(struct run *r)
{
    if (r->in_flight) {
        ledger_durable(&r->l);
        model_durable(&r->m);
    } else {
        ledger_flush(&r->l, &r->out);
        disk_take(&r->d, &r->out);
        ledger_settle(&r->l, &r->out);
        disk_take(&r->d, &r->out);
        model_flush(&r->m);
        compare_disk(&r->l, &r->d);
    }
    r->in_flight = !r->in_flight;
}

static void op_forget(struct run *r)
{
    uint64_t worker = 1 + below(r, WORKERS), sum = 0;
    for (uint64_t i = 0; i < r->m.limit; i++)
        if (r->m.at[i].state == UNIT_PENDING && r->m.at[i].worker == worker) {
            model_free(&r->m, i, 0, 0);
            sum += UNIT;
        }
    HOLDS(ledger_forget_pending(&r->l, worker) == sum);
}

static void op_revoke(struct run *r)
{
    uint64_t worker = 1 + below(r, WORKERS);
    struct tally sum = {0}, want = {0};
    if (r->in_flight)
        return;
    for (uint64_t i = 0; i < UNITS; i++) {
        struct unit *u = &r->m.at[i];
        if (u->state != UNIT_ROW || u->worker != worker)
            continue;
        want.done += UNIT;
        want.hits += u->hits;
        model_free(&r->m, i, 0, 0);
    }
    ledger_revoke(&r->l, worker, &r->out, &sum);
    disk_take(&r->d, &r->out);
    HOLDS(sum.done == want.done && sum.hits == want.hits);
    ledger_settle(&r->l, &r->out);
    disk_take(&r->d, &r->out);
    compare_disk(&r->l, &r->d);
}

/* The job has ended, and goes on without what is in doubt. */
static void doubt(struct run *r)
{
    uint64_t worker = 1 + below(r, WORKERS), below_limit = 0, all = 0;
    struct tally sum = {0};
    for (uint64_t i = 0; i < UNITS; i++) {
        struct unit *u = &r->m.at[i];
        if (u->state != UNIT_ROW || u->worker != worker || !u->verified)
            continue;
        below_limit += i < r->m.limit;
        all++;
        model_free(&r->m, i, 0, 0);
    }
    HOLDS(ledger_doubt(&r->l, worker, &r->out) == below_limit * UNIT);
    disk_take(&r->d, &r->out);
    compare_disk(&r->l, &r->d);
    HOLDS(r->l.total.doubtful == below_limit * UNIT);
    ledger_revoke_doubtful(&r->l, &r->out, &sum);
    disk_take(&r->d, &r->out);
    HOLDS(sum.done == all * UNIT);
}

static void op_set_limit(struct run *r)
{
    if (r->l.hold)
        return;
    while (r->in_flight || r->l.pending.n)
        op_commit(r);
    ledger_close(&r->l); /* the job ends, and then goes on */
    if (below(r, 2))
        doubt(r);
    uint64_t limit = 1 + below(r, UNITS);
    const struct span *x = span_of(&r->l.rows, limit * UNIT);
    bool cut = x && x->first < limit * UNIT;
    uint64_t first = cut ? x->first / UNIT : 0, end = cut ? x->end / UNIT : 0;
    ledger_set_limit(&r->l, limit * UNIT, &r->out);
    disk_take(&r->d, &r->out);
    model_set_limit(&r->m, limit, first, end);
    ledger_settle(&r->l, &r->out);
    disk_take(&r->d, &r->out);
    compare_disk(&r->l, &r->d);
}

static void op_hold(struct run *r)
{
    r->m.hold = !r->m.hold;
    ledger_hold(&r->l, r->m.hold);
}

/* A ledger of the next life has the same rows, totals and gaps. */
static void op_restore(struct run *r)
{
    struct ledger l;
    ledger_init(&l, THE_JOB, r->l.limit, NULL);
    for (size_t i = 0; i < r->d.n; i++) {
        if (r->d.at[i].type == RECORD_ROW)
            HOLDS(ledger_restore_row(&l, &r->d.at[i].row) == 0);
        else
            ledger_restore_share(&l, &r->d.at[i].share);
    }
    ledger_restored(&l);
    ledger_check(&l);
    HOLDS(!memcmp(&l.total, &r->l.total, sizeof(l.total)));
    HOLDS(l.prefix == r->l.prefix && l.prefix_hits == r->l.prefix_hits);
    HOLDS(l.free.total + l.total.done == l.limit);
    compare_disk(&l, &r->d);
    ledger_release(&l);
}

static void any_operations_leave_what_the_model_holds(void **state)
{
    (void)state;
    static void (*const ops[])(struct run *) = {
        op_take,      op_take,   op_take,   op_take,  op_take,  op_take,
        op_give_back, op_adopt,  op_count,  op_count, op_count, op_count,
        op_count,     op_count,  op_commit, op_count, op_count, op_count,
        op_commit,    op_commit, op_fate,   op_fate,
    };
    static void (*const rare[])(struct run *) = {op_forget,    op_revoke,  op_hold,
                                                 op_set_limit, op_restore, op_hold};
    static struct run r;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        r = (struct run){.rng = seeded(seed), .next_grant = 1};
        bool open = below(&r, 3) == 0;
        uint64_t limit = open ? UNITS : 1 + below(&r, UNITS);
        r.m = model_new(limit);
        r.m.open = open;
        ledger_init(&r.l, THE_JOB, open ? TRIALS_MAX : limit * UNIT, NULL);
        if (open) /* somebody has all that the model does not reach */
            HOLDS(ledger_adopt(&r.l, ELSEWHERE, UNITS * UNIT, TRIALS_MAX));
        for (step_now = 1; step_now <= STEPS; step_now++) {
            if (below(&r, 20))
                ops[below(&r, ARRAY_SIZE(ops))](&r);
            else
                rare[below(&r, ARRAY_SIZE(rare))](&r);
            compare_all(&r.m, &r.l);
            r.now_ms += (int64_t)below(&r, 500);
        }
        ledger_release(&r.l);
        disk_release(&r.d);
        free(r.out.items);
    }
}

/* ---- slots ---- */

enum {
    SLOT = 8,
    DEALT = 512,
    HANDS = 6
};                              /* units of a slot, of the job, and workers */
#define FAR (UINT64_C(1) << 14) /* where slots are that wide, in units */

/* A unit is with nobody, with a worker (its lease, or the rest of its slot), or
 * counted. */
struct dealt_unit {
    enum dealt_state { NOBODYS, DEALT_TO, LEASED_TO, COUNTED } state;
    uint64_t worker;
    bool again; /* was leased before */
};

struct table {
    struct ledger l;
    struct rng rng;
    struct dealt_unit at[DEALT];
};

static size_t lowest(const struct table *t, enum dealt_state state, uint64_t worker)
{
    size_t i = 0;
    while (i < DEALT &&
           (t->at[i].state != state || (worker && t->at[i].worker != worker)))
        i++;
    return i;
}

static void table_take(struct table *t)
{
    uint64_t worker = 1 + rng_below(&t->rng, HANDS);
    struct wanted w = {.trials = rng_below(&t->rng, 3 * SLOT * UNIT),
                       .log2 = 16 + (uint32_t)rng_below(&t->rng, 5),
                       .leases = 64,
                       .grant = worker,
                       .worker = worker};
    struct taken got;
    size_t at = lowest(t, NOBODYS, 0), mine = lowest(t, DEALT_TO, worker);
    bool begins = at < DEALT && !t->at[at].again && mine == DEALT;
    if (at == DEALT || (!t->at[at].again && mine < DEALT))
        at = mine < DEALT ? mine : lowest(t, DEALT_TO, 0);
    HOLDS(ledger_take(&t->l, &w, &got) == (at < DEALT));
    if (at == DEALT)
        return;
    HOLDS(got.first == (FAR + at) * UNIT);
    size_t end = at + got.count / UNIT;
    for (size_t i = at; i < end; i++) {
        HOLDS(t->at[i].state == t->at[at].state && t->at[i].worker == t->at[at].worker);
        HOLDS((got.again > 0) == t->at[i].again);
        HOLDS(begins || got.again || i / SLOT == at / SLOT);
    }
    for (size_t i = at; i < end; i++)
        t->at[i] = (struct dealt_unit){LEASED_TO, worker, false};
    for (; begins && end % SLOT && t->at[end].state == NOBODYS && !t->at[end].again;
         end++)
        t->at[end] = (struct dealt_unit){DEALT_TO, worker, false};
}

static void table_leave(struct table *t)
{
    uint64_t worker = 1 + rng_below(&t->rng, HANDS);
    ledger_leave(&t->l, worker);
    for (size_t i = 0; i < DEALT; i++) {
        if (t->at[i].state == LEASED_TO && t->at[i].worker == worker) {
            uint64_t first = (FAR + i) * UNIT;
            ledger_give_back(&t->l, worker, first, first + UNIT,
                             (struct bounds){16, 0});
            t->at[i] = (struct dealt_unit){NOBODYS, 0, true};
        } else if (t->at[i].state == DEALT_TO && t->at[i].worker == worker) {
            t->at[i] = (struct dealt_unit){NOBODYS, 0, t->at[i].again};
        }
    }
}

/* A result of its lease, or a late one, whose range is with whom it may. */
static void table_count(struct table *t)
{
    size_t i = rng_below(&t->rng, DEALT);
    uint64_t first = (FAR + i) * UNIT, grant = t->at[i].worker;
    size_t share = ledger_share(&t->l, 1, "w");
    if (t->at[i].state == COUNTED)
        return;
    ledger_count(&t->l, grant, first, first + UNIT, 1, share, ROW_VERIFIED);
    t->at[i] = (struct dealt_unit){COUNTED, 0, false};
}

static void table_compare(const struct table *t)
{
    ledger_check(&t->l);
    for (size_t i = 0; i < DEALT; i++) {
        uint64_t at = (FAR + i) * UNIT;
        const struct span *dealt = span_of(&t->l.dealt, at);
        const struct span *free = span_of(&t->l.free, at);
        HOLDS(!free == (t->at[i].state != NOBODYS));
        HOLDS(!free || (free->tag != 0) == t->at[i].again);
        HOLDS(!dealt == (t->at[i].state != DEALT_TO));
        HOLDS(!dealt || dealt->tag == t->at[i].worker);
    }
}

static void slots_have_one_worker_at_a_time(void **state)
{
    (void)state;
    static struct table t;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        t = (struct table){.rng = seeded(seed)};
        ledger_init(&t.l, THE_JOB, (FAR + DEALT) * UNIT, NULL);
        HOLDS(ledger_adopt(&t.l, ELSEWHERE, 0, FAR * UNIT));
        for (step_now = 1; step_now <= STEPS; step_now++) {
            uint64_t what = rng_below(&t.rng, 20);
            if (what < 9)
                table_take(&t);
            else if (what < 10)
                table_leave(&t);
            else
                table_count(&t);
            table_compare(&t);
        }
        ledger_release(&t.l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_operations_leave_what_the_model_holds),
        cmocka_unit_test(slots_have_one_worker_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
