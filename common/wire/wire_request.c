// SPDX-License-Identifier: MIT
/*
 * Requests of operators: encoding and decoding; wire_reply.c has the replies.  Pure.
 */
#include <assert.h>
#include <string.h>

#include "common/wire/wire.h"
#include "common/wire/wire_pb.h"

enum {
    WEIGHT_MAX = 1000,
    INTERVAL_MS_MIN = 100,
    INTERVAL_MS_MAX = 60000,
    INTERVAL_MS_USUAL = 250,
};

/* ---- encoding ---- */

/* Job 0 is not sent. */
static char *put_job_ref(struct arena *a, uint64_t number)
{
    if (number == 0)
        return (char *)protobuf_c_empty_string;
    char *id = arena_printf(a, "j-%llu", (unsigned long long)number);
    assert(id);
    return id;
}

static Pb__JobVerb *put_job_verb(struct arena *a, const struct msg_request *m)
{
    Pb__JobVerb *verb = pb_take(a, 1, sizeof(*verb));
    pb__job_verb__init(verb);
    verb->job = put_job_ref(a, m->job);
    return verb;
}

static Pb__WorkerVerb *put_worker_verb(struct arena *a, const struct msg_request *m)
{
    Pb__WorkerVerb *verb = pb_take(a, 1, sizeof(*verb));
    pb__worker_verb__init(verb);
    verb->all = m->all;
    if (!m->all)
        verb->worker = pb_text(a, m->worker, NAME_BYTES);
    return verb;
}

Pb__Nothing *pb_nothing(struct arena *a)
{
    Pb__Nothing *p = pb_take(a, 1, sizeof(*p));
    pb__nothing__init(p);
    return p;
}

static Pb__Submit *put_submit(struct arena *a, const struct msg_submit *m)
{
    Pb__Submit *p = pb_take(a, 1, sizeof(*p));
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
    p->audit_given = m->audit_given;
    p->program = pb_text(a, m->program, NAME_BYTES);
    p->arg = pb_text(a, m->arg, ARG_BYTES);
    p->scale = m->scale == scale_usual(p->program) ? 0 : m->scale;
    p->score = m->score;
    p->test_given = m->test_given;
    p->program_test = m->test_given ? m->test : 0;
    return p;
}

static Pb__Extend *put_extend(struct arena *a, const struct msg_request *m)
{
    Pb__Extend *p = pb_take(a, 1, sizeof(*p));
    pb__extend__init(p);
    p->job = put_job_ref(a, m->job);
    p->trials = m->trials;
    return p;
}

static Pb__Watch *put_watch(struct arena *a, const struct msg_request *m)
{
    Pb__Watch *p = pb_take(a, 1, sizeof(*p));
    pb__watch__init(p);
    p->job = put_job_ref(a, m->job);
    p->interval_ms = m->interval_ms;
    return p;
}

static Pb__TokenVerb *put_token_verb(struct arena *a, const struct msg_request *m)
{
    Pb__TokenVerb *p = pb_take(a, 1, sizeof(*p));
    pb__token_verb__init(p);
    p->rotate = m->rotate;
    p->role = m->rotate ? (Pb__Role)m->role : PB__ROLE__ROLE_UNSPECIFIED;
    return p;
}

static Pb__EventsVerb *put_events_verb(struct arena *a, const struct msg_request *m)
{
    Pb__EventsVerb *p = pb_take(a, 1, sizeof(*p));
    pb__events_verb__init(p);
    p->follow = m->follow;
    return p;
}

static const Pb__Request__VerbCase verb_case[REQUEST_VERBS] = {
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
    [REQUEST_BAN] = PB__REQUEST__VERB_BAN,
    [REQUEST_PARDON] = PB__REQUEST__VERB_PARDON,
    [REQUEST_UNTRUST] = PB__REQUEST__VERB_UNTRUST,
    [REQUEST_RM] = PB__REQUEST__VERB_RM,
    [REQUEST_EVENTS] = PB__REQUEST__VERB_EVENTS,
};

