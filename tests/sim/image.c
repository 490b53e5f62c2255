// SPDX-License-Identifier: MIT
#include "tests/sim/image.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define REFUSE(m, ...) (snprintf((m)->why, sizeof((m)->why), __VA_ARGS__), false)

enum { FIRST_CHECKPOINT_LOG2 = 21 };

static uint64_t octave(uint64_t x)
{
    return UINT64_C(1) << (63 - __builtin_clzll(x) - 5);
}

uint64_t checkpoint_from(uint64_t x)
{
    if (x <= UINT64_C(1) << FIRST_CHECKPOINT_LOG2)
        return UINT64_C(1) << FIRST_CHECKPOINT_LOG2;
    uint64_t unit = octave(x);
    return (x + unit - 1) / unit * unit;
}

static uint64_t cell_start(uint64_t x)
{
    return x >> FIRST_CHECKPOINT_LOG2 == 0 ? 0 : x / octave(x) * octave(x);
}

void image_release(struct image *m)
{
    for (size_t i = 0; i <= JOBS_MAX; i++) {
        free(m->jobs[i].rows);
        free(m->jobs[i].before);
        free(m->jobs[i].shares);
    }
    free(m->bans);
    free(m->standings);
    free(m->audits);
    *m = (struct image){0};
}

/* ---- applying ---- */

static void touch(struct image_job *j)
{
    if (j->touched)
        return;
    j->touched = true;
    if (j->before_capacity < j->n) {
        j->before_capacity = 2 * j->n;
        j->before = mem_resize(j->before, j->before_capacity, sizeof(*j->before));
    }
    if (j->n > 0)
        memcpy(j->before, j->rows, j->n * sizeof(*j->rows));
    j->n_before = j->n;
}

/* The first row that ends after x. */
static size_t row_after(const struct image_job *j, uint64_t x)
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
    size_t at = row_after(j, r->first);
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
    return true;
}

static void clear_rows(struct image_job *j, uint64_t first, uint64_t end)
{
    size_t kept = 0;
    for (size_t i = 0; i < j->n; i++) {
        const struct row_record *r = &j->rows[i];
        if (r->first < first || r->first + r->count > end)
            j->rows[kept++] = *r;
    }
    j->n = kept;
}

