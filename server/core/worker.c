// SPDX-License-Identifier: MIT
/*
 * Workers: their names, joining, leaving and exclusion.  A worker is known by the hash
 * of its secret and outlives its connections.
 */
#include "server/core/worker.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/audit.h"
#include "server/core/draw.h"
#include "server/core/effects.h"
#include "server/core/entropy.h"
#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/ledger_commit.h"
#include "server/core/peer.h"
#include "server/core/rate.h"
#include "server/core/ready.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"
#include "server/core/watch.h"

enum {
    GONE_MS =
        300000, /* a worker that has left stays in lists, with its name, so long */
    NUMBERED_NAMES = 64,
    FIRST_THREADS = 256, /* in use from the beginning: of nearly all machines, all */
    THREADS_A_CREDIT = 2,
    SAID_BYTES_MAX = 4 << 20 /* that failed programs have said, kept of all workers */
};

static uint64_t name_hash(const struct coord *c, const char *name)
{
    return sip_hash(entropy_map_key(c), name, strlen(name));
}

/* Memory that was never touched takes no room, so threads that are claimed and not in
 * use cost next to nothing. */
static void use_threads(struct coord *c, struct worker *w)
{
    uint64_t n = FIRST_THREADS + (uint64_t)w->credit * THREADS_A_CREDIT;
    n = n < w->claimed ? n : w->claimed;
    for (; w->n_threads < n; w->n_threads++) {
        struct thread *t = &w->threads[w->n_threads];
        t->worker = w;
        t->tail = &t->head;
        t->pi.program = c->kinds.all[0].program;
        t->timer.type = TIMER_THREAD;
    }
}

/* Its threads hold nothing.  Who is away costs no memory for what it had claimed. */
static void drop_threads(struct coord *c, struct worker *w)
{
    ready_remove_worker(c, w);
    for (uint32_t i = 0; i < w->n_threads; i++)
        rate_free(&w->threads[i]);
    free(w->threads);
    w->threads = NULL;
    w->n_threads = w->credit = 0;
}

void worker_set_threads(struct coord *c, struct worker *w, uint32_t n)
{
    drop_threads(c, w);
    w->claimed = n;
    w->threads = mem_zero(n, sizeof(*w->threads));
    use_threads(c, w);
}

void worker_credit(struct coord *c, struct worker *w)
{
    uint32_t before = w->n_threads;
    if (before == w->claimed)
        return;
    w->credit++;
    use_threads(c, w);
    if (!w->ready)
        return;
    c->fleet.threads += w->n_threads - before;
    for (uint32_t i = before; i < w->n_threads; i++)
        ready_add(c, &w->threads[i]);
}

uint32_t worker_claims(const struct coord *c, uint64_t origin)
{
    return (uint32_t)(uintptr_t)map_get(&c->fleet.claims, origin);
}

/* Counts so many threads for its origin; this machine has no limit. */
static void count_claim(struct coord *c, struct worker *w, uint32_t threads)
{
    uintptr_t sum = worker_claims(c, w->origin) - w->counted + threads;
    if (w->origin == 0)
        return;
    w->counted = threads;
    if (sum == 0)
        map_remove(&c->fleet.claims, w->origin);
    else
        map_put(&c->fleet.claims, w->origin, (void *)sum);
}

void worker_attach(struct coord *c, struct worker *w, const struct peer *p)
{
    assert(!w->conn && w->counted == 0);
    w->conn = p->conn;
    w->origin = p->origin;
    copy_text(w->address, sizeof(w->address), p->address);
    count_claim(c, w, w->claimed);
    if (p->by_token)
        w->standing->by_token = p->by_token;
    w->left = w->draining = w->kicked = false;
    w->heard_ms = w->resume_ms = c->clock.now_ms;
    timer_set(c, &w->timer, c->clock.now_ms + RESUME_WAIT_MS);
}

static void forget_failures(struct coord *c, struct worker *w)
{
    for (uint32_t i = 0; i < w->n_failures; i++) {
        c->fleet.said_bytes -= strlen(w->failures[i].said);
        free(w->failures[i].why);
        free(w->failures[i].said);
    }
    free(w->failures);
    w->failures = NULL;
    w->n_failures = 0;
}

static char *kept(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(mem_resize(NULL, n, 1), text, n);
}

void worker_failures(struct coord *c, struct worker *w, const struct msg_resume *m)
{
    if (m->n_failed == 0)
        return;
    forget_failures(c, w);
    w->failures = mem_zero(m->n_failed, sizeof(*w->failures));
    for (; w->n_failures < m->n_failed; w->n_failures++) {
        struct failure *f = &w->failures[w->n_failures];
        const char *said = m->failed_stderr[w->n_failures];
        size_t n = strlen(said);
        bool room = c->fleet.said_bytes + n <= SAID_BYTES_MAX;
        copy_text(f->name, sizeof(f->name), m->failed[w->n_failures]);
        f->why = kept(m->failed_why[w->n_failures]);
        f->said = kept(room ? said : "");
        c->fleet.said_bytes += room ? n : 0;
    }
}

