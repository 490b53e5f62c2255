// SPDX-License-Identifier: MIT
#include "ctl/lib/replies.h"

#include <errno.h>
#include <string.h>

void replies_init(struct replies *a)
{
    *a = (struct replies){.empty = true};
    arena_init(&a->arena, 0);
}

void replies_release(struct replies *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(a->cells); i++)
        free(a->cells[i]);
    free(a->shares);
    free(a->doubts[0]);
    free(a->doubts[1]);
    free(a->jobs);
    free(a->workers);
    free(a->answers);
    arena_release(&a->arena);
    replies_init(a);
}

static const char *text_copy(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(arena_alloc(arena, size), text, size);
}

struct job_view job_view_copy(struct arena *arena, const struct job_view *j)
{
    struct job_view copy = *j;
    copy.name = text_copy(arena, j->name);
    copy.reason = text_copy(arena, j->reason);
    copy.stalled = text_copy(arena, j->stalled);
    copy.doubt = text_copy(arena, j->doubt);
    copy.program = text_copy(arena, j->program);
    copy.arg = text_copy(arena, j->arg);
    return copy;
}

static void keep_job(struct replies *a, const struct job_view *j)
{
    a->has_job = j != NULL;
    if (j)
        a->job = job_view_copy(&a->arena, j);
}

static void add_jobs(struct replies *a, const struct job_view *jobs, size_t n)
{
    a->jobs = mem_resize(a->jobs, a->n_jobs + n, sizeof(*a->jobs));
    for (size_t i = 0; i < n; i++)
        a->jobs[a->n_jobs++] = job_view_copy(&a->arena, &jobs[i]);
}

static const struct program_view *programs_copy(struct arena *arena,
                                                const struct program_view *p, size_t n)
{
    struct program_view *copies = arena_array(arena, n, sizeof(*copies));
    for (size_t i = 0; i < n; i++) {
        copies[i] = p[i];
        copies[i].name = text_copy(arena, p[i].name);
        copies[i].reason = text_copy(arena, p[i].reason);
        copies[i].stderr_ = text_copy(arena, p[i].stderr_);
    }
    return copies;
}

static struct worker_view worker_copy(struct arena *arena, const struct worker_view *w)
{
    struct worker_view copy = *w;
    copy.name = text_copy(arena, w->name);
    copy.address = text_copy(arena, w->address);
    copy.kernel = text_copy(arena, w->kernel);
    copy.version = text_copy(arena, w->version);
    copy.programs = programs_copy(arena, w->programs, w->n_programs);
    return copy;
}

static void add_workers(struct replies *a, const struct worker_view *workers, size_t n)
{
    a->workers = mem_resize(a->workers, a->n_workers + n, sizeof(*a->workers));
    for (size_t i = 0; i < n; i++)
        a->workers[a->n_workers++] = worker_copy(&a->arena, &workers[i]);
}

static void add_answers(struct replies *a, const struct answer_view *answers, size_t n)
{
    a->answers = mem_resize(a->answers, a->n_answers + n, sizeof(*a->answers));
    for (size_t i = 0; i < n; i++) {
        struct answer_view *v = &a->answers[a->n_answers++];
        *v = answers[i];
        v->name = text_copy(&a->arena, v->name);
        v->program = text_copy(&a->arena, v->program);
    }
}

/* Columns of `old` entries, each of which gets n more. */
static void add_columns(uint64_t **columns, const uint64_t *const *from, size_t width,
                        size_t old, size_t n)
{
    for (size_t i = 0; i < width && n > 0; i++) {
        columns[i] = mem_resize(columns[i], old + n, sizeof(uint64_t));
        memcpy(columns[i] + old, from[i], n * sizeof(uint64_t));
    }
}

