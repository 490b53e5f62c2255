// SPDX-License-Identifier: MIT
#include "tests/power/load.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/base.h"
#include "server/core/ledger_commit.h"
#include "server/core/ledger_revoke.h"

enum {
    LOAD_LEASES = 24,
    LOAD_OPEN = 3,
    LOAD_GRANTS = 100, /* numbers of grants: a worker's id is its grant's too */
};

/* ---- states as numbers ---- */

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        h = rng_mix(h ^ p[i]);
    return h;
}

static uint64_t hash_number(uint64_t h, uint64_t x)
{
    return rng_mix(h ^ rng_mix(x));
}

static uint64_t hash_job(uint64_t h, const struct job_record *j)
{
    uint64_t error;
    memcpy(&error, &j->until_stderr, sizeof(error));
    const uint64_t words[] = {j->state,
                              j->rule,
                              j->seed,
                              j->trials,
                              error,
                              (uint64_t)j->for_ms,
                              (uint64_t)j->elapsed_ms,
                              j->weight,
                              j->frontier,
                              j->computed_again,
                              j->exclusions};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        h = hash_number(h, words[i]);
    h = hash_bytes(h, j->uid, UID_BYTES);
    h = hash_bytes(h, j->request, UID_BYTES);
    return hash_bytes(h, j->name, strlen(j->name));
}

static uint64_t record_hash(const struct record *r)
{
    uint64_t h = hash_number(hash_number(7, r->type), r->job);
    switch (r->type) {
    case RECORD_JOB:
        return hash_job(h, &r->job_);
    case RECORD_PROGRAM:
        h = hash_number(hash_number(h, r->program.score), r->program.test);
        h = hash_bytes(h, r->program.arg, strlen(r->program.arg));
        return hash_bytes(h, r->program.name, strlen(r->program.name));
    case RECORD_ROW:
        h = hash_number(hash_number(h, r->row.first), r->row.count);
        h = hash_number(hash_number(h, r->row.hits), r->row.author);
        return hash_number(hash_number(h, r->row.verified), r->row.doubtful);
    case RECORD_SHARE:
        h = hash_number(hash_number(h, r->share.worker), r->share.trials);
        h = hash_number(h, r->share.hits);
        return hash_bytes(h, r->share.name, strlen(r->share.name));
    case RECORD_BAN:
        h = hash_number(hash_number(h, r->ban.worker), r->ban.revoke);
        return hash_bytes(h, r->ban.reason, strlen(r->ban.reason));
    case RECORD_ANSWER:
        h = hash_number(hash_number(h, r->answer.trials), r->answer.hits);
        return hash_number(h, (uint64_t)r->answer.elapsed_ms);
    case RECORD_STANDING:
        h = hash_number(hash_number(h, r->standing.worker), r->standing.valid);
        return hash_number(hash_number(h, r->standing.passed), r->standing.trusted);
    case RECORD_AUDIT:
        h = hash_number(hash_number(h, r->audit.id), r->audit.worker);
        h = hash_number(hash_number(h, r->audit.first), r->audit.count);
        h = hash_number(hash_number(h, r->audit.hits), r->audit.results);
        return hash_number(h, r->audit.whole);
    case RECORD_RM:
        return h;
    case RECORD_CLEAR:
    case RECORD_AUDITED:
    case RECORD_PARDON:
        break;
    }
    assert(false && "a record that a store holds");
    return 0;
}

/* ---- the model ---- */

static bool same_key(const struct record *a, const struct record *b)
{
    return a->type == b->type && a->job == b->job &&
           (a->type == RECORD_JOB || a->type == RECORD_PROGRAM ||
            (a->type == RECORD_SHARE && a->share.worker == b->share.worker));
}

static void model_push(struct load *l, const struct record *r)
{
    if (l->n_state == l->state_capacity) {
        l->state_capacity = l->state_capacity ? 2 * l->state_capacity : 256;
        l->state = mem_resize(l->state, l->state_capacity, sizeof(*l->state));
    }
    l->state[l->n_state++] = *r;
}

/* Nothing of the job is left but the highest number of any that was removed. */
static bool removes(const struct record *r, const struct record *x)
{
    return r->type == RECORD_RM &&
           (x->type == RECORD_RM ? x->job < r->job : x->job == r->job);
}

