// SPDX-License-Identifier: MIT
#include "tests/sim/image_check.h"

#include <math.h>
#include <string.h>

#include "tests/sim/truth.h"

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

static bool ended(enum job_state s)
{
    return s == JOB_DONE || s == JOB_CANCELLED || s == JOB_FAILED;
}

/* The rows of before that the transaction may have changed: few of many. */
struct changed {
    size_t from, to;
};

static struct changed find_changed(const struct image_job *j)
{
    size_t from = 0, to = j->n_before;
    while (from < to && j->before[from].first + j->before[from].count <= j->changed)
        from++;
    while (from < to && j->before[to - 1].first >= j->changed_end)
        to--;
    return (struct changed){from, to};
}

/* Whether the worker has contributed more than the rows of its name hold. */
static bool has_more(const struct row_record *rows, size_t n_rows,
                     const struct share_record *shares, size_t n_shares,
                     uint64_t worker)
{
    uint64_t known = 0, trials = 0;
    for (size_t i = 0; i < n_rows; i++)
        known += rows[i].author == worker ? rows[i].count : 0;
    for (size_t i = 0; i < n_shares; i++)
        trials += shares[i].worker == worker ? shares[i].trials : 0;
    return trials > known;
}

/* Whether somebody who may have a part in rows without an author is excluded by this
 * transaction, or one of them was wrong. */
static bool nameless_lost(const struct image *m, const struct image_job *j)
{
    for (size_t i = m->n_bans_before; i < m->n_bans; i++)
        if (m->bans[i].revoke && has_more(j->before, j->n_before, j->shares_before,
                                          j->n_shares_before, m->bans[i].worker))
            return true;
    for (size_t i = m->n_excluded_before; i < m->n_excluded; i++)
        if (!strcmp(m->excluded[i].program, j->program.name) &&
            has_more(j->before, j->n_before, j->shares_before, j->n_shares_before,
                     m->excluded[i].worker))
            return true;
    for (size_t i = 0; i < j->n_before; i++) {
        const struct row_record *r = &j->before[i];
        if (r->author == 0 &&
            r->hits != truth_of(&j->program, j->record.seed, r->first, r->count))
            return true;
    }
    return false;
}

/* Covered trials stay covered, unless their author was banned or may have been, they
 * were in doubt, or a new length of the job cuts the row, which then is surplus. */
static bool check_kept(struct image *m, const struct image_job *j, struct changed c)
{
    uint64_t limit = j->record.trials;
    for (size_t i = c.from; i < c.to; i++) {
        const struct row_record *r = &j->before[i];
        uint64_t end = r->first + r->count;
        if (image_covers(j, r->first, r->count) || image_barred(m, j, r->author) ||
            image_pardoned(m, r->author)) /* in the transaction that excludes it */
            continue;
        if (r->author && limit > r->first && limit < end)
            continue;
        if (r->author == 0 && (r->doubtful || nameless_lost(m, j)))
            continue;
        return REFUSE(m, "row [%llu, %llu) was counted and is gone",
                      (unsigned long long)r->first, (unsigned long long)end);
    }
    return true;
}

/*
 * In a job that goes on nobody who is excluded has a row, nor can have a part in one
 * without an author, and none is in doubt.  In one that has ended such rows are in
 * doubt, if they were verified.
 */