static void add_cells(struct replies *a, const struct ledger_view *l)
{
    const uint64_t *from[] = {l->first, l->count, l->done, l->hits};
    add_columns(a->cells, from, ARRAY_SIZE(from), a->ledger.n_cells, l->n_cells);
    a->ledger.first = a->cells[0];
    a->ledger.count = a->cells[1];
    a->ledger.done = a->cells[2];
    a->ledger.hits = a->cells[3];
    a->ledger.n_cells += l->n_cells;
}

static void add_doubts(struct replies *a, const struct ledger_view *l)
{
    const uint64_t *from[] = {l->doubt_first, l->doubt_count};
    add_columns(a->doubts, from, ARRAY_SIZE(from), a->ledger.n_doubts, l->n_doubts);
    a->ledger.doubt_first = a->doubts[0];
    a->ledger.doubt_count = a->doubts[1];
    a->ledger.n_doubts += l->n_doubts;
}

static void add_ledger(struct replies *a, const struct ledger_view *l)
{
    if (l->job)
        keep_job(a, l->job);
    a->ledger.job = a->has_job ? &a->job : NULL;
    a->ledger.score = l->score;
    add_cells(a, l);
    add_doubts(a, l);
    size_t n = a->ledger.n_shares;
    a->shares = mem_resize(a->shares, n + l->n_shares, sizeof(*a->shares));
    for (size_t i = 0; i < l->n_shares; i++) {
        a->shares[n] = l->shares[i];
        a->shares[n++].name = text_copy(&a->arena, l->shares[i].name);
    }
    a->ledger.shares = a->shares;
    a->ledger.n_shares = n;
}

static void keep_status(struct replies *a, const struct status_view *s)
{
    keep_job(a, s->job);
    a->status = *s;
    a->status.job = s->job ? &a->job : NULL;
    a->status.version = text_copy(&a->arena, s->version);
    a->status.reason = text_copy(&a->arena, s->reason);
    a->status.stalled = text_copy(&a->arena, s->stalled);
    a->status.audits.help = text_copy(&a->arena, s->audits.help);
}

static const char *const *joins_copy(struct replies *a, const char *const *from,
                                     size_t n)
{
    const char **to = arena_array(&a->arena, n, sizeof(*to));
    for (size_t i = 0; i < n; i++)
        to[i] = text_copy(&a->arena, from[i]);
    return to;
}

static void keep_joins(struct replies *a, const struct joins_view *j, uint32_t ended)
{
    a->joins = *j;
    a->joins.workers = joins_copy(a, j->workers, j->n_workers);
    a->joins.operators = joins_copy(a, j->operators, j->n_operators);
    a->ended = ended;
}

int replies_add(struct replies *a, const struct msg_reply *r)
{
    if (!a->empty && a->body != r->body && r->body != REPLY_ERROR)
        return -EBADMSG;
    a->empty = false;
    a->body = r->body;
    switch (r->body) {
    case REPLY_ERROR:
        a->error = r->error.code;
        a->message = text_copy(&a->arena, r->error.message);
        a->hint = text_copy(&a->arena, r->error.hint);
        break;
    case REPLY_DONE:
        a->note = text_copy(&a->arena, r->done.note);
        a->has_worker = r->done.worker != NULL;
        if (a->has_worker)
            a->worker = worker_copy(&a->arena, r->done.worker);
        break;
    case REPLY_JOB:
        keep_job(a, &r->job);
        break;
    case REPLY_JOBS:
        add_jobs(a, r->jobs.jobs, r->jobs.n);
        break;
    case REPLY_WORKERS:
        add_workers(a, r->workers.workers, r->workers.n);
        break;
    case REPLY_STATUS:
        keep_status(a, &r->status);
        break;
    case REPLY_LEDGER:
        add_ledger(a, &r->ledger);
        break;
    case REPLY_HISTORY:
        add_answers(a, r->history.answers, r->history.n);
        break;
    case REPLY_TOKEN:
        keep_joins(a, &r->token.joins, r->token.ended);
        break;
    case REPLY_BACKUP:
    case REPLY_EVENTS:
        return -EBADMSG; /* unbounded: backup.c and events.c handle them */
    }
    return 0;
}