static bool put_job(struct image *m, struct image_job *j, const struct job_record *r)
{
    if (j->there && memcmp(j->record.uid, r->uid, UID_BYTES) != 0)
        return REFUSE(m, "a job's uid changes");
    if (j->there && j->record.seed != r->seed)
        return REFUSE(m, "a job's seed changes");
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (&m->jobs[i] != j && m->jobs[i].there &&
            memcmp(m->jobs[i].record.request, r->request, UID_BYTES) == 0)
            return REFUSE(m, "two jobs of one request");
    if (r->trials != 0 && (j->n_limits == 0 || j->limits[j->n_limits - 1] != r->trials))
        j->limits[j->n_limits++ % LIMITS] = r->trials;
    j->there = true;
    j->record = *r;
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

static void put_standing(struct image *m, const struct standing_record *r)
{
    size_t i = 0;
    while (i < m->n_standings && m->standings[i].worker != r->worker)
        i++;
    if (i == m->n_standings)
        m->standings = mem_resize(m->standings, ++m->n_standings, sizeof(*r));
    m->standings[i] = *r;
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

static bool apply_one(struct image *m, const struct record *r)
{
    if (r->type == RECORD_STANDING) {
        put_standing(m, &r->standing);
        return true;
    }
    if (r->type == RECORD_AUDITED)
        return audited(m, r->audited);
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
    case RECORD_BAN:
    case RECORD_STANDING:
    case RECORD_AUDITED:
        break;
    }
    return REFUSE(m, "a record of unknown type");
}

/* ---- checking ---- */

static bool ended(enum job_state s)
{
    return s == JOB_DONE || s == JOB_CANCELLED || s == JOB_FAILED;
}

/* Nothing that was covered is not, unless its author was banned or a new length of
 * the job cuts the row, which is surplus then. */
static bool check_kept(struct image *m, const struct image_job *j)
{
    uint64_t limit = j->record.trials;
    for (size_t i = 0; i < j->n_before; i++) {
        const struct row_record *r = &j->before[i];
        uint64_t end = r->first + r->count;
        if (image_covers(j, r->first, r->count) || image_banned(m, r->author, true))
            continue;
        if (r->author && limit > r->first && limit < end)
            continue;
        return REFUSE(m, "row [%llu, %llu) was counted and is gone",
                      (unsigned long long)r->first, (unsigned long long)end);
    }
    return true;
}

/* A row without an author is a whole cell, or one that the end of the job cuts. */
static bool check_settled(struct image *m, const struct image_job *j,
                          const struct row_record *r)
{
    uint64_t end = r->first + r->count;
    bool whole = r->verified && r->first == cell_start(r->first);
    bool to_limit = end == checkpoint_from(r->first + 1);
    for (size_t i = 0; i < j->n_limits && i < LIMITS; i++)
        to_limit |= end == j->limits[i];
    if (whole && to_limit)
        return true;
    return REFUSE(m, "row [%llu, %llu) has no author and is no settled cell",
                  (unsigned long long)r->first, (unsigned long long)end);
}

static double stderr_of(uint64_t hits, uint64_t trials)
{
    double p = (double)hits / (double)trials;
    return 4 * sqrt(p * (1 - p) / (double)trials);
}

static bool check_rows(struct image *m, struct image_job *j)
{
    bool bounded = j->record.trials > 0 || j->record.state == JOB_DONE;
    uint64_t limit = bounded ? j->record.trials : UINT64_MAX, prefix = 0;
    struct shown s = {0};
    for (size_t i = 0; i < j->n; i++) {
        const struct row_record *r = &j->rows[i];
        if (r->author == 0 && !check_settled(m, j, r))
            return false;
        if (!ended(j->record.state) && r->author != 0 &&
            image_banned(m, r->author, true))
            return REFUSE(m, "a row of a banned worker at %llu",
                          (unsigned long long)r->first);
        s.rows_done += r->count;
        s.rows_hits += r->hits;
        /* While its end is not known, a job shows the prefix without a hole. */
        if (r->first >= limit || (!bounded && r->first != prefix)) {
            s.surplus += r->count;
            continue;
        }
        prefix = r->first + r->count;
        if (r->first + r->count > limit)
            return REFUSE(m, "a row from %llu steps over the job's end",
                          (unsigned long long)r->first);
        s.done += r->count;
        s.hits += r->hits;
        if (r->verified && (bounded || s.verified_done == r->first)) {
            s.verified_done += r->count;
            s.verified_hits += r->hits;
        }
        if (!bounded && j->record.rule == STOP_STDERR &&
            prefix == checkpoint_from(prefix) &&
            stderr_of(s.hits, prefix) <= j->record.until_stderr)
            limit = prefix; /* it may be the end */
    }
    j->shown = s;
    return true;
}

static bool check_shares(struct image *m, const struct image_job *j)
{
    uint64_t trials = 0, hits = 0;
    for (size_t i = 0; i < j->n_shares; i++) {
        trials += j->shares[i].trials;
        hits += j->shares[i].hits;
    }
    if (trials == j->shown.rows_done && hits == j->shown.rows_hits)
        return true;
    return REFUSE(m, "shares of %llu hits in %llu trials, rows of %llu in %llu",
                  (unsigned long long)hits, (unsigned long long)trials,
                  (unsigned long long)j->shown.rows_hits,
                  (unsigned long long)j->shown.rows_done);
}

/* The answer ends at the first checkpoint that satisfies the rule, not before and not
 * after. */
static bool check_stderr(struct image *m, const struct image_job *j)
{
    uint64_t hits = 0, at = 0, end = checkpoint_from(0);
    for (size_t i = 0; i < j->n && at < j->record.trials; i++) {
        hits += j->rows[i].hits;
        at += j->rows[i].count;
        if (at < end)
            continue;
        bool reached = stderr_of(hits, at) <= j->record.until_stderr;
        if (reached != (at == j->record.trials))
            return REFUSE(m, "the stop rule ended at %llu and %s at %llu",
                          (unsigned long long)j->record.trials,
                          reached ? "held" : "did not hold", (unsigned long long)at);
        end = checkpoint_from(at + 1);
    }
    return true;
}

static bool check_done(struct image *m, const struct image_job *j)
{
    uint64_t n = j->record.trials;
    if (j->shown.done != n || j->shown.verified_done != n)
        return REFUSE(m, "a done job of %llu trials has %llu, %llu verified",
                      (unsigned long long)n, (unsigned long long)j->shown.done,
                      (unsigned long long)j->shown.verified_done);
    if (j->n_answers == 0)
        return REFUSE(m, "a done job has no answer");
    const struct answer_record *a = &j->answers[j->n_answers - 1];
    if (a->trials != n || a->hits != j->shown.hits)
        return REFUSE(
            m, "the answer is %llu hits in %llu trials, the rows say %llu in %llu",
            (unsigned long long)a->hits, (unsigned long long)a->trials,
            (unsigned long long)j->shown.hits, (unsigned long long)n);
    if (j->n_answers > 1)
        return true; /* extended to a number of trials */
    if (j->record.rule == STOP_STDERR)
        return check_stderr(m, j);
    if (j->record.rule == STOP_TIME && image_covers(j, n, 1))
        return REFUSE(m, "the answer of %llu trials ends within a longer prefix",
                      (unsigned long long)n);
    return true;
}

/* Nothing that was verified is provisional again. */
static bool check_verified(struct image *m, const struct image_job *j)
{
    for (size_t i = 0; i < j->n_before; i++) {
        const struct row_record *r = &j->before[i];
        size_t at = row_after(j, r->first);
        if (r->verified && at < j->n && j->rows[at].first <= r->first &&
            !j->rows[at].verified && !image_banned(m, r->author, true))
            return REFUSE(m, "the row at %llu was verified and is not any more",
                          (unsigned long long)r->first);
    }
    return true;
}

/* A provisional row has an audit due, of its own or of its author, or of this job an
 * answer has been given.  No audit is due of whoever is banned for a lie. */
static bool check_audits(struct image *m, const struct image_job *j)
{
    for (size_t i = 0; i < m->n_audits; i++)
        if (image_banned(m, m->audits[i].audit.worker, true))
            return REFUSE(m, "an audit is due of a worker that is banned");
    for (size_t i = 0; i < j->n && !ended(j->record.state) && j->n_answers == 0; i++) {
        const struct row_record *r = &j->rows[i];
        bool due = r->verified;
        for (size_t k = 0; k < m->n_audits && !due; k++)
            due = m->audits[k].audit.worker == r->author;
        if (!due)
            return REFUSE(m, "the row at %llu is provisional and no audit is due",
                          (unsigned long long)r->first);
    }
    return true;
}

/* What a worker on probation has done is verified by its own audit alone: it passed
 * before the row, so its author stands recorded. */
static bool check_probation(struct image *m, const struct image_job *j)
{
    for (size_t i = 0; i < j->n; i++) {
        const struct row_record *r = &j->rows[i];
        if (r->author == 0 || !r->verified || j->record.audit == AUDIT_NONE ||
            image_standing(m, r->author))
            continue;
        return REFUSE(m, "the row at %llu is verified, and no audit was ever passed",
                      (unsigned long long)r->first);
    }
    return true;
}

static bool check_job(struct image *m, struct image_job *j)
{
    if (!check_rows(m, j))
        return false;
    bool timely = j->record.rule == STOP_TIME && j->shown.done == 0;
    if (j->record.state == JOB_FAILED && !timely)
        return REFUSE(m, "a job has failed that had no reason to");
    return check_kept(m, j) && check_shares(m, j) && check_verified(m, j) &&
           check_audits(m, j) && check_probation(m, j) &&
           (j->record.state != JOB_DONE || check_done(m, j));
}

bool image_apply(struct image *m, const struct record *records, size_t n)
{
    size_t bans = m->n_bans;
    for (size_t i = 0; i <= JOBS_MAX; i++)
        m->jobs[i].touched = false;
    for (size_t i = 0; i < n; i++)
        if (!apply_one(m, &records[i]))
            return false;
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (m->jobs[i].there && (m->jobs[i].touched || m->n_bans > bans) &&
            !check_job(m, &m->jobs[i]))
            return false;
    return true;
}

void image_report(struct image *m)
{
    for (size_t i = 1; i <= JOBS_MAX; i++) {
        m->jobs[i].reported = m->jobs[i].shown;
        m->jobs[i].reported_there = m->jobs[i].there;
        m->jobs[i].reported_state = m->jobs[i].record.state;
    }
}

/* ---- questions ---- */

bool image_covers(const struct image_job *j, uint64_t first, uint64_t count)
{
    uint64_t at = first, end = first + count;
    for (size_t i = row_after(j, first); i < j->n && j->rows[i].first <= at; i++) {
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

const struct standing_record *image_standing(const struct image *m, uint64_t worker)
{
    for (size_t i = 0; i < m->n_standings; i++)
        if (m->standings[i].worker == worker)
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
        n += 1 + m->jobs[i].n + m->jobs[i].n_shares + m->jobs[i].n_answers;
    struct record *all = mem_zero(n, sizeof(*all)), *r = all;
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (m->jobs[i].there)
            *r++ = (struct record){RECORD_JOB, i, {.job_ = m->jobs[i].record}};
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
        for (size_t k = 0; k < j->n_answers; k++)
            *r++ = (struct record){RECORD_ANSWER, i, {.answer = j->answers[k]}};
    }
    *ret_n = (size_t)(r - all);
    return all;
}
