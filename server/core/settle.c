// SPDX-License-Identifier: MIT
#include "server/core/settle.h"

#include <assert.h>
#include <stdio.h>

#include "common/base/estimate.h"
#include "server/core/draw.h"
#include "server/core/job.h"
#include "server/core/ledger_commit.h"
#include "server/core/ledger_revoke.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"

static bool stderr_reached(const struct job *j, uint64_t hits, uint64_t end)
{
    uint64_t n = end >> job_unit(j);
    return program_is_pi(j->program)
               ? estimate_stderr_reached(hits, end, j->record.until_stderr)
               : estimate_scaled_reached(hits, j->of.score ? end : n, n, j->of.scale,
                                         j->record.until_stderr);
}

/* The lowest checkpoint within the prefix without a hole at which the standard error is
 * small enough; 0: none yet. */
static uint64_t stderr_checkpoint(const struct job *j)
{
    const struct ledger *l = &j->ledger;
    uint64_t hits = 0;
    for (size_t cell = 0; cell < l->n_cells; cell++) {
        uint64_t end = cell_first(cell + 1);
        if (end > l->prefix)
            return 0;
        hits += l->cells[cell].hits;
        if (stderr_reached(j, hits, end))
            return end;
    }
    return 0;
}

static void finish(struct coord *c, struct job *j, uint64_t trials)
{
    job_end(c, j, JOB_DONE, EVENT_JOB_DONE);
    if (j->ledger.limit != trials) {
        ledger_set_limit(&j->ledger, trials, pending_records(c));
        ledger_close(&j->ledger);
    }
    assert(j->ledger.total.done == trials && ledger_complete(&j->ledger));
    j->record.trials = trials;
    j->stderr_end = 0;
    struct record r = {.type = RECORD_ANSWER,
                       .job = j->number,
                       .answer = {.trials = trials,
                                  .hits = j->ledger.total.hits,
                                  .elapsed_ms = j->record.elapsed_ms}};
    record_push(pending_records(c), &r);
    j->answered = true;
    /* Too many were wrong, and whose these rows are is not known: they were not
     * recomputed. */
    uint64_t doubtful =
        draw_whole(j) ? ledger_doubt(&j->ledger, 0, pending_records(c)) : 0;
    if (doubtful)
        *VEC_PUSH(&c->commits.pending.doubts) = (struct doubt){j, doubtful};
}

static void settle_closing(struct coord *c, struct job *j)
{
    uint64_t done, hits;
    if (!j->leases_done || j->ledger.pending.n || j->ledger.hold)
        return;
    ledger_prefix_verified(&j->ledger, UINT64_MAX, &done, &hits);
    if (done < j->ledger.prefix)
        return;
    if (done > 0) {
        finish(c, j, done);
        return;
    }
    snprintf(j->why, sizeof(j->why), "its time was over before a trial was counted");
    job_end(c, j, JOB_FAILED, EVENT_JOB_FAILED);
}

static void settle_stderr(struct coord *c, struct job *j)
{
    uint64_t done, hits;
    if (j->stderr_end == 0 || j->ledger.hold)
        return;
    ledger_prefix_verified(&j->ledger, j->stderr_end, &done, &hits);
    if (done == j->stderr_end)
        finish(c, j, j->stderr_end);
}

/* What is in doubt, and the surplus of workers that were excluded after the job was
 * done, is computed again. */
static void revoke_doubtful(struct coord *c, struct job *j)
{
    struct tally sum = {0};
    ledger_revoke_doubtful(&j->ledger, pending_records(c), &sum);
    for (size_t i = 1; i < j->ledger.n_shares; i++) {
        uint64_t worker = j->ledger.shares[i].worker;
        if (standing_barred(c, worker, j->program))
            ledger_revoke(&j->ledger, worker, pending_records(c), &sum);
    }
    if (sum.done)
        *VEC_PUSH(&c->commits.pending.revocations) =
            (struct revocation){j->number, 0, sum.done, sum.hits};
}

static void extend(struct coord *c, struct job *j)
{
    revoke_doubtful(c, j);
    j->record.trials = j->extend_to;
    j->record.rule = STOP_TRIALS;
    j->record.ended_ms = 0;
    j->extend_to = 0;
    j->time_up = j->leases_done = false;
    ledger_set_limit(&j->ledger, j->record.trials, pending_records(c));
    job_set_state(c, j, JOB_QUEUED, EVENT_JOB_EXTENDED);
    job_activate(c, j);
    standing_unsure_all(c, j);
    j->audit_gap = true; /* audits of its surplus may have been dropped */
}

/* Finds the end by the standard error, from the rows as they are now. */
static void look_for_end(struct job *j)
{
    if (j->record.rule == STOP_STDERR && !j->record.trials)
        j->stderr_end = stderr_checkpoint(j);
}

void settle_job(struct coord *c, struct job *j)
{
    if (j->extend_to)
        extend(c, j);
    look_for_end(j);
    if (job_ended(j))
        return;
    if (j->record.trials) {
        if (ledger_complete(&j->ledger))
            finish(c, j, j->record.trials);
    } else if (j->record.rule == STOP_STDERR) {
        settle_stderr(c, j);
    } else {
        settle_closing(c, j);
    }
}

void settle_restored(struct job *j)
{
    look_for_end(j);
    job_show(j, &j->shown);
}