static bool check_excluded(struct image *m, const struct image_job *j)
{
    bool over = ended(j->record.state), any = j->shown.any_doubtful, nameless = false;
    for (size_t i = 0; i < m->n_bans; i++) {
        if (!m->bans[i].revoke)
            continue;
        any = true;
        nameless |= has_more(j->rows, j->n, j->shares, j->n_shares, m->bans[i].worker);
    }
    for (size_t i = 0; i < m->n_excluded; i++) {
        if (strcmp(m->excluded[i].program, j->program.name) != 0)
            continue;
        any = true;
        nameless |=
            has_more(j->rows, j->n, j->shares, j->n_shares, m->excluded[i].worker);
    }
    if (!any)
        return true;
    for (size_t i = 0; i < j->n; i++) {
        const struct row_record *r = &j->rows[i];
        bool suspect = r->author ? image_barred(m, j, r->author) : nameless;
        if (suspect && !over)
            return REFUSE(m, "a row at %llu of somebody who is banned",
                          (unsigned long long)r->first);
        if (suspect && r->verified && !r->doubtful)
            return REFUSE(m, "the row at %llu is of a banned worker and not in doubt",
                          (unsigned long long)r->first);
        if (r->doubtful &&
            (!over || (r->author && !suspect && !image_pardoned(m, r->author))))
            return REFUSE(m, "the row at %llu should not be in doubt",
                          (unsigned long long)r->first);
    }
    return true;
}

static double stderr_of(double p, double n, double scale)
{
    return scale * sqrt(p * (1 - p) / n);
}

/* Of a program also with two hits and two misses more. */
static bool reached_stderr(const struct image_job *j, uint64_t hits, uint64_t trials)
{
    double limit = j->record.until_stderr, n = (double)trials, p = (double)hits / n;
    if (!*j->program.name)
        return stderr_of(p, n, 4) <= limit;
    n /= 1 << UNIT_LOG2;
    p = (double)hits / n / (j->program.score ? 1 << UNIT_LOG2 : 1);
    return stderr_of(p, n, j->program.scale) <= limit &&
           stderr_of((p * n + 2) / (n + 4), n, j->program.scale) <= limit;
}

