// SPDX-License-Identifier: MIT
/*
 * Messages of a connection: Hello and its refusals, which role may send what, Bye.  A
 * lease does not outlive the connection on which it was granted.
 */
#include "server/core/session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/kernel/kernel.h"
#include "common/wire/names.h"
#include "server/core/effects.h"
#include "server/core/entropy.h"
#include "server/core/grant.h"
#include "server/core/peer.h"
#include "server/core/request.h"
#include "server/core/results.h"
#include "server/core/resume.h"
#include "server/core/standing.h"
#include "server/core/token.h"
#include "server/core/watch.h"
#include "server/core/worker.h"

enum { HOUR_MS = 3600000 };

void session_init(struct coord *c)
{
    map_init(&c->admission.by_origin, entropy_map_key(c));
    if (c->config.new_ids_hour == 0)
        c->config.new_ids_hour = LIMIT_NEW_IDS_HOUR;
    if (c->config.new_ids_hour_origin == 0)
        c->config.new_ids_hour_origin = LIMIT_NEW_IDS_HOUR_ORIGIN;
}

void session_release(struct coord *c)
{
    map_release(&c->admission.by_origin);
}

/* ---- Hello ---- */

/* Versions are those of our own programs; another's says nothing about ours. */
static bool is_ours(const struct msg_hello *h)
{
    return strcmp(h->program, "piworker") == 0 || strcmp(h->program, "pictl") == 0;
}

static const char *upgrade_peer(struct coord *c, const struct msg_hello *h)
{
    return is_ours(h) ? arena_printf(&c->out.arena, "upgrade this %s to %s or later",
                                     h->program, c->version)
                      : arena_printf(&c->out.arena, "upgrade this %.40s", h->program);
}

static const char *upgrade_coordinator(struct coord *c, const struct msg_hello *h)
{
    return is_ours(h)
               ? arena_printf(&c->out.arena,
                              "upgrade the coordinator to %.40s or later", h->version)
               : "upgrade the coordinator";
}

/* Both programs print the sentence; the hint is for the one with the older protocol. */
static void refuse_protocol(struct coord *c, struct peer *p, const struct msg_hello *h)
{
    bool older = h->protocol_max < PROTOCOL_MIN;
    char ours[PROTOCOLS_TEXT_BYTES], theirs[PROTOCOLS_TEXT_BYTES];
    protocols_text(ours, PROTOCOL_MIN, PROTOCOL_MAX);
    protocols_text(theirs, h->protocol_min, h->protocol_max);
    peer_refuse(c, p, REFUSAL_PROTOCOL,
                arena_printf(&c->out.arena,
                             "picoord %s speaks protocol %s, this %s %s speaks %s",
                             c->version, ours, h->program, h->version, theirs),
                older ? upgrade_peer(c, h) : upgrade_coordinator(c, h));
}

static void send_welcome(struct coord *c, struct peer *p, const struct msg_hello *h,
                         const struct worker *w)
{
    uint32_t max = h->protocol_max < PROTOCOL_MAX ? h->protocol_max : PROTOCOL_MAX;
    struct msg m = {.type = MSG_WELCOME,
                    .welcome = {.protocol = max,
                                .version = c->version,
                                .heartbeat_ms = HEARTBEAT_MS,
                                .silent_ms = SILENT_MS,
                                .worker = w ? w->id : 0,
                                .name = w ? w->name : ""}};
    send_msg(c, p->conn, &m);
}

static void replace_connection(struct coord *c, struct worker *w)
{
    struct peer *old = peer_by_conn(c, w->conn);
    old->worker = NULL;
    peer_refuse(c, old, REFUSAL_REPLACED,
                "another connection has shown the secret of this worker",
                "one process, one secret: do not copy a running worker");
    worker_unready(c, w);
    grants_keep_names(w);
    w->conn = 0;
}

/* Catches a broken kernel, not a worker that lies.  A worker need not send its test
 * hits: its first results are recomputed anyway. */
static bool kernel_counts_right(struct coord *c, struct peer *p,
                                const struct msg_hello *h)
{
    if (h->test_hits == 0 || h->test_hits == KERNEL_TEST_HITS)
        return true;
    peer_refuse(c, p, REFUSAL_KERNEL,
                arena_printf(&c->out.arena,
                             "the kernel '%s' of this worker counts wrong: %" PRIu64
                             " hits in the test range, which has %d",
                             h->kernel, h->test_hits, KERNEL_TEST_HITS),
                "start it with another --kernel, or build it anew");
    return false;
}

