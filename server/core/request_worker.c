// SPDX-License-Identifier: MIT
/*
 * What operators ask for about workers.  An id goes before a name, and a name that
 * several go by hits none of them: a worker chooses its name, so a name alone must not
 * lead an operator's word to another worker.
 */
#include "server/core/request_worker.h"

#include <inttypes.h>
#include <string.h>

#include "common/wire/names.h"
#include "server/core/effects.h"
#include "server/core/peer.h"
#include "server/core/query.h"
#include "server/core/ready.h"
#include "server/core/reply.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"
#include "server/core/worker.h"

enum { LISTED = 4 }; /* ids in a message, which has at most TEXT_BYTES */

#define BY_AN_OPERATOR "an operator has excluded it"

/* Whom a request is about: a worker in the list, or one of which only the id is left.
 */
struct target {
    uint64_t id;
    struct worker *worker; /* or NULL */
};

/* ---- whom ---- */

static bool goes_by(const struct worker *w, const char *name)
{
    return !strcmp(w->name, name) || !strcmp(w->wish, name);
}

static void no_such(struct coord *c, conn_id conn, const struct msg_request *r)
{
    reply_error(c, conn, r->id, ERROR_NO_SUCH_WORKER, "pictl workers lists them",
                "there is no worker %s", r->worker);
}

static void several(struct coord *c, conn_id conn, const struct msg_request *r,
                    unsigned n)
{
    const char *list = "";
    unsigned listed = 0;
    for (size_t i = 0; i < c->fleet.workers.n && listed < LISTED; i++) {
        const struct worker *w = c->fleet.workers.items[i];
        if (goes_by(w, r->worker))
            list = arena_printf(&c->out.arena, "%s%s%016" PRIx64, list,
                                listed++ ? ", " : "", w->id);
    }
    reply_error(c, conn, r->id, ERROR_NO_SUCH_WORKER,
                "name one by its id; pictl workers lists them",
                "%u workers go by %s: %s%s", n, r->worker, list,
                n > LISTED ? ", ..." : "");
}

/* False: the operator has been told. */
static bool find(struct coord *c, conn_id conn, const struct msg_request *r,
                 struct target *ret)
{
    *ret = (struct target){0};
    if (worker_id_of(r->worker, &ret->id)) {
        ret->worker = worker_by_id(c, ret->id);
        if (ret->worker || standing_known(c, ret->id) || standing_ban(c, ret->id))
            return true;
        no_such(c, conn, r);
        return false;
    }
    unsigned n = 0;
    for (size_t i = 0; *r->worker && i < c->fleet.workers.n; i++) {
        struct worker *w = c->fleet.workers.items[i];
        if (!goes_by(w, r->worker))
            continue;
        *ret = (struct target){w->id, w};
        n++;
    }
    if (n == 0)
        no_such(c, conn, r);
    else if (n > 1)
        several(c, conn, r, n);
    return n == 1;
}

/* Its name or, where that is forgotten, its id. */
static const char *name_of(struct coord *c, const struct target *t)
{
    return t->worker ? t->worker->name
                     : arena_printf(&c->out.arena, "%016" PRIx64, t->id);
}

/* ---- replies ---- */

void request_worker_done(struct coord *c, conn_id conn, uint32_t request,
                         uint64_t worker, const char *note)
{
    struct worker_view *view = arena_alloc(&c->out.arena, sizeof(*view));
    query_worker_view(c, worker, &c->out.arena, view);
    reply_send(c, conn,
               &(struct msg_reply){.id = request,
                                   .last = true,
                                   .body = REPLY_DONE,
                                   .done = {.worker = view, .note = note}});
}

/* Replies once all that has been asked for so far is durable. */
static void done_later(struct coord *c, conn_id conn, const struct msg_request *r,
                       const struct target *t, const char *note)
{
    if (!transaction_reply_about(c, conn, r, t->id, note))
        request_worker_done(c, conn, r->id, t->id, note);
}

static void tell(struct coord *c, enum event_type type, const struct target *t)
{
    event_add(c, (struct event){type, .named = {name_of(c, t), t->id}});
}

static void not_possible(struct coord *c, conn_id conn, const struct msg_request *r,
                         const struct target *t, const char *is, const char *hint)
{
    reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE, hint,
                "worker %016" PRIx64 "%s%s %s", t->id, t->worker ? " " : "",
                t->worker ? t->worker->name : "", is);
}