void pb_request(struct arena *a, const struct msg_request *m, Pb__Request *ret)
{
    pb__request__init(ret);
    ret->id = m->id;
    ret->verb_case = verb_case[m->verb];
    switch (m->verb) {
    case REQUEST_SUBMIT:
        ret->submit = put_submit(a, &m->submit);
        return;
    case REQUEST_EXTEND:
        ret->extend = put_extend(a, m);
        return;
    case REQUEST_WATCH:
        ret->watch = put_watch(a, m);
        return;
    case REQUEST_TOKEN:
        ret->token = put_token_verb(a, m);
        return;
    case REQUEST_EVENTS:
        ret->events = put_events_verb(a, m);
        return;
    case REQUEST_DRAIN:
    case REQUEST_KICK:
    case REQUEST_TRUST:
    case REQUEST_BAN:
    case REQUEST_PARDON:
    case REQUEST_UNTRUST:
        ret->drain = put_worker_verb(a, m);
        return;
    case REQUEST_CANCEL:
    case REQUEST_PAUSE:
    case REQUEST_RESUME:
    case REQUEST_STATUS:
    case REQUEST_LEDGER:
    case REQUEST_RM:
        ret->status = put_job_verb(a, m);
        return;
    case REQUEST_JOBS:
    case REQUEST_WORKERS:
    case REQUEST_HISTORY:
    case REQUEST_BACKUP:
        ret->jobs = pb_nothing(a);
        return;
    }
    assert(false && "a known verb");
}

/* ---- decoding ---- */

static int take_program(struct pb_check *c, const Pb__Submit *p, struct msg_submit *ret)
{
    if (check_program(c, "submit", p->program, p->arg, p->score) < 0 ||
        check_scale(c, "submit", p->program, p->scale, &ret->scale) < 0)
        return -EBADMSG;
    if (p->test_given && !*p->program)
        return BAD(c, "submit: a self-test, but no program");
    ret->program = p->program;
    ret->arg = p->arg;
    ret->score = p->score;
    ret->test_given = p->test_given;
    ret->test = p->test_given ? p->program_test : 0;
    return 0;
}

/* Exactly one of the three must be set.  Limits of the standard error are in
 * proportion to the scale. */
static int take_rule(struct pb_check *c, const Pb__Submit *p, struct msg_submit *ret)
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
    double least = UNTIL_STDERR_MIN * ret->scale / SCALE_PI;
    double most = UNTIL_STDERR_MAX * ret->scale / SCALE_PI;
    if (by_error && !(p->until_stderr >= least && p->until_stderr <= most))
        return BAD(c, "submit: until_stderr is %g, not %g to %g", p->until_stderr,
                   least, most);
    if (*p->program && p->trials > PROGRAM_TRIALS_MAX)
        return BAD(c, "submit: a program's job has at most 7.0e13 trials");
    if (check_range(c, "submit", "trials", p->trials, 0, TRIALS_MAX) < 0)
        return -EBADMSG;
    return check_range(c, "submit", "for_ms", p->for_ms, 0, MS_MAX);
}

static int take_submit(struct pb_check *c, const Pb__Submit *p, struct msg_submit *ret)
{
    if (p->request.len != UID_BYTES)
        return BAD(c, "submit: a request id of %zu bytes, not %d", p->request.len,
                   UID_BYTES);
    if (take_program(c, p, ret) < 0 || take_rule(c, p, ret) < 0 ||
        check_name(c, "submit", p->name, true) < 0 ||
        check_range(c, "submit", "weight", p->weight, 0, WEIGHT_MAX) < 0)
        return -EBADMSG;
    if (p->audit < PB__AUDIT_POLICY__AUDIT_ADAPTIVE ||
        p->audit > PB__AUDIT_POLICY__AUDIT_NONE)
        return BAD(c, "submit: unknown audit policy %d", (int)p->audit);
    ret->audit = (enum audit_policy)p->audit;
    ret->audit_given = p->audit_given;
    memcpy(ret->request, p->request.data, UID_BYTES);
    ret->seed_given = p->seed_given;
    ret->seed = p->seed_given ? p->seed : 0;
    ret->name = p->name;
    ret->weight = p->weight ? p->weight : 1;
    return 0;
}