static void model_apply(struct load *l, const struct record *r)
{
    bool highest = true;
    for (size_t i = 0; i < l->n_state;) {
        const struct record *x = &l->state[i];
        bool cleared = r->type == RECORD_CLEAR && x->type == RECORD_ROW &&
                       x->job == r->job && x->row.first >= r->clear.first &&
                       x->row.first + x->row.count <= r->clear.end;
        highest &= x->type != RECORD_RM || x->job < r->job;
        bool pardoned = r->type == RECORD_PARDON && x->type == RECORD_BAN &&
                        x->ban.worker == r->pardoned;
        if (cleared || pardoned || same_key(x, r) || removes(r, x))
            l->state[i] = l->state[--l->n_state];
        else
            i++;
    }
    if (r->type == RECORD_RM ? highest
                             : r->type != RECORD_CLEAR && r->type != RECORD_PARDON)
        model_push(l, r);
}

uint64_t load_digest(const struct record *records, size_t n)
{
    uint64_t sum = 1;
    for (size_t i = 0; i < n; i++)
        sum += record_hash(&records[i]);
    return sum;
}

/* ---- making transactions ---- */

static void load_add_job(struct load *l)
{
    struct load_job *j = &l->jobs[l->n_jobs++];
    j->record = (struct job_record){.state = JOB_RUNNING,
                                    .rule = STOP_TRIALS,
                                    .seed = rng_next(&l->rng),
                                    .trials = 1 + rng_below(&l->rng, UINT64_C(1) << 23),
                                    .weight = 1};
    for (size_t i = 0; i < UID_BYTES; i++) {
        j->record.uid[i] = (uint8_t)rng_next(&l->rng);
        j->record.request[i] = (uint8_t)rng_next(&l->rng);
    }
    snprintf(j->record.name, sizeof(j->record.name), "job-%zu", l->n_jobs);
    ledger_init(&j->ledger, l->n_jobs, j->record.trials, NULL);
}

static uint64_t new_worker(struct load *l)
{
    /* Both halves of the numbers that there are. */
    return rng_mix(l->next_worker++) | 1;
}

void load_init(struct load *l, uint64_t seed)
{
    uint8_t bytes[32] = {0};
    *l = (struct load){0};
    memcpy(bytes, &seed, sizeof(seed));
    rng_init(&l->rng, bytes);
    for (size_t i = 0; i < LOAD_WORKERS; i++)
        l->workers[i] = new_worker(l);
    l->digests[0] = load_digest(NULL, 0);
}

void load_release(struct load *l)
{
    for (size_t i = 0; i < l->n_jobs; i++)
        ledger_release(&l->jobs[i].ledger);
    free(l->records.items);
    free(l->state);
}

/* Results of one worker; some leases stay out, so that there are gaps. */
static void count_some(struct load *l, struct load_job *j)
{
    uint64_t worker = l->workers[rng_below(&l->rng, LOAD_WORKERS)];
    char name[NAME_BYTES + 1];
    struct taken t;
    snprintf(name, sizeof(name), "w-%llx", (unsigned long long)worker);
    struct wanted w = {.trials = UINT64_C(1) << (16 + rng_below(&l->rng, 5)),
                       .log2 = 16 + (uint32_t)rng_below(&l->rng, 3),
                       .leases = 1 + (uint32_t)rng_below(&l->rng, 8),
                       .grant = 1 + rng_below(&l->rng, LOAD_GRANTS),
                       .worker = worker};
    if (!ledger_take(&j->ledger, &w, &t))
        return;
    uint64_t end = t.first + t.count;
    if (rng_below(&l->rng, 4) == 0) {
        ledger_give_back(&j->ledger, w.grant, t.first, end, (struct bounds){t.log2, 1});
        w.from = end; /* the next one: the gap remains */
        if (!ledger_take(&j->ledger, &w, &t))
            return;
        end = t.first + t.count;
    }
    size_t share = ledger_share(&j->ledger, worker, name);
    for (uint64_t from = t.first; from < end;) {
        uint64_t cell = cell_first(cell_of(from) + 1), to = cell < end ? cell : end;
        ledger_count(&j->ledger, w.grant, from, to, rng_below(&l->rng, to - from + 1),
                     share, true);
        from = to;
    }
}

