// SPDX-License-Identifier: MIT
/*
 * Requests of operators and the replies to them, both ways.  Pure.
 */
#include <assert.h>
#include <string.h>

#include "common/wire.h"
#include "common/wire_pb.h"

enum {
    WEIGHT_MAX = 1000,
    INTERVAL_MS_MIN = 100,
    INTERVAL_MS_MAX = 60000,
    INTERVAL_MS_USUAL = 250,
};

static void *take(struct arena *a, size_t size)
{
    void *p = arena_alloc(a, size);
    assert(p);
    return p;
}

/* ---- requests out ---- */

/* Job 0 is left out. */
static char *job_ref(struct arena *a, uint64_t number)
{
    if (number == 0)
        return (char *)protobuf_c_empty_string;
    char *id = arena_printf(a, "j-%llu", (unsigned long long)number);
    assert(id);
    return id;
}

static Pb__JobVerb *job_verb(struct arena *a, const struct msg_request *m)
{
    Pb__JobVerb *verb = take(a, sizeof(*verb));
    pb__job_verb__init(verb);
    verb->job = job_ref(a, m->job);
    return verb;
}

static Pb__WorkerVerb *worker_verb(struct arena *a, const struct msg_request *m)
{
    Pb__WorkerVerb *verb = take(a, sizeof(*verb));
    pb__worker_verb__init(verb);
    verb->all = m->all;
    if (!m->all)
        verb->worker = pb_text(a, m->worker, NAME_BYTES);
    return verb;
}

static Pb__Nothing *nothing(struct arena *a)
{
    Pb__Nothing *p = take(a, sizeof(*p));
    pb__nothing__init(p);
    return p;
}

static Pb__Submit *submit(struct arena *a, const struct msg_submit *m)
{
    Pb__Submit *p = take(a, sizeof(*p));
    pb__submit__init(p);
    p->request = (ProtobufCBinaryData){.len = UID_BYTES, .data = (uint8_t *)m->request};
    switch (m->rule) {
    case STOP_TRIALS:
        p->trials = m->trials;
        break;
    case STOP_STDERR:
        p->until_stderr = m->until_stderr;
        break;
    case STOP_TIME:
        p->for_ms = (uint64_t)m->for_ms;
        break;
    }
    p->seed_given = m->seed_given;
    p->seed = m->seed_given ? m->seed : 0;
    p->name = pb_text(a, m->name, NAME_BYTES);
    p->weight = m->weight;
    p->audit = (Pb__AuditPolicy)m->audit;
    return p;
}

static Pb__Extend *extend(struct arena *a, const struct msg_request *m)
{
    Pb__Extend *p = take(a, sizeof(*p));
    pb__extend__init(p);
    p->job = job_ref(a, m->job);
    p->trials = m->trials;
    return p;
}

static Pb__Watch *watch(struct arena *a, const struct msg_request *m)
{
    Pb__Watch *p = take(a, sizeof(*p));
    pb__watch__init(p);
    p->job = job_ref(a, m->job);
    p->interval_ms = m->interval_ms;
    return p;
}

static Pb__TokenVerb *token_verb(struct arena *a, const struct msg_request *m)
{
    Pb__TokenVerb *p = take(a, sizeof(*p));
    pb__token_verb__init(p);
    p->rotate = m->rotate;
    p->role = m->rotate ? (Pb__Role)m->role : PB__ROLE__ROLE_UNSPECIFIED;
    return p;
}

static const Pb__Request__VerbCase verb_case[REQUEST_TRUST + 1] = {
    [REQUEST_SUBMIT] = PB__REQUEST__VERB_SUBMIT,
    [REQUEST_CANCEL] = PB__REQUEST__VERB_CANCEL,
    [REQUEST_PAUSE] = PB__REQUEST__VERB_PAUSE,
    [REQUEST_RESUME] = PB__REQUEST__VERB_RESUME,
    [REQUEST_EXTEND] = PB__REQUEST__VERB_EXTEND,
    [REQUEST_DRAIN] = PB__REQUEST__VERB_DRAIN,
    [REQUEST_KICK] = PB__REQUEST__VERB_KICK,
    [REQUEST_STATUS] = PB__REQUEST__VERB_STATUS,
    [REQUEST_JOBS] = PB__REQUEST__VERB_JOBS,
    [REQUEST_WORKERS] = PB__REQUEST__VERB_WORKERS,
    [REQUEST_HISTORY] = PB__REQUEST__VERB_HISTORY,
    [REQUEST_LEDGER] = PB__REQUEST__VERB_LEDGER,
    [REQUEST_WATCH] = PB__REQUEST__VERB_WATCH,
    [REQUEST_TOKEN] = PB__REQUEST__VERB_TOKEN,
    [REQUEST_BACKUP] = PB__REQUEST__VERB_BACKUP,
    [REQUEST_TRUST] = PB__REQUEST__VERB_TRUST,
};

