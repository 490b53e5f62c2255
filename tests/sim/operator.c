// SPDX-License-Identifier: MIT
/*
 * Operators: one carries out the plan, repeats each action until it is answered,
 * submits twice and withdraws; another one watches, and reads slowly.
 */
#include "tests/sim/world.h"

#include <stdio.h>

enum { POLL_US = SECOND_US, GIVE_UP_US = 30 * SECOND_US };

typedef unsigned long long ull;

/* ---- requests ---- */

static void hang_up(struct world *w, struct operator_ *o)
{
    if (o->link)
        cable_close(w, o->link, SIDE_PEER);
    o->link = NULL;
    o->welcome = o->waiting = o->watches = false;
}

static void dial(struct world *w, struct operator_ *o, enum peer_kind kind)
{
    o->since_us = w->now_us;
    if (!w->host.up)
        return;
    o->link = cable_new(w, kind, 0, NULL);
    struct proof proof = proof_of(ROLE_OPERATOR, 0);
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = PROTOCOL_MIN,
                              .protocol_max = PROTOCOL_MAX,
                              .program = "pictl",
                              .version = "0.1.0",
                              .role = ROLE_OPERATOR,
                              .proof = proof.bytes,
                              .proof_bytes = sizeof(proof.bytes),
                              .name = "",
                              .kernel = ""}};
    trace_message(w, o->link, SIDE_HOST, &m);
    cable_send(w, o->link, SIDE_HOST, &m);
}

static void ask(struct world *w, struct operator_ *o, struct msg_request r)
{
    r.id = ++o->request;
    struct msg m = {.type = MSG_REQUEST, .request = r};
    if (!m.request.worker)
        m.request.worker = "";
    if (!m.request.submit.name)
        m.request.submit.name = "";
    o->waiting = true;
    o->since_us = w->now_us;
    trace_message(w, o->link, SIDE_HOST, &m);
    cable_send(w, o->link, SIDE_HOST, &m);
}

struct msg_submit plan_submit(const struct plan_job *j)
{
    struct msg_submit s = {.rule = j->rule,
                           .trials = j->trials,
                           .until_stderr = j->until_stderr,
                           .for_ms = j->for_ms,
                           .seed_given = true,
                           .seed = j->seed,
                           .name = "",
                           .weight = j->weight,
                           .audit = j->audit};
    memcpy(s.request, j->request, UID_BYTES);
    s.program = s.arg = "";
    s.scale = SCALE_PI;
    if (j->program) {
        s.program = plan_names[j->program - 1];
        s.arg = "a=1";
        s.scale = 0.5;
        s.score = j->score;
        s.test_given = j->expects;
        s.test = j->expects ? PLAN_TEST : 0;
    }
    return s;
}

static const char *id_text(struct operator_ *o)
{
    snprintf(o->id, sizeof(o->id), "%016llx", (ull)o->about->id);
    return o->id;
}

/* False: the action makes no sense any more. */
static bool do_action(struct world *w, struct operator_ *o, const struct plan_action *a)
{
    struct msg_request r = {.verb = a->verb, .trials = a->trials};
    switch (a->verb) {
    case REQUEST_SUBMIT:
        r.submit = plan_submit(&w->plan.jobs[a->target]);
        break;
    case REQUEST_CANCEL:
    case REQUEST_PAUSE:
    case REQUEST_RESUME:
    case REQUEST_EXTEND:
    case REQUEST_LEDGER:
    case REQUEST_RM:
        if (!o->number[a->target])
            return false;
        r.job = o->number[a->target];
        break;
    case REQUEST_DRAIN:
    case REQUEST_KICK:
    case REQUEST_TRUST:
    case REQUEST_BAN:
        if (a->verb == REQUEST_BAN && a->trials < w->plan.n_rogues) {
            o->about = w->rogues[a->trials].party;
            r.worker = id_text(o);
            o->by_id = true;
            break;
        }
        if (!w->place[a->target])
            return false;
        o->about = w->place[a->target]->party;
        r.worker = id_text(o);
        o->by_id = !(a->at_us & 1) || !*o->about->known_as;
        if (!o->by_id)
            r.worker = o->about->known_as;
        w->trusting |= a->verb == REQUEST_TRUST;
        break;
    case REQUEST_PARDON:
    case REQUEST_UNTRUST:
        if (!o->about)
            return false;
        r.worker = id_text(o);
        o->by_id = true;
        break;
    case REQUEST_TOKEN:
        r.rotate = true;
        r.role = ROLE_WORKER;
        break;
    case REQUEST_STATUS:
    case REQUEST_JOBS:
    case REQUEST_WORKERS:
    case REQUEST_HISTORY:
    case REQUEST_WATCH:
    case REQUEST_BACKUP:
    case REQUEST_EVENTS:
        break;
    }
    ask(w, o, r);
    return true;
}