static void end_job(struct load *l, struct load_job *j, uint64_t number)
{
    const struct tally *t = &j->ledger.total;
    ledger_close(&j->ledger);
    j->ended = true;
    j->record.state = JOB_DONE;
    struct record r = {.type = RECORD_ANSWER, .job = number};
    r.answer.trials = j->record.trials;
    r.answer.hits = t->hits;
    r.answer.elapsed_ms = j->record.elapsed_ms;
    record_push(&l->records, &r);
}

static void extend_job(struct load *l, struct load_job *j)
{
    j->record.trials += 1 + rng_below(&l->rng, UINT64_C(1) << 22);
    j->record.state = JOB_RUNNING;
    j->ended = false;
    struct tally sum = {0};
    ledger_revoke_doubtful(&j->ledger, &l->records, &sum);
    ledger_set_limit(&j->ledger, j->record.trials, &l->records);
}

/* The job's own record stands before its rows and says what came of them. */
static void flush_job(struct load *l, struct load_job *j, bool extend)
{
    uint64_t number = (uint64_t)(j - l->jobs) + 1;
    size_t place = l->records.n;
    record_push(&l->records, &(struct record){.type = RECORD_JOB, .job = number});
    ledger_flush(&j->ledger, &l->records);
    if (extend)
        extend_job(l, j);
    else if (!j->ended && ledger_complete(&j->ledger))
        end_job(l, j, number);
    ledger_settle(&j->ledger, &l->records);
    ledger_durable(&j->ledger);
    j->record.elapsed_ms += (int64_t)rng_below(&l->rng, 1000);
    j->record.frontier = j->record.trials;
    l->records.items[place].job_ = j->record;
}

static void ban_one(struct load *l)
{
    size_t at = rng_below(&l->rng, LOAD_WORKERS);
    struct record r = {.type = RECORD_BAN};
    struct tally sum = {0};
    r.ban = (struct ban_record){.worker = l->workers[at], .revoke = true};
    snprintf(r.ban.reason, sizeof(r.ban.reason), "it said what cannot be");
    if (l->banned) /* the one before is pardoned */
        record_push(&l->records,
                    &(struct record){.type = RECORD_PARDON, .pardoned = l->banned});
    record_push(&l->records, &r);
    l->banned = r.ban.worker;
    for (size_t i = 0; i < l->n_jobs; i++) {
        struct load_job *j = &l->jobs[i];
        if (j->ended && !j->removed)
            (void)ledger_doubt(&j->ledger, r.ban.worker, &l->records);
        else if (!j->ended)
            ledger_revoke(&j->ledger, r.ban.worker, &l->records, &sum);
    }
    l->workers[at] = new_worker(l);
}

static void remove_some(struct load *l)
{
    for (size_t i = 0; i < l->n_jobs; i++)
        if (l->jobs[i].ended && !l->jobs[i].removed && rng_below(&l->rng, 100) == 0) {
            l->jobs[i].removed = true;
            record_push(&l->records, &(struct record){.type = RECORD_RM, .job = i + 1});
        }
}

bool load_next(struct load *l)
{
    size_t open = 0;
    l->records.n = 0;
    if (l->n_made == LOAD_TRANSACTIONS)
        return false;
    for (size_t i = 0; i < l->n_jobs; i++)
        open += !l->jobs[i].ended;
    bool added = open < LOAD_OPEN && l->n_jobs < LOAD_JOBS;
    if (added)
        load_add_job(l);
    remove_some(l);
    bool ban = rng_below(&l->rng, 100) == 0;
    if (ban)
        ban_one(l);
    for (size_t i = 0; i < l->n_jobs; i++) {
        struct load_job *j = &l->jobs[i];
        if (j->removed)
            continue;
        bool extend = j->ended && rng_below(&l->rng, 60) == 0;
        size_t results = j->ended ? 0 : rng_below(&l->rng, LOAD_LEASES / LOAD_OPEN);
        for (size_t k = 0; k < results; k++)
            count_some(l, j);
        if (results || extend || (ban && !j->ended) || (added && i + 1 == l->n_jobs))
            flush_job(l, j, extend);
    }
    for (size_t i = 0; i < l->n_jobs && l->records.n == 0; i++)
        if (!l->jobs[i].removed)
            flush_job(l, &l->jobs[i], false);
    if (l->records.n == 0)
        return false; /* all are removed */
    for (size_t i = 0; i < l->records.n; i++)
        model_apply(l, &l->records.items[i]);
    l->digests[++l->n_made] = load_digest(l->state, l->n_state);
    return true;
}