/* ---- what needs a connection ---- */

static void drain(struct coord *c, conn_id conn, const struct msg_request *r,
                  const struct target *t)
{
    worker_drain(c, t->worker, "an operator asked for it");
    request_worker_done(c, conn, r->id, t->id, "");
}

static void kick(struct coord *c, conn_id conn, const struct msg_request *r,
                 const struct target *t)
{
    t->worker->kicked = true;
    worker_expel(
        c, peer_by_conn(c, t->worker->conn), REFUSAL_BANNED,
        "an operator has removed this worker",
        "it is not kept out, but ask who runs picoord there before you start it "
        "again");
    request_worker_done(c, conn, r->id, t->id, "");
}

/* ---- what is kept ---- */

static void ban(struct coord *c, conn_id conn, const struct msg_request *r,
                const struct target *t)
{
    bool already = standing_ban(c, t->id);
    if (!already)
        worker_ban(c, t->id, BY_AN_OPERATOR, false);
    done_later(c, conn, r, t,
               already ? "it was excluded already"
                       : "started again it is another worker, which a new token keeps "
                         "out: pictl token rotate");
}

static void pardon(struct coord *c, conn_id conn, const struct msg_request *r,
                   const struct target *t)
{
    const struct ban_record *b = standing_ban(c, t->id);
    if (!b && !standing_wrong(c, t->id)) {
        not_possible(c, conn, r, t, "is not excluded", "");
        return;
    }
    bool lied = !b || b->revoke;
    standing_pardon(c, t->id);
    if (t->worker && t->worker->classed)
        ready_classify(c, t->worker);
    tell(c, EVENT_WORKER_PARDONED, t);
    done_later(c, conn, r, t,
               lied ? "it was excluded because what it said was wrong: it is on "
                      "probation again, and what was revoked stays revoked"
                    : "");
}

static void trust(struct coord *c, conn_id conn, const struct msg_request *r,
                  const struct target *t)
{
    if (standing_ban(c, t->id)) {
        not_possible(c, conn, r, t, "is excluded", "pictl pardon takes that back");
        return;
    }
    standing_trust(c, standing_of(c, t->id));
    tell(c, EVENT_WORKER_TRUSTED, t);
    done_later(c, conn, r, t, "");
}

static void untrust(struct coord *c, conn_id conn, const struct msg_request *r,
                    const struct target *t)
{
    struct standing *s = standing_of(c, t->id);
    if (s->by_token) {
        not_possible(c, conn, r, t,
                     s->by_token == TRUSTED_SPAWNED
                         ? "is trusted because this coordinator has started it"
                         : "is trusted as one of this user on this machine",
                     "workers that come by PI_JOIN or a join file are audited");
        return;
    }
    standing_untrust(c, s);
    tell(c, EVENT_WORKER_UNTRUSTED, t);
    done_later(c, conn, r, t, "");
}

void request_worker(struct coord *c, conn_id conn, const struct msg_request *r)
{
    struct target t;
    bool attached = r->verb == REQUEST_DRAIN || r->verb == REQUEST_KICK;
    if (r->all) {
        for (size_t i = 0; i < c->fleet.workers.n; i++)
            worker_drain(c, c->fleet.workers.items[i], "an operator asked for it");
        reply_done(c, conn, r->id);
        return;
    }
    if (!attached && reply_cannot_save(c, conn, r->id))
        return;
    if (!find(c, conn, r, &t))
        return;
    if (attached && (!t.worker || !t.worker->conn)) {
        reply_error(c, conn, r->id, ERROR_NO_SUCH_WORKER, "pictl workers lists them",
                    "worker %s is not attached", r->worker);
        return;
    }
    if (r->verb == REQUEST_DRAIN)
        drain(c, conn, r, &t);
    else if (r->verb == REQUEST_KICK)
        kick(c, conn, r, &t);
    else if (r->verb == REQUEST_BAN)
        ban(c, conn, r, &t);
    else if (r->verb == REQUEST_PARDON)
        pardon(c, conn, r, &t);
    else if (r->verb == REQUEST_TRUST)
        trust(c, conn, r, &t);
    else
        untrust(c, conn, r, &t);
}