void worker_offers(struct coord *c, struct worker *w, const struct msg_hello *h)
{
    forget_failures(c, w);
    w->n_offers = (uint32_t)h->n_offers;
    free(w->offers);
    w->offers = h->n_offers ? mem_zero(h->n_offers, sizeof(*w->offers)) : NULL;
    for (size_t i = 0; i < h->n_offers; i++) {
        copy_text(w->offers[i].name, sizeof(w->offers[i].name), h->offer[i]);
        w->offers[i].test = h->offer_test[i];
        w->offers[i].rate = h->offer_rate[i];
    }
}

static void worker_free(struct coord *c, struct worker *w)
{
    forget_failures(c, w);
    for (uint32_t i = 0; i < w->n_threads; i++)
        rate_free(&w->threads[i]);
    map_release(&w->resumed);
    free(w->slots.items);
    free(w->offers);
    free(w->threads);
    free(w->version);
    free(w);
}

void worker_init(struct coord *c)
{
    map_init(&c->fleet.by_id, entropy_map_key(c));
    map_init(&c->fleet.by_name, entropy_map_key(c));
    map_init(&c->fleet.claims, entropy_map_key(c));
}

void worker_release(struct coord *c)
{
    for (size_t i = 0; i < c->fleet.workers.n; i++)
        worker_free(c, c->fleet.workers.items[i]);
    free(c->fleet.workers.items);
    free(c->fleet.wrongs.items);
    map_release(&c->fleet.by_id);
    map_release(&c->fleet.by_name);
    map_release(&c->fleet.claims);
}

struct worker *worker_by_id(const struct coord *c, uint64_t id)
{
    return map_get(&c->fleet.by_id, id);
}

static void worker_forget(struct coord *c, struct worker *w)
{
    map_remove(&c->fleet.by_id, w->id);
    map_remove(&c->fleet.by_name, name_hash(c, w->name));
    c->fleet.workers.items[w->index] = c->fleet.workers.items[--c->fleet.workers.n];
    c->fleet.workers.items[w->index]->index = w->index;
    heap_remove(&c->out.timers, &w->timer.item);
    ready_remove_worker(c, w);
    worker_free(c, w);
}

/* Gives the worker its name, with a suffix if another one in the list has it: a small
 * number or, after NUMBERED_NAMES of them, part of its id.  Who is away keeps its name
 * for as long as it is in the list: what an operator says of a name must not reach
 * somebody who has taken it in a moment without a connection. */
static void name_worker(struct coord *c, struct worker *w, const char *wish)
{
    char name[NAME_BYTES + 1];
    copy_text(name, sizeof(name), wish);
    copy_text(w->wish, sizeof(w->wish), wish);
    for (unsigned i = 2; map_get(&c->fleet.by_name, name_hash(c, name)); i++) {
        char suffix[12];
        int n = i <= NUMBERED_NAMES ? snprintf(suffix, sizeof(suffix), "-%u", i)
                                    : snprintf(suffix, sizeof(suffix), "-%08" PRIx32,
                                               (uint32_t)(rng_mix(w->id + i) >> 32));
        snprintf(name, sizeof(name), "%.*s%s", NAME_BYTES - n, wish, suffix);
    }
    copy_text(w->name, sizeof(w->name), name);
    map_put(&c->fleet.by_name, name_hash(c, name), w);
}

struct worker *worker_add(struct coord *c, uint64_t id, const struct msg_hello *h)
{
    assert(!worker_by_id(c, id));
    struct worker *w = mem_zero(1, sizeof(*w));
    w->id = id;
    w->timer.type = TIMER_WORKER;
    w->joined_ms = c->clock.wall_ms;
    w->index = c->fleet.workers.n;
    *VEC_PUSH(&c->fleet.workers) = w;
    map_put(&c->fleet.by_id, id, w);
    map_init(&w->resumed, entropy_map_key(c));
    w->standing = standing_of(c, id);
    name_worker(c, w, h->name);
    return w;
}

void worker_unready(struct coord *c, struct worker *w)
{
    count_claim(c, w, 0);
    if (!w->ready)
        return;
    c->fleet.threads -= w->n_threads;
    for (uint32_t i = 0; i < w->n_threads; i++)
        rate_forget(c, &w->threads[i]);
    w->ready = false;
    ready_declass(c, w);
}