static bool check_rows(struct image *m, struct image_job *j)
{
    bool bounded = j->record.trials > 0 || j->record.state == JOB_DONE;
    uint64_t limit = bounded ? j->record.trials : UINT64_MAX, prefix = 0;
    struct shown s = {0};
    for (size_t i = 0; i < j->n; i++) {
        const struct row_record *r = &j->rows[i];
        if ((r->author == 0 || r->doubtful) && !r->verified)
            return REFUSE(m, "row at %llu is of nobody, or in doubt, and not verified",
                          (unsigned long long)r->first);
        s.any_doubtful |= r->doubtful;
        if (r->doubtful && (!j->record.trials || r->first < j->record.trials))
            s.doubtful += r->count;
        s.rows_done += r->count;
        s.rows_hits += r->hits;
        /* while its end is unknown, a job shows the prefix without a hole */
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
            prefix == checkpoint_from(prefix) && reached_stderr(j, s.hits, prefix))
            limit = prefix; /* the prefix may be the answer */
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

/* The answer must end at the first checkpoint that satisfies the rule. */
static bool check_stderr(struct image *m, const struct image_job *j)
{
    uint64_t hits = 0, at = 0, end = checkpoint_from(0);
    for (size_t i = 0; i < j->n && at < j->record.trials; i++) {
        hits += j->rows[i].hits;
        at += j->rows[i].count;
        if (at < end)
            continue;
        bool reached = reached_stderr(j, hits, at);
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
        return true; /* was extended to a number of trials */
    if (j->record.rule == STOP_STDERR)
        return check_stderr(m, j);
    if (j->record.rule == STOP_TIME && image_covers(j, n, 1))
        return REFUSE(m, "the answer of %llu trials ends within a longer prefix",
                      (unsigned long long)n);
    return true;
}

/* Verified trials must not become provisional. */
static bool check_verified(struct image *m, const struct image_job *j, struct changed c)
{
    for (size_t i = c.from; i < c.to; i++) {
        const struct row_record *r = &j->before[i];
        size_t at = image_row_after(j, r->first);
        if (r->verified && at < j->n && j->rows[at].first <= r->first &&
            !j->rows[at].verified && !image_barred(m, j, r->author))
            return REFUSE(m, "the row at %llu was verified and is not any more",
                          (unsigned long long)r->first);
    }
    return true;
}

/* A provisional row must have an audit due, of its own or of its author, or be of a job
 * that has an answer.  A worker banned for wrong results must have no audit due. */
static bool check_audits(struct image *m, const struct image_job *j)
{
    for (size_t i = 0; i < m->n_audits; i++)
        if (image_barred(m, &m->jobs[m->audits[i].job], m->audits[i].audit.worker))
            return REFUSE(m, "an audit is due of a worker that is banned");
    if (ended(j->record.state) || j->n_answers > 0)
        return true;
    for (size_t i = 0; i < j->n; i++) {
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

/* A worker on probation gets rows verified only by their own audits.  They pass before
 * the row is written, so its standing is on record. */
static bool named(const struct image *m, uint64_t worker)
{
    const struct standing_record *s = image_standing(m, NULL, worker);
    return s && s->trusted;
}

static bool check_probation(struct image *m, const struct image_job *j)
{
    if (j->record.audit == AUDIT_NONE)
        return true;
    for (size_t i = image_row_after(j, j->changed); i < j->n; i++) {
        const struct row_record *r = &j->rows[i];
        if (r->first >= j->changed_end)
            break;
        if (r->author && r->verified && !image_standing(m, j, r->author) &&
            !named(m, r->author) && !image_trusts(m, r->author))
            return REFUSE(m,
                          "the row at %llu is verified, and no audit was ever passed",
                          (unsigned long long)r->first);
    }
    return true;
}

/* The trials of the row for which its author has an audit due. */
static uint64_t trials_due(const struct image *m, const struct image_job *j,
                           const struct row_record *r)
{
    uint64_t sum = 0, end = r->first + r->count;
    for (size_t i = 0; i < m->n_audits; i++) {
        const struct audit_record *a = &m->audits[i].audit;
        uint64_t low = a->first > r->first ? a->first : r->first;
        uint64_t high = a->first + a->count < end ? a->first + a->count : end;
        if (&m->jobs[m->audits[i].job] == j && a->worker == r->author && low < high)
            sum += high - low;
    }
    return sum;
}

/* With the third exclusion all that untrusted workers have contributed is to be
 * recomputed, what was verified before too, and the job does not end before that. */
static bool check_exclusions(struct image *m, struct image_job *j)
{
    uint32_t now = j->record.exclusions, before = j->exclusions;
    j->exclusions = now;
    if (now < before || now > EXCLUSIONS)
        return REFUSE(m, "%u exclusions of a job, and then %u", before, now);
    for (size_t i = 0; now == EXCLUSIONS && before < now && i < j->n_before; i++) {
        const struct row_record *r = &j->before[i];
        const struct standing_record *s = image_standing(m, j, r->author);
        if (r->author && r->verified && s && !named(m, r->author) &&
            !image_trusts(m, r->author) && !ended(j->record.state) &&
            image_covers(j, r->first, r->count) && trials_due(m, j, r) < r->count)
            return REFUSE(m, "three were excluded, the row at %llu is not recomputed",
                          (unsigned long long)r->first);
    }
    bool done = now == EXCLUSIONS && j->record.state == JOB_DONE;
    for (size_t i = 0; done && i < m->n_audits; i++)
        if (&m->jobs[m->audits[i].job] == j)
            return REFUSE(m, "a job is done, and an audit of its past is due");
    return true;
}

bool image_check_job(struct image *m, struct image_job *j)
{
    if (!check_rows(m, j))
        return false;
    bool timely = j->record.rule == STOP_TIME && j->shown.done == 0;
    if (j->record.state == JOB_FAILED && !timely)
        return REFUSE(m, "a job has failed that had no reason to");
    struct changed c = find_changed(j);
    return check_kept(m, j, c) && check_excluded(m, j) && check_shares(m, j) &&
           check_verified(m, j, c) && check_audits(m, j) && check_probation(m, j) &&
           check_exclusions(m, j) && (j->record.state != JOB_DONE || check_done(m, j));
}