/* A new id costs an excluded worker nothing, but costs the coordinator ten audits. */
static bool may_be_new(struct coord *c, const struct peer *p)
{
    if (c->clock.now_ms >= c->admission.hour_ends_ms) {
        map_release(&c->admission.by_origin);
        map_init(&c->admission.by_origin, entropy_map_key(c));
        c->admission.new_ids = 0;
        c->admission.hour_ends_ms = c->clock.now_ms + HOUR_MS;
    }
    uintptr_t from_there = (uintptr_t)map_get(&c->admission.by_origin, p->origin);
    if (c->admission.new_ids >= c->config.new_ids_hour ||
        (p->origin && from_there >= c->config.new_ids_hour_origin))
        return false;
    c->admission.new_ids++;
    if (p->origin)
        map_put(&c->admission.by_origin, p->origin, (void *)(from_there + 1));
    return true;
}

/* Operators name workers by name or by id, and neither may be taken for the other. */
static bool name_is_none(struct coord *c, struct peer *p, const struct msg_hello *h)
{
    uint64_t id;
    if (!worker_id_of(h->name, &id))
        return false;
    peer_refuse(c, p, REFUSAL_MALFORMED,
                arena_printf(&c->out.arena, "the name %s reads like the id of a worker",
                             h->name),
                "give this worker another one: --name");
    return true;
}

/* Threads are claimed by a word, and each costs memory and time once it is used. */
static bool too_many_threads(struct coord *c, struct peer *p, const struct msg_hello *h,
                             const struct worker *known)
{
    uint32_t others = worker_claims(c, p->origin);
    if (known && known->origin == p->origin)
        others -= known->counted; /* it takes the place of its other connection */
    if (p->origin == 0 || others + h->threads <= LIMIT_THREADS_ORIGIN)
        return false;
    peer_refuse(c, p, REFUSAL_FULL,
                arena_printf(&c->out.arena,
                             "too many threads from this address: %u of %d are taken, "
                             "this worker has %u",
                             others, LIMIT_THREADS_ORIGIN, h->threads),
                "start workers with fewer: --threads");
    return true;
}

static void worker_hello(struct coord *c, struct peer *p, const struct msg_hello *h)
{
    uint64_t id = c->config.worker_id(c->config.ctx, h->secret);
    const struct ban_record *ban = standing_ban(c, id);
    if (ban) {
        peer_refuse(
            c, p, REFUSAL_BANNED,
            arena_printf(&c->out.arena, "this worker is excluded: %s", ban->reason),
            ban->revoke ? "start it again only when the cause has been fixed"
                        : "ask who runs picoord there: 'pictl pardon' takes it back");
        return;
    }
    struct worker *w = worker_by_id(c, id);
    if (name_is_none(c, p, h) || !kernel_counts_right(c, p, h) ||
        too_many_threads(c, p, h, w))
        return;
    if (!w && !map_get(&c->standings.by_worker, id) && !may_be_new(c, p)) {
        peer_refuse(c, p, REFUSAL_FULL, "too many new workers within an hour",
                    "keep workers running: each start is a new worker");
        return;
    }
    if (!w)
        w = worker_add(c, id, h);
    else if (w->conn)
        replace_connection(c, w);
    if (!w->threads || w->claimed != h->threads) {
        uint32_t ranges;
        uint64_t trials;
        grants_release_worker(c, w, &ranges, &trials);
        worker_set_threads(c, w, h->threads);
    }
    worker_offers(c, w, h);
    copy_text(w->kernel, sizeof(w->kernel), h->kernel);
    size_t bytes = strlen(h->version) + 1;
    w->version = memcpy(mem_resize(w->version, bytes, 1), h->version, bytes);
    p->role = PEER_WORKER;
    p->worker = w;
    worker_attach(c, w, p);
    send_welcome(c, p, h, w);
}

static void session_hello(struct coord *c, struct peer *p, const struct msg_hello *h)
{
    p->comes_to_work = h->role == ROLE_WORKER;
    if (!protocols_meet(h->protocol_min, h->protocol_max)) {
        refuse_protocol(c, p, h);
        return;
    }
    if (!token_authorize(c, p, h))
        return;
    if (c->stop.asked) {
        peer_refuse(c, p, REFUSAL_FULL, "the coordinator is stopping", "");
        return;
    }
    switch (h->role) {
    case ROLE_WORKER:
        worker_hello(c, p, h);
        break;
    case ROLE_OPERATOR:
        p->role = PEER_OPERATOR;
        send_welcome(c, p, h, NULL);
        break;
    }
}