/* ---- replies ---- */

static bool is_state(const struct image_job *j, unsigned states)
{
    return states >> j->record.state & 1;
}

static void submitted(struct world *w, struct operator_ *o, uint32_t target,
                      const struct msg_reply *r)
{
    uint64_t number = r->job.number;
    if (o->number[target] && o->number[target] != number)
        world_fail(w, "the same request became job %llu and job %llu",
                   (ull)o->number[target], (ull)number);
    if (memcmp(w->image.jobs[number].record.request, w->plan.jobs[target].request,
               UID_BYTES) != 0)
        world_fail(w, "a submit was answered with somebody else's job");
    o->number[target] = number;
}

/* A confirmed change must be on the disk. */
static void confirmed(struct world *w, struct operator_ *o, const struct plan_action *a,
                      const struct msg_reply *r)
{
    const struct image_job *j = &w->image.jobs[o->number[a->target]];
    if (a->verb == REQUEST_SUBMIT)
        submitted(w, o, a->target, r);
    else if (a->verb == REQUEST_CANCEL && !is_state(j, 1 << JOB_CANCELLED))
        world_fail(w, "a cancel is confirmed and not on the disk");
    else if (a->verb == REQUEST_PAUSE &&
             !is_state(j, 1 << JOB_PAUSED | 1 << JOB_DONE | 1 << JOB_FAILED))
        world_fail(w, "a pause is confirmed and not on the disk");
    else if (a->verb == REQUEST_RESUME && is_state(j, 1 << JOB_PAUSED))
        world_fail(w, "a resume is confirmed and not on the disk");
    else if (a->verb == REQUEST_EXTEND &&
             j->record.trials >> image_unit(j) != a->trials)
        world_fail(w, "an extension is confirmed and not on the disk");
}

/* It is gone, now or by a request whose reply was lost. */
static void removed(struct world *w, struct operator_ *o, const struct plan_action *a)
{
    if (w->image.jobs[o->number[a->target]].there)
        world_fail(w, "a removal is confirmed and not on the disk");
    o->number[a->target] = 0;
    w->stats.removed++;
}

static void done(struct world *w, const struct operator_ *o,
                 const struct plan_action *a, const struct worker_view *v)
{
    if (v && o->by_id && v->id != o->about->id)
        world_fail(w, "what was said of %s reaches %llx", o->about->name, (ull)v->id);
    if (a->verb != REQUEST_BAN && a->verb != REQUEST_PARDON)
        return;
    bool banned = image_banned(&w->image, v->id, false);
    if (a->verb == REQUEST_BAN && !banned)
        world_fail(w, "a ban is confirmed and not on the disk");
    /* it may have been found wrong again since, even before the pardon was written */
    if (a->verb == REQUEST_PARDON && banned && !image_pardoned(&w->image, v->id) &&
        !image_banned(&w->image, v->id, true))
        world_fail(w, "a pardon is confirmed and the ban is on the disk");
}

static void answered(struct world *w, struct operator_ *o, const struct msg_reply *r)
{
    struct plan_action *a = &w->plan.actions[o->next];
    bool storage = r->body == REPLY_ERROR && r->error.code == ERROR_STORAGE;
    bool gone = r->body == REPLY_DONE ||
                (r->body == REPLY_ERROR && r->error.code == ERROR_NO_SUCH_JOB);
    if (r->body == REPLY_JOB)
        confirmed(w, o, a, r);
    else if (a->verb == REQUEST_RM && gone)
        removed(w, o, a);
    else if (r->body == REPLY_DONE)
        done(w, o, a, r->done.worker);
    if (a->verb == REQUEST_SUBMIT && r->body == REPLY_ERROR && !storage)
        world_fail(w, "a submit is refused: %s", r->error.message);
    if (a->must && storage)
        a->at_us = w->now_us + SECOND_US;
    else
        o->next++;
}

