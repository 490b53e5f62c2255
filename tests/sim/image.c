// SPDX-License-Identifier: MIT
#include "tests/sim/image.h"

#include <string.h>

#include "tests/sim/image_check.h"

void image_release(struct image *m)
{
    for (size_t i = 0; i <= JOBS_MAX; i++) {
        free(m->jobs[i].rows);
        free(m->jobs[i].before);
        free(m->jobs[i].shares);
        free(m->jobs[i].shares_before);
    }
    free(m->bans);
    free(m->excluded);
    free(m->standings);
    free(m->audits);
    free(m->trusted);
    free(m->pardoned);
    *m = (struct image){0};
}

/* ---- applying ---- */

static void touch(struct image_job *j)
{
    if (j->touched)
        return;
    j->touched = true;
    j->changed = UINT64_MAX;
    j->changed_end = 0;
    if (j->before_capacity < j->n) {
        j->before_capacity = 2 * j->n;
        j->before = mem_resize(j->before, j->before_capacity, sizeof(*j->before));
    }
    if (j->n > 0)
        memcpy(j->before, j->rows, j->n * sizeof(*j->rows));
    j->n_before = j->n;
    j->shares_before =
        mem_resize(j->shares_before, j->n_shares + 1, sizeof(*j->shares));
    if (j->n_shares > 0)
        memcpy(j->shares_before, j->shares, j->n_shares * sizeof(*j->shares));
    j->n_shares_before = j->n_shares;
}

static void changes(struct image_job *j, uint64_t first, uint64_t end)
{
    j->changed = first < j->changed ? first : j->changed;
    j->changed_end = end > j->changed_end ? end : j->changed_end;
}

size_t image_row_after(const struct image_job *j, uint64_t x)
{
    size_t low = 0, high = j->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (j->rows[mid].first + j->rows[mid].count <= x)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool add_row(struct image *m, struct image_job *j, const struct row_record *r)
{
    uint64_t end;
    if (r->count == 0 || r->hits > r->count ||
        __builtin_add_overflow(r->first, r->count, &end) || end > TRIALS_MAX)
        return REFUSE(m, "a row of %llu hits in %llu trials from %llu",
                      (unsigned long long)r->hits, (unsigned long long)r->count,
                      (unsigned long long)r->first);
    if (checkpoint_from(r->first + 1) < end)
        return REFUSE(m, "row [%llu, %llu) crosses a checkpoint",
                      (unsigned long long)r->first, (unsigned long long)end);
    size_t at = image_row_after(j, r->first);
    if (at < j->n && j->rows[at].first < end)
        return REFUSE(m, "row [%llu, %llu) overlaps the row at %llu",
                      (unsigned long long)r->first, (unsigned long long)end,
                      (unsigned long long)j->rows[at].first);
    if (j->n == j->capacity) {
        j->capacity = j->capacity ? 2 * j->capacity : 32;
        j->rows = mem_resize(j->rows, j->capacity, sizeof(*j->rows));
    }
    memmove(j->rows + at + 1, j->rows + at, (j->n - at) * sizeof(*r));
    j->rows[at] = *r;
    j->n++;
    changes(j, r->first, end);
    return true;
}

/* Rows that reach over an end stay. */
static void clear_rows(struct image_job *j, uint64_t first, uint64_t end)
{
    size_t from = image_row_after(j, first), to;
    changes(j, first, end);
    if (from < j->n && j->rows[from].first < first)
        from++;
    for (to = from; to < j->n && j->rows[to].first + j->rows[to].count <= end;)
        to++;
    memmove(j->rows + from, j->rows + to, (j->n - to) * sizeof(*j->rows));
    j->n -= to - from;
}

static bool put_job(struct image *m, struct image_job *j, const struct job_record *r)
{
    if (j->removed)
        return REFUSE(m, "a job gets the number of one that was removed");
    if (j->there && memcmp(j->record.uid, r->uid, UID_BYTES) != 0)
        return REFUSE(m, "a job's uid changes");
    if (j->there && j->record.seed != r->seed)
        return REFUSE(m, "a job's seed changes");
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (&m->jobs[i] != j && m->jobs[i].there &&
            memcmp(m->jobs[i].record.request, r->request, UID_BYTES) == 0)
            return REFUSE(m, "two jobs of one request");
    j->there = true;
    j->record = *r;
    return true;
}

/* What was shown of it last is kept until the removal is reported. */
static bool rm_job(struct image *m, struct image_job *j)
{
    if (j->record.state < JOB_DONE)
        return REFUSE(m, "a job is removed that has not ended");
    j->n = j->n_shares = 0;
    j->there = false;
    j->removed = true;
    return true;
}

static void put_share(struct image_job *j, const struct share_record *r)
{
    size_t i = 0;
    while (i < j->n_shares && j->shares[i].worker != r->worker)
        i++;
    if (i == j->n_shares)
        j->shares = mem_resize(j->shares, ++j->n_shares, sizeof(*r));
    j->shares[i] = *r;
}

/* What it counts does not change, but that its self-test becomes known. */
static bool put_program(struct image *m, struct image_job *j,
                        const struct program_record *r)
{
    const struct program_record *x = &j->program;
    if (!*r->name || (*x->name && (strcmp(x->name, r->name) || strcmp(x->arg, r->arg) ||
                                   x->score != r->score)))
        return REFUSE(m, "a job's program changes");
    if (x->test_known && x->test != r->test)
        return REFUSE(m, "the self-test of a job's program changes");
    j->program = *r;
    return true;
}

static void put_standing(struct image *m, const struct standing_record *r)
{
    size_t i = 0;
    while (i < m->n_standings && (m->standings[i].worker != r->worker ||
                                  strcmp(m->standings[i].program, r->program) != 0))
        i++;
    if (i == m->n_standings)
        m->standings = mem_resize(m->standings, ++m->n_standings, sizeof(*r));
    m->standings[i] = *r;
    size_t at = 0;
    while (at < m->n_excluded && (m->excluded[at].worker != r->worker ||
                                  strcmp(m->excluded[at].program, r->program) != 0))
        at++;
    if (*r->excluded && at == m->n_excluded) {
        m->excluded = mem_resize(m->excluded, m->n_excluded + 1, sizeof(*m->excluded));
        m->excluded[m->n_excluded].worker = r->worker;
        strcpy(m->excluded[m->n_excluded++].program, r->program);
    } else if (!*r->excluded && at < m->n_excluded) {
        m->excluded[at] = m->excluded[--m->n_excluded];
        m->pardoned = mem_resize(m->pardoned, m->n_pardoned + 1, sizeof(uint64_t));
        m->pardoned[m->n_pardoned++] = r->worker;
    }
}

static bool add_audit(struct image *m, const struct record *r)
{
    for (size_t i = 0; i < m->n_audits; i++)
        if (m->audits[i].audit.id == r->audit.id)
            return REFUSE(m, "two audits of one id");
    m->audits = mem_resize(m->audits, m->n_audits + 1, sizeof(*r));
    m->audits[m->n_audits++] = *r;
    return true;
}

static bool audited(struct image *m, uint64_t id)
{
    for (size_t i = 0; i < m->n_audits; i++)
        if (m->audits[i].audit.id == id) {
            m->audits[i] = m->audits[--m->n_audits];
            return true;
        }
    return REFUSE(m, "an audit is over that was not due");
}

static void pardon(struct image *m, uint64_t worker)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->n_bans; i++)
        if (m->bans[i].worker != worker)
            m->bans[kept++] = m->bans[i];
    m->n_bans = kept;
}

