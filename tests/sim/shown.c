// SPDX-License-Identifier: MIT
/*
 * Every number that is shown to anybody is one of the last commit that the coordinator
 * has been told of, and so is the state by which it refuses a request: never of what it
 * hopes for.  Beside what operators ask, a question is put after every few steps.
 */
#include "tests/sim/world.h"

#include <math.h>

enum { ASK_STEPS = 4 };

typedef unsigned long long ull;

static void check_view(struct world *w, const struct job_view *v)
{
    w->stats.shown++;
    const struct image_job *j = &w->image.jobs[v->number <= JOBS_MAX ? v->number : 0];
    if (!j->reported_there && !j->leaves)
        world_fail(w, "job %llu is shown and not on the disk", (ull)v->number);
    const struct shown *s = &j->reported;
    uint32_t unit = image_unit(j);
    if (v->done != s->done >> unit || v->hits != s->hits ||
        v->verified_done != s->verified_done >> unit ||
        v->verified_hits != s->verified_hits)
        world_fail(w, "job %llu is shown with %llu/%llu, the last commit has %llu/%llu",
                   (ull)v->number, (ull)v->hits, (ull)v->done, (ull)s->hits,
                   (ull)s->done);
    double scale = *j->program.name ? j->program.scale : 4.0;
    scale /= j->program.score ? 1 << UNIT_LOG2 : 1;
    if (v->done > 0 && fabs(v->pi - scale * (double)v->hits / (double)v->done) > 1e-9)
        world_fail(w, "pi is shown as %f", v->pi);
    if (v->surplus != s->surplus >> unit || v->seed != j->record.seed)
        world_fail(w, "job %llu is shown with a surplus of %llu, the disk has %llu",
                   (ull)v->number, (ull)v->surplus, (ull)s->surplus);
    uint64_t doubtful = j->reported_state >= JOB_DONE ? s->doubtful >> unit : 0;
    if (v->doubtful != doubtful || (v->doubtful > 0) != (*v->doubt != '\0'))
        world_fail(w, "job %llu is shown with %llu trials in doubt, the disk has %llu",
                   (ull)v->number, (ull)v->doubtful, (ull)doubtful);
    if (w->plan.paced)
        paced_shown(w, v);
    if (v->state == JOB_DONE && j->reported_state != JOB_DONE)
        world_fail(w, "job %llu is shown as done and is not", (ull)v->number);
}

/* What only asks is answered from what is there now. */
static void check_listed(struct world *w, const struct job_view *v)
{
    check_view(w, v);
    if (!w->image.jobs[v->number].reported_there)
        world_fail(w, "job %llu is listed and was removed", (ull)v->number);
}

static void check_ledger(struct world *w, const struct msg_reply *r)
{
    const struct ledger_view *v = &r->ledger;
    struct host *h = &w->host;
    if (v->job) {
        check_listed(w, v->job);
        /* while the end is unknown, all cells are shown, and the prefix is done */
        const struct shown *s = &w->image.jobs[v->job->number].reported;
        h->ledger_job = v->job->number;
        h->ledger_done = (v->job->trials ? s->done : s->rows_done) >>
                         image_unit(&w->image.jobs[v->job->number]);
        h->ledger_hits = v->job->trials ? s->hits : s->rows_hits;
    }
    for (size_t i = 0; i < v->n_cells; i++) {
        h->ledger_done -= v->done[i];
        h->ledger_hits -= v->hits[i];
    }
    if (r->last && (h->ledger_done || h->ledger_hits))
        world_fail(w, "the cells of job %llu do not add up to the job",
                   (ull)h->ledger_job);
}

static void check_history(struct world *w, const struct msg_reply *r)
{
    for (size_t i = 0; i < r->history.n; i++) {
        const struct answer_view *v = &r->history.answers[i];
        bool found = false;
        const struct image_job *j = &w->image.jobs[v->job <= JOBS_MAX ? v->job : 0];
        for (size_t k = 0; j->reported_there && k < j->n_answers; k++)
            found |= j->answers[k].trials >> image_unit(j) == v->trials &&
                     j->answers[k].hits == v->hits;
        if (!found)
            world_fail(w, "an answer in the history was never given");
    }
}

/* Only a job that has ended may be refused to be paused, resumed or cancelled, and only
 * one that has not may be refused to be removed. */
static void check_refused(struct world *w, const struct cable *l,
                          const struct msg_reply *r)
{
    const struct operator_ *o = &w->operator_;
    if (!l || o->link != l || !o->waiting || o->request != r->id ||
        r->error.code != ERROR_NOT_POSSIBLE)
        return;
    const struct plan_action *a = &w->plan.actions[o->next];
    bool alive = a->verb == REQUEST_PAUSE || a->verb == REQUEST_RESUME ||
                 a->verb == REQUEST_CANCEL;
    bool ended = w->image.jobs[o->number[a->target]].reported_state >= JOB_DONE;
    if ((alive && !ended) || (a->verb == REQUEST_RM && ended))
        world_fail(w, "a request is refused by what is not on the disk: %s",
                   r->error.message);
}

/* Only an operator, or a token of its own, makes a worker trusted without audits. */
static void check_trust(struct world *w, const struct worker_view *v)
{
    const struct party *p = party_by_id(w, v->id);
    if (!p)
        world_fail(w, "a worker is shown that nobody knows: %llx", (ull)v->id);
    if (v->trust == TRUST_FULL && !p->named && !image_trusts(&w->image, v->id))
        world_fail(w, "%s is trusted, and nobody has said so", p->name);
}

void oracle_reply(struct world *w, const struct cable *l, const struct msg_reply *r)
{
    switch (r->body) {
    case REPLY_JOB:
        check_view(w, &r->job);
        break;
    case REPLY_JOBS:
        for (size_t i = 0; i < r->jobs.n; i++)
            check_listed(w, &r->jobs.jobs[i]);
        break;
    case REPLY_STATUS:
        if (r->status.job)
            check_listed(w, r->status.job);
        break;
    case REPLY_LEDGER:
        check_ledger(w, r);
        break;
    case REPLY_HISTORY:
        check_history(w, r);
        break;
    case REPLY_ERROR:
        check_refused(w, l, r);
        break;
    case REPLY_WORKERS:
        for (size_t i = 0; i < r->workers.n; i++)
            check_trust(w, &r->workers.workers[i]);
        break;
    case REPLY_DONE:
    case REPLY_TOKEN:
    case REPLY_BACKUP:
    case REPLY_EVENTS:
        break;
    }
}

static void take_answer(void *ctx, const struct msg_reply *r)
{
    oracle_reply(ctx, NULL, r);
}

void oracle_ask(struct world *w)
{
    static const enum request_verb verbs[] = {
        REQUEST_LEDGER, REQUEST_STATUS,  REQUEST_LEDGER, REQUEST_JOBS,
        REQUEST_LEDGER, REQUEST_HISTORY, REQUEST_WORKERS};
    struct host *h = &w->host;
    uint64_t turn = h->questions++;
    if (turn % ASK_STEPS != 0)
        return;
    turn /= ASK_STEPS;
    struct msg_request r = {.verb = verbs[turn % ARRAY_SIZE(verbs)], .worker = ""};
    r.submit.name = "";
    r.job = r.verb == REQUEST_LEDGER ? turn % JOBS_MAX + 1 : 0;
    arena_reset(&w->answers);
    w->stats.put_off +=
        !coord_query(h->coord, h->now_ms, &r, &w->answers, take_answer, w);
}