void worker_leave_slots(struct coord *c, struct worker *w)
{
    for (size_t i = 0; i < w->slots.n; i++) {
        struct job *j = job_by_number(c, w->slots.items[i]);
        if (j) /* it was not removed */
            ledger_leave(&j->ledger, w->id);
    }
    w->slots.n = 0;
}

void worker_gone(struct coord *c, struct worker *w, enum event_type type,
                 const char *why)
{
    assert(w->conn);
    worker_unready(c, w);
    struct event gone = {type, .origin = w->origin, .departure = {.reason = why}};
    waiting_forget(c, w->id); /* the worker sends unanswered results again */
    grants_release_worker(c, w, &gone.departure.ranges, &gone.departure.trials);
    drop_threads(c, w);
    worker_leave_slots(c, w);
    w->conn = 0;
    w->left = type == EVENT_WORKER_LEFT;
    w->draining = false;
    w->gone_ms = c->clock.now_ms;
    timer_set(c, &w->timer, c->clock.now_ms + GONE_MS);
    gone.departure.worker = arena_printf(&c->out.arena, "%s", w->name);
    event_add(c, gone);
}

/* Who has only been asleep learns why, and comes again. */
static void give_up(struct coord *c, struct peer *p)
{
    struct worker *w = p->worker;
    struct msg bye = {.type = MSG_BYE,
                      .bye.reason =
                          "silent for 6 s: a worker sends Heartbeat every 2 s"};
    send_msg(c, p->conn, &bye);
    p->worker = NULL;
    peer_close(c, p);
    worker_gone(c, w, EVENT_WORKER_LOST, "silent for 6 s");
}

void worker_timer(struct coord *c, struct worker *w)
{
    if (!w->conn) {
        standing_forget(c, w->standing);
        worker_forget(c, w);
        return;
    }
    struct peer *p = peer_by_conn(c, w->conn);
    int64_t silent_ms = w->heard_ms + SILENT_MS, due_ms = silent_ms;
    /* Since order is kept, who has sent something else has not begun with Resume; of
     * one who has sent nothing the network may be slow. */
    if (!w->ready && w->heard_ms > w->resume_ms &&
        w->resume_ms + RESUME_WAIT_MS < due_ms)
        due_ms = w->resume_ms + RESUME_WAIT_MS;
    if (c->clock.now_ms < due_ms) {
        timer_set(c, &w->timer, due_ms);
        return;
    }
    if (due_ms == silent_ms)
        give_up(c, p);
    else
        worker_expel(c, p, REFUSAL_MALFORMED, "no end of Resume within 5 s",
                     RESUME_HINT);
}

void worker_drain(struct coord *c, struct worker *w, const char *reason)
{
    if (!w->conn || w->draining)
        return;
    w->draining = true;
    worker_leave_slots(c, w);
    struct msg m = {.type = MSG_DRAIN, .bye.reason = reason};
    send_msg(c, w->conn, &m);
}

/* In a job that goes on the worker of that standing was wrong. */
static void disown(struct coord *c, struct job *j, const struct standing *s,
                   uint64_t worker)
{
    ledger_forget_pending(&j->ledger, worker);
    if (s && s->passed >= PROBATION_RESULTS)
        draw_escalate(j);
    transaction_job(c, j);
}

void worker_ban(struct coord *c, uint64_t id, const char *reason, bool revoke)
{
    struct ban_record *old = map_get(&c->standings.bans, id);
    if (old && (old->revoke || !revoke))
        return;
    struct ban_record b = {.worker = id, .revoke = revoke};
    copy_text(b.reason, sizeof(b.reason), reason);
    if (old)
        *old = b; /* a removed worker may turn out to have lied before */
    standing_ban_keep(c, &b);
    transaction_ban(c, &b);
    if (revoke)
        audit_forget_worker(c, id);
    const struct standing *base = map_get(&c->standings.by_worker, id);
    reason = standing_ban(c, id)->reason; /* the caller's copy may not live as long */
    struct worker *w = map_get(&c->fleet.by_id, id);
    if (w && w->conn) {
        struct peer *p = peer_by_conn(c, w->conn);
        p->worker = NULL;
        peer_refuse(c, p, REFUSAL_BANNED,
                    arena_printf(&c->out.arena, "this worker is excluded: %s", reason),
                    revoke
                        ? "start it again only when the cause has been fixed"
                        : "ask who runs picoord there: 'pictl pardon' takes it back");
        worker_gone(c, w, EVENT_WORKER_BANNED, reason);
    } else {
        const char *name = w ? w->name : arena_printf(&c->out.arena, "%016" PRIx64, id);
        event_add(c, (struct event){EVENT_WORKER_BANNED,
                                    .departure = {.worker = name, .reason = reason}});
    }
    for (size_t i = 0; revoke && i < c->jobs.active.n; i++) {
        struct job *j = c->jobs.active.items[i];
        if (!map_get(&j->ledger.share_of, id))
            continue;
        disown(c, j, base ? standing_in(base, j->program) : NULL, id);
    }
}