static bool apply_one(struct image *m, const struct record *r)
{
    if (r->type == RECORD_STANDING) {
        put_standing(m, &r->standing);
        return true;
    }
    if (r->type == RECORD_AUDITED)
        return audited(m, r->audited);
    if (r->type == RECORD_PARDON) {
        pardon(m, r->pardoned);
        m->pardoned = mem_resize(m->pardoned, m->n_pardoned + 1, sizeof(uint64_t));
        m->pardoned[m->n_pardoned++] = r->pardoned;
        return true;
    }
    if (r->type == RECORD_BAN) {
        m->bans = mem_resize(m->bans, m->n_bans + 1, sizeof(*m->bans));
        m->bans[m->n_bans++] = r->ban;
        return true;
    }
    if (r->job == 0 || r->job > JOBS_MAX)
        return REFUSE(m, "a record of job %llu", (unsigned long long)r->job);
    struct image_job *j = &m->jobs[r->job];
    if (r->type != RECORD_JOB && !j->there)
        return REFUSE(m, "a record of a job that is not there");
    touch(j);
    switch (r->type) {
    case RECORD_JOB:
        return put_job(m, j, &r->job_);
    case RECORD_PROGRAM:
        return put_program(m, j, &r->program);
    case RECORD_CLEAR:
        clear_rows(j, r->clear.first, r->clear.end);
        return true;
    case RECORD_ROW:
        return add_row(m, j, &r->row);
    case RECORD_SHARE:
        put_share(j, &r->share);
        return true;
    case RECORD_ANSWER:
        if (j->n_answers == ANSWERS)
            return REFUSE(m, "too many answers of one job");
        j->answers[j->n_answers++] = r->answer;
        return true;
    case RECORD_AUDIT:
        return add_audit(m, r);
    case RECORD_RM:
        return rm_job(m, j);
    case RECORD_BAN:
    case RECORD_PARDON:
    case RECORD_STANDING:
    case RECORD_AUDITED:
        break;
    }
    return REFUSE(m, "a record of unknown type");
}

bool image_apply(struct image *m, const struct record *records, size_t n)
{
    m->n_bans_before = m->n_bans;
    m->n_excluded_before = m->n_excluded;
    for (size_t i = 0; i <= JOBS_MAX; i++)
        m->jobs[i].touched = false;
    for (size_t i = 0; i < n; i++)
        if (!apply_one(m, &records[i]))
            return false;
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (m->jobs[i].there &&
            (m->jobs[i].touched || m->n_bans > m->n_bans_before ||
             m->n_excluded > m->n_excluded_before) &&
            !image_check_job(m, &m->jobs[i]))
            return false;
    for (size_t i = 0; i < m->n_audits; i++)
        if (!m->jobs[m->audits[i].job].there)
            return REFUSE(m, "an audit is due of a job that is removed");
    return true;
}

