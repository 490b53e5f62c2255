// SPDX-License-Identifier: MIT
/*
 * Replies to operators: encoding and decoding.  Pure.
 */
#include <assert.h>

#include "common/wire/wire.h"
#include "common/wire/wire_pb.h"

/* ---- encoding ---- */

static const Pb__Reply__BodyCase reply_case[REPLY_BODIES] = {
    [REPLY_ERROR] = PB__REPLY__BODY_ERROR,
    [REPLY_DONE] = PB__REPLY__BODY_DONE,
    [REPLY_JOB] = PB__REPLY__BODY_JOB,
    [REPLY_JOBS] = PB__REPLY__BODY_JOBS,
    [REPLY_WORKERS] = PB__REPLY__BODY_WORKERS,
    [REPLY_STATUS] = PB__REPLY__BODY_STATUS,
    [REPLY_LEDGER] = PB__REPLY__BODY_LEDGER,
    [REPLY_HISTORY] = PB__REPLY__BODY_HISTORY,
    [REPLY_TOKEN] = PB__REPLY__BODY_TOKEN,
    [REPLY_BACKUP] = PB__REPLY__BODY_BACKUP,
    [REPLY_EVENTS] = PB__REPLY__BODY_EVENTS,
};

static Pb__Error *put_error(struct arena *a, const struct msg_reply *m)
{
    Pb__Error *p = pb_take(a, 1, sizeof(*p));
    pb__error__init(p);
    p->code = (Pb__ErrorCode)m->error.code;
    p->message = pb_text(a, m->error.message, TEXT_BYTES);
    p->hint = pb_text(a, m->error.hint, TEXT_BYTES);
    return p;
}

static char **put_joins(struct arena *a, const char *const *from, size_t n)
{
    char **to = arena_array(a, n, sizeof(*to));
    assert(to && n <= JOINS_MAX);
    for (size_t i = 0; i < n; i++)
        to[i] = pb_text(a, from[i], JOIN_TEXT_MAX);
    return to;
}

static Pb__Token *put_token(struct arena *a, const struct msg_reply *m)
{
    const struct joins_view *v = &m->token.joins;
    Pb__Token *p = pb_take(a, 1, sizeof(*p));
    pb__token__init(p);
    p->n_worker = v->n_workers;
    p->worker = put_joins(a, v->workers, v->n_workers);
    p->n_operator_ = v->n_operators;
    p->operator_ = put_joins(a, v->operators, v->n_operators);
    p->ended = m->token.ended;
    p->fetch = v->fetch;
    return p;
}

static Pb__Backup *put_backup(struct arena *a, const struct msg_reply *m)
{
    Pb__Backup *p = pb_take(a, 1, sizeof(*p));
    pb__backup__init(p);
    p->size = m->backup.size;
    p->data.len = m->backup.bytes;
    p->data.data = (uint8_t *)m->backup.data; /* not written to */
    return p;
}

void pb_reply(struct arena *a, const struct msg_reply *m, Pb__Reply *ret)
{
    pb__reply__init(ret);
    ret->id = m->id;
    ret->last = m->last;
    ret->body_case = reply_case[m->body];
    switch (m->body) {
    case REPLY_ERROR:
        ret->error = put_error(a, m);
        return;
    case REPLY_DONE:
        ret->done = pb_take(a, 1, sizeof(*ret->done));
        pb_done(a, m, ret->done);
        return;
    case REPLY_JOB:
        ret->job = pb_take(a, 1, sizeof(*ret->job));
        pb_job(a, &m->job, ret->job);
        return;
    case REPLY_JOBS:
        assert(m->jobs.n <= LIST_MAX);
        ret->jobs = pb_take(a, 1, sizeof(*ret->jobs));
        pb_jobs(a, m->jobs.jobs, m->jobs.n, ret->jobs);
        return;
    case REPLY_WORKERS:
        assert(m->workers.n <= LIST_MAX);
        ret->workers = pb_take(a, 1, sizeof(*ret->workers));
        pb_workers(a, m->workers.workers, m->workers.n, ret->workers);
        return;
    case REPLY_STATUS:
        ret->status = pb_take(a, 1, sizeof(*ret->status));
        pb_status(a, &m->status, ret->status);
        return;
    case REPLY_LEDGER:
        assert(m->ledger.n_cells <= CELLS_MAX && m->ledger.n_shares <= LIST_MAX &&
               m->ledger.n_doubts <= LIST_MAX);
        ret->ledger = pb_take(a, 1, sizeof(*ret->ledger));
        pb_ledger(a, &m->ledger, ret->ledger);
        return;
    case REPLY_HISTORY:
        assert(m->history.n <= LIST_MAX);
        ret->history = pb_take(a, 1, sizeof(*ret->history));
        pb_history(a, m->history.answers, m->history.n, ret->history);
        return;
    case REPLY_TOKEN:
        ret->token = put_token(a, m);
        return;
    case REPLY_BACKUP:
        assert(m->backup.bytes <= BACKUP_BYTES);
        ret->backup = put_backup(a, m);
        return;
    case REPLY_EVENTS:
        assert(m->events.n <= LIST_MAX);
        ret->events = pb_take(a, 1, sizeof(*ret->events));
        pb_events(a, m->events.events, m->events.n, ret->events);
        return;
    }
    assert(false && "a known body");
}