void pb_request(struct arena *a, const struct msg_request *m, Pb__Request *ret)
{
    pb__request__init(ret);
    ret->id = m->id;
    ret->verb_case = verb_case[m->verb];
    switch (m->verb) {
    case REQUEST_SUBMIT:
        ret->submit = submit(a, &m->submit);
        return;
    case REQUEST_EXTEND:
        ret->extend = extend(a, m);
        return;
    case REQUEST_WATCH:
        ret->watch = watch(a, m);
        return;
    case REQUEST_TOKEN:
        ret->token = token_verb(a, m);
        return;
    case REQUEST_DRAIN:
    case REQUEST_KICK:
    case REQUEST_TRUST:
        ret->drain = worker_verb(a, m);
        return;
    case REQUEST_CANCEL:
    case REQUEST_PAUSE:
    case REQUEST_RESUME:
    case REQUEST_STATUS:
    case REQUEST_LEDGER:
        ret->status = job_verb(a, m);
        return;
    case REQUEST_JOBS:
    case REQUEST_WORKERS:
    case REQUEST_HISTORY:
    case REQUEST_BACKUP:
        ret->jobs = nothing(a);
        return;
    }
    assert(false && "a known verb");
}

/* ---- requests in ---- */

/* Exactly one of the three is set. */
static int take_rule(struct check *c, const Pb__Submit *p, struct msg_submit *ret)
{
    bool by_error = p->until_stderr != 0;
    int rules = (p->trials != 0) + by_error + (p->for_ms != 0);
    if (rules != 1)
        return BAD(c, "submit: %s of trials, until_stderr and for_ms; exactly one",
                   rules ? "more than one" : "none");
    ret->rule = by_error ? STOP_STDERR : p->trials ? STOP_TRIALS : STOP_TIME;
    ret->trials = p->trials;
    ret->until_stderr = p->until_stderr;
    ret->for_ms = (int64_t)p->for_ms;
    if (by_error &&
        !(p->until_stderr >= UNTIL_STDERR_MIN && p->until_stderr <= UNTIL_STDERR_MAX))
        return BAD(c, "submit: until_stderr is %g, not %g to %g", p->until_stderr,
                   UNTIL_STDERR_MIN, UNTIL_STDERR_MAX);
    if (check_range(c, "submit", "trials", p->trials, 0, TRIALS_MAX) < 0)
        return -EBADMSG;
    return check_range(c, "submit", "for_ms", p->for_ms, 0, MS_MAX);
}

static int take_submit(struct check *c, const Pb__Submit *p, struct msg_submit *ret)
{
    if (p->request.len != UID_BYTES)
        return BAD(c, "submit: a request id of %zu bytes, not %d", p->request.len,
                   UID_BYTES);
    if (take_rule(c, p, ret) < 0 || check_name(c, "submit", p->name, true) < 0 ||
        check_range(c, "submit", "weight", p->weight, 0, WEIGHT_MAX) < 0)
        return -EBADMSG;
    if (p->audit < PB__AUDIT_POLICY__AUDIT_ADAPTIVE ||
        p->audit > PB__AUDIT_POLICY__AUDIT_NONE)
        return BAD(c, "submit: unknown audit policy %d", (int)p->audit);
    ret->audit = (enum audit_policy)p->audit;
    memcpy(ret->request, p->request.data, UID_BYTES);
    ret->seed_given = p->seed_given;
    ret->seed = p->seed_given ? p->seed : 0;
    ret->name = p->name;
    ret->weight = p->weight ? p->weight : 1;
    return 0;
}

static int take_extend(struct check *c, const Pb__Extend *p, struct msg_request *ret)
{
    ret->trials = p->trials;
    if (check_job_ref(c, "extend", p->job, true, &ret->job) < 0)
        return -EBADMSG;
    return check_range(c, "extend", "trials", p->trials, 1, TRIALS_MAX);
}

