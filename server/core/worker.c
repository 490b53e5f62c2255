// SPDX-License-Identifier: MIT
/*
 * Workers: their names, how they come and go, and who is excluded.  A worker is known
 * by the hash of its secret and outlives its connections.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/core/state.h"

enum { NUMBERED_NAMES = 64 };

static uint64_t name_hash(const char *name)
{
    uint64_t h = 0;
    for (; *name; name++)
        h = rng_mix(h ^ (unsigned char)*name);
    return h;
}

void worker_set_threads(struct worker *w, uint32_t n)
{
    free(w->threads);
    w->n_threads = n;
    w->threads = mem_zero(n, sizeof(*w->threads));
    for (uint32_t i = 0; i < n; i++) {
        w->threads[i].worker = w;
        w->threads[i].tail = &w->threads[i].head;
        w->threads[i].timer.type = TIMER_THREAD;
    }
}

void worker_free(struct worker *w)
{
    free(w->threads);
    free(w->version);
    free(w);
}

static void worker_forget(struct coord *c, struct worker *w)
{
    map_remove(&c->known, w->id);
    map_remove(&c->names, name_hash(w->name));
    c->workers.items[w->index] = c->workers.items[--c->workers.n];
    c->workers.items[w->index]->index = w->index;
    heap_remove(&c->timers, &w->timer.item);
    schedule_unqueue(c, w);
    worker_free(w);
}

/* The name, with a suffix where another worker that is here has it: a small number, or
 * where many are called that a part of its id.  One that is gone leaves its name to who
 * comes for it: mostly it is the same, started again. */
static void name_worker(struct coord *c, struct worker *w, const char *wish)
{
    char name[NAME_BYTES + 1];
    struct worker *holder;
    copy_text(name, sizeof(name), wish);
    for (unsigned i = 2; (holder = map_get(&c->names, name_hash(name))); i++) {
        char suffix[12];
        if (!holder->conn) {
            worker_forget(c, holder);
            break;
        }
        int n = i <= NUMBERED_NAMES ? snprintf(suffix, sizeof(suffix), "-%u", i)
                                    : snprintf(suffix, sizeof(suffix), "-%08" PRIx32,
                                               (uint32_t)(rng_mix(w->id + i) >> 32));
        snprintf(name, sizeof(name), "%.*s%s", NAME_BYTES - n, wish, suffix);
    }
    copy_text(w->name, sizeof(w->name), name);
    map_put(&c->names, name_hash(name), w);
}

struct worker *worker_add(struct coord *c, uint64_t id, const struct msg_hello *h)
{
    struct worker *w = mem_zero(1, sizeof(*w));
    w->id = id;
    w->timer.type = TIMER_WORKER;
    w->index = c->workers.n;
    *LIST_PUSH(&c->workers) = w;
    map_put(&c->known, id, w);
    w->standing = standing_of(c, id);
    name_worker(c, w, h->name);
    return w;
}

void worker_unready(struct coord *c, struct worker *w)
{
    if (!w->ready)
        return;
    c->threads -= w->n_threads;
    for (uint32_t i = 0; i < w->n_threads; i++) {
        c->rate -= (double)w->threads[i].believed;
        w->threads[i].rate = w->threads[i].believed = 0;
        w->threads[i].last_trials = 0;
    }
    if (c->threads == 0 || c->rate < 0)
        c->rate = 0;
    w->ready = false;
}

void worker_gone(struct coord *c, struct worker *w, enum note_type type,
                 const char *why)
{
    worker_unready(c, w);
    struct note n = {
        .type = type, .worker = w->name, .address = w->address, .text = why};
    results_forget(c, w->id); /* what is not answered it sends again */
    grants_release(c, w, &n.ranges, &n.trials);
    w->conn = 0;
    w->left = type == NOTE_WORKER_LEFT;
    w->draining = false;
    w->gone_ms = c->now_ms;
    timer_set(c, &w->timer, c->now_ms + GONE_MS);
    n.worker = arena_printf(&c->arena, "%s", w->name);
    n.address = arena_printf(&c->arena, "%s", w->address);
    *note_add(c, type) = n;
}

void worker_timer(struct coord *c, struct worker *w)
{
    if (!w->conn) {
        standing_forget(c, w->standing);
        worker_forget(c, w);
        return;
    }
    if (c->now_ms < w->heard_ms + SILENT_MS) {
        timer_set(c, &w->timer, w->heard_ms + SILENT_MS);
        return;
    }
    struct peer *p = map_get(&c->peers, w->conn);
    p->worker = NULL;
    peer_close(c, p);
    worker_gone(c, w, NOTE_WORKER_LOST, "silent for 6 s");
}

struct worker *worker_named(struct coord *c, const char *text)
{
    struct worker *w = map_get(&c->names, name_hash(text));
    if (w && !strcmp(w->name, text))
        return w;
    char *end;
    uint64_t id = strtoull(text, &end, 16);
    return *text && !*end ? map_get(&c->known, id) : NULL;
}

void worker_drain(struct coord *c, struct worker *w, const char *reason)
{
    if (!w->conn || w->draining)
        return;
    w->draining = true;
    struct msg m = {.type = MSG_DRAIN, .bye.reason = reason};
    send_msg(c, w->conn, &m);
}

void worker_ban(struct coord *c, uint64_t id, const char *reason, bool revoke)
{
    struct ban_record *old = map_get(&c->bans, id);
    if (old && (old->revoke || !revoke))
        return;
    struct ban_record b = {.worker = id, .revoke = revoke};
    copy_text(b.reason, sizeof(b.reason), reason);
    if (old)
        *old = b; /* whom an operator has removed may have lied before */
    ban_keep(c, &b);
    *LIST_PUSH(&c->pending.bans) = b;
    if (revoke)
        audit_forget(c, id);
    reason = worker_banned(c, id)->reason; /* the caller's need not live as long */
    struct worker *w = map_get(&c->known, id);
    if (w && w->conn) {
        struct peer *p = map_get(&c->peers, w->conn);
        p->worker = NULL;
        peer_refuse(c, p, REFUSAL_BANNED,
                    arena_printf(&c->arena, "this worker is excluded: %s", reason),
                    revoke ? "start it again only when the cause is mended"
                           : "started again it is somebody new");
        worker_gone(c, w, NOTE_WORKER_BANNED, reason);
    } else {
        struct note *n = note_add(c, NOTE_WORKER_BANNED);
        n->worker = w ? w->name : arena_printf(&c->arena, "%016" PRIx64, id);
        n->text = reason;
    }
    for (size_t i = 0; revoke && i < c->open.n; i++) {
        struct job *j = c->open.items[i];
        if (!map_get(&j->ledger.share_of, id))
            continue;
        ledger_forget_pending(&j->ledger, id);
        job_dirty(c, j);
    }
}

void peer_expel(struct coord *c, struct peer *p, enum refusal_code code,
                const char *sentence, const char *hint)
{
    struct worker *w = p->worker;
    p->worker = NULL;
    peer_refuse(c, p, code, sentence, hint);
    watch_lost(c, p->conn);
    if (w)
        worker_gone(c, w, NOTE_WORKER_LOST, sentence);
}