static int take_extend(struct pb_check *c, const Pb__Extend *p, struct msg_request *ret)
{
    ret->trials = p->trials;
    if (check_job_ref(c, "extend", p->job, true, &ret->job) < 0)
        return -EBADMSG;
    return check_range(c, "extend", "trials", p->trials, 1, TRIALS_MAX);
}

/* One worker, or for drain all workers. */
static int take_worker(struct pb_check *c, const char *what, const Pb__WorkerVerb *p,
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

static int take_watch(struct pb_check *c, const Pb__Watch *p, struct msg_request *ret)
{
    ret->interval_ms = p->interval_ms ? p->interval_ms : INTERVAL_MS_USUAL;
    if (check_job_ref(c, "watch", p->job, true, &ret->job) < 0)
        return -EBADMSG;
    return check_range(c, "watch", "interval_ms", ret->interval_ms, INTERVAL_MS_MIN,
                       INTERVAL_MS_MAX);
}

/* Without rotation no role may be set. */
static int take_token(struct pb_check *c, const Pb__TokenVerb *p,
                      struct msg_request *ret)
{
    ret->rotate = p->rotate;
    if (!p->rotate)
        return 0;
    if (p->role != PB__ROLE__ROLE_WORKER && p->role != PB__ROLE__ROLE_OPERATOR)
        return BAD(c, "token: unknown role %d", (int)p->role);
    ret->role = (enum role)p->role;
    return 0;
}

static int take_verb(struct pb_check *c, const Pb__Request *p, struct msg_request *ret)
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
    case REQUEST_RM:
        return check_job_ref(c, "rm", p->rm->job, false, &ret->job);
    case REQUEST_EXTEND:
        return take_extend(c, p->extend, ret);
    case REQUEST_DRAIN:
        return take_worker(c, "drain", p->drain, ret);
    case REQUEST_KICK:
        return take_worker(c, "kick", p->kick, ret);
    case REQUEST_TRUST:
        return take_worker(c, "trust", p->trust, ret);
    case REQUEST_BAN:
        return take_worker(c, "ban", p->ban, ret);
    case REQUEST_PARDON:
        return take_worker(c, "pardon", p->pardon, ret);
    case REQUEST_UNTRUST:
        return take_worker(c, "untrust", p->untrust, ret);
    case REQUEST_WATCH:
        return take_watch(c, p->watch, ret);
    case REQUEST_TOKEN:
        return take_token(c, p->token, ret);
    case REQUEST_EVENTS:
        ret->follow = p->events->follow;
        return 0;
    case REQUEST_JOBS:
    case REQUEST_WORKERS:
    case REQUEST_HISTORY:
    case REQUEST_BACKUP:
        return 0;
    }
    assert(false && "a verb of the table");
    return -EBADMSG;
}

int take_request(struct pb_check *c, const Pb__Request *p, struct msg_request *ret)
{
    unsigned verb = 0;
    int r;
    while (verb < REQUEST_VERBS && verb_case[verb] != p->verb_case)
        verb++;
    *ret = (struct msg_request){
        .id = p->id, .verb = (enum request_verb)verb, .worker = ""};
    ret->submit.name = ret->submit.program = ret->submit.arg = "";
    if (verb == REQUEST_VERBS)
        r = BAD(c, "request: no verb that is known here");
    else
        r = take_verb(c, p, ret);
    if (r < 0 && c->why) { /* what a person has typed ends no connection */
        *ret = (struct msg_request){.id = p->id, .worker = "", .wrong = c->why};
        ret->submit.name = ret->submit.program = ret->submit.arg = "";
        r = 0;
    }
    return r;
}