/* One worker; a drain may mean all of them instead. */
static int take_worker(struct check *c, const char *what, const Pb__WorkerVerb *p,
                       struct msg_request *ret)
{
    if (check_name(c, what, p->worker, true) < 0)
        return -EBADMSG;
    if (p->all && ret->verb != REQUEST_DRAIN)
        return BAD(c, "%s: one worker, not all of them", what);
    if (p->all == (*p->worker != '\0'))
        return BAD(c, "%s: no worker, or one and all of them", what);
    ret->worker = p->worker;
    ret->all = p->all;
    return 0;
}

static int take_watch(struct check *c, const Pb__Watch *p, struct msg_request *ret)
{
    ret->interval_ms = p->interval_ms ? p->interval_ms : INTERVAL_MS_USUAL;
    if (check_job_ref(c, "watch", p->job, true, &ret->job) < 0)
        return -EBADMSG;
    return check_range(c, "watch", "interval_ms", ret->interval_ms, INTERVAL_MS_MIN,
                       INTERVAL_MS_MAX);
}

/* What is not rotated has no role. */
static int take_token(struct check *c, const Pb__TokenVerb *p, struct msg_request *ret)
{
    ret->rotate = p->rotate;
    if (!p->rotate)
        return 0;
    if (p->role != PB__ROLE__ROLE_WORKER && p->role != PB__ROLE__ROLE_OPERATOR)
        return BAD(c, "token: unknown role %d", (int)p->role);
    ret->role = (enum role)p->role;
    return 0;
}

static int take_verb(struct check *c, const Pb__Request *p, struct msg_request *ret)
{
    switch (ret->verb) {
    case REQUEST_SUBMIT:
        return take_submit(c, p->submit, &ret->submit);
    case REQUEST_CANCEL:
        return check_job_ref(c, "cancel", p->cancel->job, true, &ret->job);
    case REQUEST_PAUSE:
        return check_job_ref(c, "pause", p->pause->job, true, &ret->job);
    case REQUEST_RESUME:
        return check_job_ref(c, "resume", p->resume->job, true, &ret->job);
    case REQUEST_STATUS:
        return check_job_ref(c, "status", p->status->job, true, &ret->job);
    case REQUEST_LEDGER:
        return check_job_ref(c, "ledger", p->ledger->job, true, &ret->job);
    case REQUEST_EXTEND:
        return take_extend(c, p->extend, ret);
    case REQUEST_DRAIN:
        return take_worker(c, "drain", p->drain, ret);
    case REQUEST_KICK:
        return take_worker(c, "kick", p->kick, ret);
    case REQUEST_TRUST:
        return take_worker(c, "trust", p->trust, ret);
    case REQUEST_WATCH:
        return take_watch(c, p->watch, ret);
    case REQUEST_TOKEN:
        return take_token(c, p->token, ret);
    case REQUEST_JOBS:
    case REQUEST_WORKERS:
    case REQUEST_HISTORY:
    case REQUEST_BACKUP:
        return 0;
    }
    assert(false && "a verb of the table");
    return -EBADMSG;
}

int take_request(struct check *c, const Pb__Request *p, struct msg_request *ret)
{
    enum request_verb verb = 0;
    while (verb <= REQUEST_TRUST && verb_case[verb] != p->verb_case)
        verb++;
    if (verb > REQUEST_TRUST)
        return BAD(c, "request: no verb that is known here");
    *ret = (struct msg_request){.id = p->id, .verb = verb, .worker = ""};
    ret->submit.name = "";
    return take_verb(c, p, ret);
}

/* ---- replies ---- */

static const Pb__Reply__BodyCase reply_case[REPLY_BACKUP + 1] = {
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
};

static Pb__Error *error(struct arena *a, const struct msg_reply *m)
{
    Pb__Error *p = take(a, sizeof(*p));
    pb__error__init(p);
    p->code = (Pb__ErrorCode)m->error.code;
    p->message = pb_text(a, m->error.message, TEXT_BYTES);
    p->hint = pb_text(a, m->error.hint, TEXT_BYTES);
    return p;
}

static char **joins(struct arena *a, const char *const *from, size_t n)
{
    char **to = arena_array(a, n, sizeof(*to));
    assert(to && n <= JOINS_MAX);
    for (size_t i = 0; i < n; i++)
        to[i] = pb_text(a, from[i], JOIN_TEXT_MAX);
    return to;
}

static Pb__Token *token(struct arena *a, const struct msg_reply *m)
{
    const struct joins_view *v = &m->token.joins;
    Pb__Token *p = take(a, sizeof(*p));
    pb__token__init(p);
    p->n_worker = v->n_workers;
    p->worker = joins(a, v->workers, v->n_workers);
    p->n_operator_ = v->n_operators;
    p->operator_ = joins(a, v->operators, v->n_operators);
    p->ended = m->token.ended;
    return p;
}