static void watched(struct world *w, struct operator_ *o, const struct msg_reply *r)
{
    if (r->body == REPLY_JOB && r->job.number == o->number[0]) {
        if (r->job.done < o->watched_done && w->stats.bans == 0)
            world_fail(w, "a watcher sees done fall from %llu to %llu",
                       (ull)o->watched_done, (ull)r->job.done);
        o->watched_done = r->job.done;
    } else if (r->body == REPLY_JOB) {
        o->number[0] = r->job.number;
        o->watched_done = r->job.done;
    }
    if (r->last)
        o->watches = false;
}

void operator_message(struct world *w, struct cable *l, const struct msg *m)
{
    struct operator_ *o = l->kind == PEER_WATCHER ? &w->watcher : &w->operator_;
    if (o->link != l)
        return;
    if (m->type == MSG_WELCOME) {
        o->welcome = true;
    } else if (m->type == MSG_REPLY && m->reply.id == o->request) {
        if (l->kind == PEER_WATCHER)
            watched(w, o, &m->reply);
        else if (m->reply.last && o->waiting) {
            o->waiting = false;
            answered(w, o, &m->reply);
        }
    }
    if (l->kind == PEER_OPERATOR && m->type != MSG_REFUSAL) /* then it waits a little */
        world_at(w, w->now_us, SIM_OPERATOR, 1, 0);
}

void operator_lost(struct world *w, struct cable *l)
{
    struct operator_ *o = l->kind == PEER_WATCHER ? &w->watcher : &w->operator_;
    (void)w;
    if (o->link != l)
        return;
    o->link = NULL;
    o->welcome = o->waiting = o->watches = false;
}

/* ---- scheduling ---- */

bool operator_idle(const struct world *w)
{
    return w->operator_.next == w->plan.n_actions;
}

static void operator_turn(struct world *w)
{
    struct operator_ *o = &w->operator_;
    while (o->next < w->plan.n_actions && !o->waiting) {
        struct plan_action *a = &w->plan.actions[o->next];
        if (a->at_us > w->now_us)
            return;
        if (!o->link)
            dial(w, o, PEER_OPERATOR);
        if (!o->welcome)
            break;
        if (!do_action(w, o, a))
            o->next++;
    }
    if (o->link && !operator_idle(w) && w->now_us - o->since_us > GIVE_UP_US)
        hang_up(w, o);
}

static void watcher_turn(struct world *w)
{
    struct operator_ *o = &w->watcher;
    if (!o->link) {
        dial(w, o, PEER_WATCHER);
    } else if (o->welcome && !o->watches && w->now_us - o->since_us > 10 * SECOND_US) {
        o->watches = true;
        o->watched_done = 0;
        ask(w, o,
            (struct msg_request){.verb = REQUEST_WATCH,
                                 .interval_ms =
                                     (uint32_t)chance_between(&w->rng, 100, 5000)});
    } else if (o->watches && w->now_us - o->since_us > 60 * SECOND_US) {
        hang_up(w, o);
    }
}

void operator_event(struct world *w, const struct sim_event *e)
{
    if (e->type == SIM_WATCHER) {
        watcher_turn(w);
        world_at(w, w->now_us + 2 * SECOND_US, SIM_WATCHER, 0, 0);
        return;
    }
    operator_turn(w);
    if (e->who == 0 && !operator_idle(w)) {
        int64_t at_us = w->now_us + POLL_US;
        if (w->plan.actions[w->operator_.next].at_us > at_us)
            at_us = w->plan.actions[w->operator_.next].at_us;
        world_at(w, at_us, SIM_OPERATOR, 0, 0);
    }
}

void operator_start(struct world *w)
{
    if (w->plan.n_actions > 0)
        world_at(w, w->plan.actions[0].at_us, SIM_OPERATOR, 0, 0);
    if (w->plan.watcher)
        world_at(w, SECOND_US, SIM_WATCHER, 0, 0);
}