void image_trust(struct image *m, uint64_t worker)
{
    if (image_trusts(m, worker))
        return;
    m->trusted = mem_resize(m->trusted, m->n_trusted + 1, sizeof(*m->trusted));
    m->trusted[m->n_trusted++] = worker;
}

bool image_trusts(const struct image *m, uint64_t worker)
{
    for (size_t i = 0; i < m->n_trusted; i++)
        if (m->trusted[i] == worker)
            return true;
    return false;
}

bool image_pardoned(const struct image *m, uint64_t worker)
{
    for (size_t i = 0; i < m->n_pardoned; i++)
        if (m->pardoned[i] == worker)
            return true;
    return false;
}

void image_report(struct image *m)
{
    for (size_t i = 1; i <= JOBS_MAX; i++) {
        struct image_job *j = &m->jobs[i];
        j->leaves = j->reported_there && !j->there;
        j->reported_there = j->there;
        j->reported_state = j->record.state;
        if (!j->leaves)
            j->reported = j->shown;
    }
}

void image_answered(struct image *m)
{
    for (size_t i = 1; i <= JOBS_MAX; i++)
        m->jobs[i].leaves = false;
}

/* ---- questions ---- */

bool image_covers(const struct image_job *j, uint64_t first, uint64_t count)
{
    uint64_t at = first, end = first + count;
    for (size_t i = image_row_after(j, first); i < j->n && j->rows[i].first <= at;
         i++) {
        at = j->rows[i].first + j->rows[i].count;
        if (at >= end)
            return true;
    }
    return false;
}

bool image_banned(const struct image *m, uint64_t worker, bool revoked)
{
    for (size_t i = 0; i < m->n_bans; i++)
        if (m->bans[i].worker == worker && (m->bans[i].revoke || !revoked))
            return true;
    return false;
}

bool image_barred(const struct image *m, const struct image_job *j, uint64_t worker)
{
    for (size_t i = 0; i < m->n_excluded; i++)
        if (m->excluded[i].worker == worker &&
            !strcmp(m->excluded[i].program, j->program.name))
            return true;
    return image_banned(m, worker, true);
}

const struct standing_record *image_standing(const struct image *m,
                                             const struct image_job *j, uint64_t worker)
{
    const char *program = j ? j->program.name : "";
    for (size_t i = 0; i < m->n_standings; i++)
        if (m->standings[i].worker == worker &&
            !strcmp(m->standings[i].program, program))
            return &m->standings[i];
    return NULL;
}

uint32_t image_job_of(const struct image *m, const uint8_t uid[UID_BYTES])
{
    for (uint32_t i = 1; i <= JOBS_MAX; i++)
        if (m->jobs[i].there && memcmp(m->jobs[i].record.uid, uid, UID_BYTES) == 0)
            return i;
    return 0;
}

struct record *image_records(const struct image *m, size_t *ret_n)
{
    size_t n = m->n_bans + m->n_standings + m->n_audits;
    for (size_t i = 1; i <= JOBS_MAX; i++)
        n += 2 + m->jobs[i].n + m->jobs[i].n_shares + m->jobs[i].n_answers;
    struct record *all = mem_zero(n + 1, sizeof(*all)), *r = all;
    struct record removed = {.type = RECORD_RM};
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (m->jobs[i].there)
            *r++ = (struct record){RECORD_JOB, i, {.job_ = m->jobs[i].record}};
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (m->jobs[i].there && *m->jobs[i].program.name)
            *r++ = (struct record){RECORD_PROGRAM, i, {.program = m->jobs[i].program}};
    for (size_t i = 0; i < m->n_bans; i++)
        *r++ = (struct record){RECORD_BAN, 0, {.ban = m->bans[i]}};
    for (size_t i = 0; i < m->n_standings; i++)
        *r++ = (struct record){RECORD_STANDING, 0, {.standing = m->standings[i]}};
    for (size_t i = 0; i < m->n_audits; i++)
        *r++ = m->audits[i];
    for (size_t i = 1; i <= JOBS_MAX; i++) {
        const struct image_job *j = &m->jobs[i];
        for (size_t k = 0; k < j->n; k++)
            *r++ = (struct record){RECORD_ROW, i, {.row = j->rows[k]}};
        for (size_t k = 0; k < j->n_shares; k++)
            *r++ = (struct record){RECORD_SHARE, i, {.share = j->shares[k]}};
        for (size_t k = 0; j->there && k < j->n_answers; k++)
            *r++ = (struct record){RECORD_ANSWER, i, {.answer = j->answers[k]}};
        removed.job = j->removed ? i : removed.job;
    }
    if (removed.job)
        *r++ = removed; /* the highest one */
    *ret_n = (size_t)(r - all);
    return all;
}