static Pb__Backup *backup(struct arena *a, const struct msg_reply *m)
{
    Pb__Backup *p = take(a, sizeof(*p));
    pb__backup__init(p);
    p->size = m->backup.size;
    p->data.len = m->backup.bytes;
    p->data.data = (uint8_t *)m->backup.data; /* read only */
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
        ret->error = error(a, m);
        return;
    case REPLY_DONE:
        ret->done = nothing(a);
        return;
    case REPLY_JOB:
        ret->job = take(a, sizeof(*ret->job));
        pb_job(a, &m->job, ret->job);
        return;
    case REPLY_JOBS:
        assert(m->jobs.n <= LIST_MAX);
        ret->jobs = take(a, sizeof(*ret->jobs));
        pb_jobs(a, m->jobs.jobs, m->jobs.n, ret->jobs);
        return;
    case REPLY_WORKERS:
        assert(m->workers.n <= LIST_MAX);
        ret->workers = take(a, sizeof(*ret->workers));
        pb_workers(a, m->workers.workers, m->workers.n, ret->workers);
        return;
    case REPLY_STATUS:
        ret->status = take(a, sizeof(*ret->status));
        pb_status(a, &m->status, ret->status);
        return;
    case REPLY_LEDGER:
        assert(m->ledger.n_cells <= CELLS_MAX && m->ledger.n_shares <= LIST_MAX);
        ret->ledger = take(a, sizeof(*ret->ledger));
        pb_ledger(a, &m->ledger, ret->ledger);
        return;
    case REPLY_HISTORY:
        assert(m->history.n <= LIST_MAX);
        ret->history = take(a, sizeof(*ret->history));
        pb_history(a, m->history.answers, m->history.n, ret->history);
        return;
    case REPLY_TOKEN:
        ret->token = token(a, m);
        return;
    case REPLY_BACKUP:
        assert(m->backup.bytes <= BACKUP_BYTES);
        ret->backup = backup(a, m);
        return;
    }
    assert(false && "a known body");
}

static int take_error(struct check *c, const Pb__Error *p, struct msg_reply *ret)
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

static int take_ledger(struct check *c, const Pb__Ledger *p, struct ledger_view *ret)
{
    if (check_range(c, "ledger", "number of shares", p->n_shares, 0, LIST_MAX) < 0)
        return -EBADMSG;
    return view_ledger(c, p, ret);
}

static int check_joins(struct check *c, const char *field, char *const *joins, size_t n)
{
    if (check_range(c, "token", "number of join strings", n, 0, JOINS_MAX) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++)
        if (check_text(c, "token", field, joins[i], JOIN_TEXT_MAX) < 0)
            return -EBADMSG;
    return 0;
}

static int take_joins(struct check *c, const Pb__Token *p, struct msg_reply *ret)
{
    if (check_joins(c, "worker", p->worker, p->n_worker) < 0 ||
        check_joins(c, "operator", p->operator_, p->n_operator_) < 0)
        return -EBADMSG;
    ret->token.joins =
        (struct joins_view){.n_workers = p->n_worker,
                            .n_operators = p->n_operator_,
                            .workers = (const char *const *)p->worker,
                            .operators = (const char *const *)p->operator_};
    ret->token.ended = p->ended;
    return 0;
}

static int take_backup(struct check *c, const Pb__Backup *p, struct msg_reply *ret)
{
    ret->backup.size = p->size;
    ret->backup.data = p->data.data;
    ret->backup.bytes = p->data.len;
    if (p->data.len == 0 || p->data.len > p->size)
        return BAD(c, "backup: a piece of %zu bytes of a file of %llu", p->data.len,
                   (unsigned long long)p->size);
    return check_range(c, "backup", "piece", p->data.len, 1, BACKUP_BYTES);
}

int take_reply(struct check *c, const Pb__Reply *p, struct msg_reply *ret)
{
    enum reply_body body = 0;
    while (body <= REPLY_BACKUP && reply_case[body] != p->body_case)
        body++;
    if (body > REPLY_BACKUP)
        return BAD(c, "reply: no body that is known here");
    *ret = (struct msg_reply){.id = p->id, .last = p->last, .body = body};
    switch (body) {
    case REPLY_ERROR:
        return take_error(c, p->error, ret);
    case REPLY_DONE:
        return 0;
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
    }
    assert(false && "a body of the table");
    return -EBADMSG;
}