/* ---- messages ---- */

static void worker_give_back(struct coord *c, struct worker *w,
                             const struct msg_leases *m)
{
    /* A worker gives work back because it is leaving, so it gets no more. */
    w->draining = true;
    worker_leave_slots(c, w);
    for (size_t i = 0; i < m->n; i++) {
        struct grant *g = grant_held(c, w, m->grant[i]);
        if (!g)
            continue;
        uint64_t leases = m->leases[i] & g->outstanding;
        grant_give_back(c, g, leases);
        g->outstanding &= ~leases;
        if (!g->outstanding)
            grant_remove(c, g);
    }
}

static void session_bye(struct coord *c, struct peer *p, const char *reason)
{
    struct worker *w = p->worker;
    if (w) {
        p->worker = NULL;
        worker_gone(c, w, EVENT_WORKER_LEFT, arena_printf(&c->out.arena, "%s", reason));
    }
    peer_close(c, p);
}

static void worker_message(struct coord *c, struct peer *p, const struct msg *m)
{
    struct msg beat = {.type = MSG_HEARTBEAT};
    struct worker *w = p->worker;
    assert(w && w->conn == p->conn);
    w->heard_ms = c->clock.now_ms;
    if (!w->ready && (m->type == MSG_RESULTS || m->type == MSG_GIVE_BACK)) {
        worker_expel(c, p, REFUSAL_MALFORMED,
                     m->type == MSG_RESULTS ? "Results before Resume"
                                            : "GiveBack before Resume",
                     RESUME_HINT);
        return;
    }
    switch (m->type) {
    case MSG_RESUME:
        resume_take(c, p, &m->resume);
        return;
    case MSG_RESULTS:
        results_take(c, p, &m->results);
        return;
    case MSG_GIVE_BACK:
        worker_give_back(c, w, &m->leases);
        return;
    case MSG_HEARTBEAT:
        send_msg(c, p->conn, &beat);
        return;
    case MSG_BYE:
        session_bye(c, p, m->bye.reason);
        return;
    case MSG_HELLO:
    case MSG_WELCOME:
    case MSG_REFUSAL:
    case MSG_GRANTS:
    case MSG_ANSWERS:
    case MSG_CANCEL:
    case MSG_DRAIN:
    case MSG_REQUEST:
    case MSG_REPLY:
        break;
    }
    worker_expel(
        c, p, REFUSAL_ROLE,
        arena_printf(&c->out.arena, "a worker may not send %s here", msg_name(m->type)),
        "");
}

static void operator_message(struct coord *c, struct peer *p, const struct msg *m)
{
    struct msg beat = {.type = MSG_HEARTBEAT};
    if (m->type == MSG_REQUEST)
        request_take(c, p->conn, &m->request);
    else if (m->type == MSG_HEARTBEAT)
        send_msg(c, p->conn, &beat);
    else if (m->type == MSG_BYE)
        session_bye(c, p, m->bye.reason);
    else
        peer_refuse(c, p, REFUSAL_ROLE,
                    arena_printf(&c->out.arena, "an operator may not send %s here",
                                 msg_name(m->type)),
                    "");
}

void session_message(struct coord *c, conn_id conn, const struct msg *m)
{
    struct peer *p = peer_by_conn(c, conn);
    if (!p)
        return;
    switch (p->role) {
    case PEER_NEW:
        if (m->type == MSG_HELLO)
            session_hello(c, p, &m->hello);
        else
            peer_refuse(c, p, REFUSAL_MALFORMED, "the first message must be a Hello",
                        "");
        break;
    case PEER_WORKER:
        worker_message(c, p, m);
        break;
    case PEER_OPERATOR:
        operator_message(c, p, m);
        break;
    case PEER_CLOSING:
        break;
    }
}

void session_lost(struct coord *c, conn_id conn)
{
    struct peer *p = map_remove(&c->peers.by_conn, conn);
    if (!p)
        return;
    if (p->worker)
        worker_gone(c, p->worker, EVENT_WORKER_LOST, "connection closed");
    watch_lost(c, conn);
    free(p);
}