/* What it holds of the program is not wanted any more. */
static void take_program_away(struct coord *c, struct worker *w,
                              const struct program *p)
{
    for (uint32_t i = 0; i < w->n_threads; i++)
        for (struct grant *g = w->threads[i].head, *next; g; g = next) {
            next = g->next;
            if (g->job->program != p)
                continue;
            grant_give_back(c, g, g->outstanding);
            if (w->conn)
                grant_cancel(c, w, g->wire, g->outstanding);
            grant_remove(c, g);
        }
    if (w->classed)
        ready_classify(c, w);
}

static void exclude(struct coord *c, struct standing *s, const struct job *of,
                    struct range wrong, const char *reason)
{
    struct worker *w = map_get(&c->fleet.by_id, s->worker);
    audit_forget(c, s);
    standing_exclude(c, s, reason, of->number, wrong);
    transaction_exclude(c, s);
    for (size_t i = 0; i < c->jobs.active.n; i++) {
        struct job *j = c->jobs.active.items[i];
        if (j->program == s->program && map_get(&j->ledger.share_of, s->worker))
            disown(c, j, s, s->worker);
    }
    if (w)
        take_program_away(c, w, s->program);
    const char *name =
        w ? w->name : arena_printf(&c->out.arena, "%016" PRIx64, s->worker);
    event_add(c, (struct event){EVENT_WORKER_EXCLUDED,
                                .excluded = {.worker = name,
                                             .program = s->program->name,
                                             .reason = s->excluded}});
}

static bool overlap(struct range a, struct range b)
{
    return a.first < b.first + b.count && b.first < a.first + a.count;
}

static void wrong_now(struct coord *c, uint64_t id, struct job *j, struct range wrong,
                      const char *reason)
{
    const struct standing *before = standing_wrong(c, id);
    bool again = wrong.count && before &&
                 (before->wrong_job != j->number || !overlap(before->wrong, wrong));
    if (program_is_pi(j->program) || again) {
        worker_ban(c, id, reason, true);
        return;
    }
    struct standing *s = standing_for(c, id, j->program);
    if (!s->excluded)
        exclude(c, s, j, wrong, reason);
}

void worker_wrong(struct coord *c, uint64_t id, struct job *j, struct range wrong,
                  const char *reason)
{
    if (id != c->fleet.reading) {
        wrong_now(c, id, j, wrong, reason);
        return;
    }
    struct wrong *w = VEC_PUSH(&c->fleet.wrongs);
    w->job = j;
    w->range = wrong;
    copy_text(w->reason, sizeof(w->reason), reason);
}

void worker_reads(struct coord *c, uint64_t id)
{
    assert(!c->fleet.reading && c->fleet.wrongs.n == 0);
    c->fleet.reading = id;
}

void worker_has_read(struct coord *c)
{
    uint64_t id = c->fleet.reading;
    c->fleet.reading = 0;
    for (size_t i = 0; i < c->fleet.wrongs.n; i++) {
        const struct wrong *w = &c->fleet.wrongs.items[i];
        wrong_now(c, id, w->job, w->range, w->reason);
    }
    c->fleet.wrongs.n = 0;
}

void worker_expel(struct coord *c, struct peer *p, enum refusal_code code,
                  const char *sentence, const char *hint)
{
    struct worker *w = p->worker;
    p->worker = NULL;
    peer_refuse(c, p, code, sentence, hint);
    watch_lost(c, p->conn);
    if (w)
        worker_gone(c, w, w->kicked ? EVENT_WORKER_KICKED : EVENT_WORKER_LOST,
                    sentence);
}

void worker_check(const struct coord *c)
{
    uint32_t threads = 0, delivering = 0;
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        const struct worker *w = c->fleet.workers.items[i];
        assert(w->index == i && worker_by_id(c, w->id) == w);
        threads += w->ready ? w->n_threads : 0;
        uint32_t copies = 0;
        assert(w->n_threads <= w->claimed);
        assert(w->counted == (w->conn && w->origin ? w->claimed : 0));
        /* its numbers: half empty, a map that they cannot aim at has short runs */
        assert(2 * w->resumed.n > w->resumed.capacity ||
               map_longest_run(&w->resumed) <= 64 + w->resumed.n / 8);
        for (uint32_t t = 0; t < w->n_threads; t++) {
            uint32_t n = 0;
            for (const struct grant *g = w->threads[t].head; g; g = g->next, n++)
                copies += g->copy;
            assert(n == w->threads[t].in_hand);
            delivering += w->threads[t].paces > 0;
        }
        assert(copies == w->copies);
    }
    assert(threads == c->fleet.threads && delivering == c->fleet.delivering);
}