/* ---- decoding ---- */

static int take_error(struct pb_check *c, const Pb__Error *p, struct msg_reply *ret)
{
    if (check_text(c, "error", "message", p->message, TEXT_BYTES) < 0 ||
        check_text(c, "error", "hint", p->hint, TEXT_BYTES) < 0)
        return -EBADMSG;
    bool known = p->code >= PB__ERROR_CODE__ERROR_BAD_REQUEST &&
                 p->code <= PB__ERROR_CODE__ERROR_STORAGE;
    ret->error.code = known ? (enum error_code)p->code : 0;
    ret->error.message = p->message;
    ret->error.hint = p->hint;
    return 0;
}

static int take_ledger(struct pb_check *c, const Pb__Ledger *p, struct ledger_view *ret)
{
    if (check_range(c, "ledger", "number of shares", p->n_shares, 0, LIST_MAX) < 0 ||
        check_range(c, "ledger", "number of ranges in doubt", p->n_doubt_first, 0,
                    LIST_MAX) < 0)
        return -EBADMSG;
    return view_ledger(c, p, ret);
}

static int check_joins(struct pb_check *c, const char *field, char *const *joins,
                       size_t n)
{
    if (check_range(c, "token", "number of join strings", n, 0, JOINS_MAX) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++)
        if (check_text(c, "token", field, joins[i], JOIN_TEXT_MAX) < 0)
            return -EBADMSG;
    return 0;
}

static int take_joins(struct pb_check *c, const Pb__Token *p, struct msg_reply *ret)
{
    if (check_joins(c, "worker", p->worker, p->n_worker) < 0 ||
        check_joins(c, "operator", p->operator_, p->n_operator_) < 0)
        return -EBADMSG;
    ret->token.joins =
        (struct joins_view){.n_workers = p->n_worker,
                            .n_operators = p->n_operator_,
                            .workers = (const char *const *)p->worker,
                            .operators = (const char *const *)p->operator_,
                            .fetch = p->fetch};
    ret->token.ended = p->ended;
    return 0;
}

static int take_backup(struct pb_check *c, const Pb__Backup *p, struct msg_reply *ret)
{
    ret->backup.size = p->size;
    ret->backup.data = p->data.data;
    ret->backup.bytes = p->data.len;
    if (p->data.len == 0 || p->data.len > p->size)
        return BAD(c, "backup: a piece of %zu bytes of a file of %llu", p->data.len,
                   (unsigned long long)p->size);
    return check_range(c, "backup", "piece", p->data.len, 1, BACKUP_BYTES);
}

int take_reply(struct pb_check *c, const Pb__Reply *p, struct msg_reply *ret)
{
    unsigned body = 0;
    while (body < REPLY_BODIES && reply_case[body] != p->body_case)
        body++;
    if (body == REPLY_BODIES)
        return BAD(c, "reply: no body that is known here");
    *ret =
        (struct msg_reply){.id = p->id, .last = p->last, .body = (enum reply_body)body};
    switch (ret->body) {
    case REPLY_ERROR:
        return take_error(c, p->error, ret);
    case REPLY_DONE:
        return view_done(c, p->done, ret);
    case REPLY_JOB:
        return view_job(c, p->job, &ret->job);
    case REPLY_JOBS:
        return view_jobs(c, p->jobs, ret);
    case REPLY_WORKERS:
        return view_workers(c, p->workers, ret);
    case REPLY_STATUS:
        return view_status(c, p->status, &ret->status);
    case REPLY_LEDGER:
        return take_ledger(c, p->ledger, &ret->ledger);
    case REPLY_HISTORY:
        return view_history(c, p->history, ret);
    case REPLY_TOKEN:
        return take_joins(c, p->token, ret);
    case REPLY_BACKUP:
        return take_backup(c, p->backup, ret);
    case REPLY_EVENTS:
        return view_events(c, p->events, ret);
    }
    assert(false && "a body of the table");
    return -EBADMSG;
}
