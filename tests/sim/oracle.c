// SPDX-License-Identifier: MIT
/*
 * Checks all that the coordinator sends, from outside: against the disk, the grants
 * that were sent, and the clock.
 */
#include "tests/sim/world.h"

#include <stdio.h>

#include "tests/sim/truth.h"

enum {
    FAR_MS = 60000,      /* a later deadline is as good as none */
    SILENT_US = 8000000, /* a silent worker must be dropped by then */
    SLACK_US = 3000000,
    NAME_US = 300000000, /* so long a worker that is away keeps its name */
    TICKS_US = 100000,   /* tolerance for its clock */
};

typedef unsigned long long ull;

/* ---- steps ---- */

void oracle_update(struct world *w, const struct update *u)
{
    int64_t now_ms = w->host.now_ms;
    w->host.n_repeats = 0;
    if (u->deadline_ms <= now_ms || u->deadline_ms > now_ms + FAR_MS)
        world_fail(w, "a deadline of %lld ms at %lld ms", (long long)u->deadline_ms,
                   (long long)now_ms);
}

void oracle_revoke(struct world *w, const struct effect *e)
{
    if (e->revoke.author &&
        !image_barred(&w->image, &w->image.jobs[e->revoke.job], e->revoke.author) &&
        !image_pardoned(&w->image, e->revoke.author))
        world_fail(w, "rows of %llx are revoked, but the ban is not durable",
                   (ull)e->revoke.author);
    TELL(w, "picoord  revokes %llu trials of job %llu", (ull)e->revoke.trials,
         (ull)e->revoke.job);
}

void oracle_note(struct world *w, const struct event *n)
{
    trace_note(w, n);
    w->stats.expired += n->type == EVENT_LEASE_EXPIRED;
    w->stats.speculated += n->type == EVENT_SPECULATED;
    w->stats.refusals += n->type == EVENT_PEER_REFUSED;
    struct host *h = &w->host;
    if (n->type == EVENT_WORKER_TRUSTED && party_by_id(w, n->named.id))
        party_by_id(w, n->named.id)->named = true;
    if (n->type == EVENT_SPECULATED || n->type == EVENT_LEASED_AGAIN)
        h->repeats[h->n_repeats++ % REPEATS] =
            (struct repeat){n->lease.first << image_unit(&w->image.jobs[n->lease.job]),
                            n->type == EVENT_LEASED_AGAIN};
    if (n->type == EVENT_WORKER_EXCLUDED && party_named(w, n->excluded.worker))
        party_named(w, n->excluded.worker)->excluded |=
            1u << plan_program(n->excluded.program);
    if (n->type == EVENT_LEASE_EXPIRED) {
        struct party *p = party_named(w, n->expired.worker);
        if (p)
            party_expires(p, n->expired.thread);
    }
}

/* ---- what workers report, give back, and Bye ---- */

static void heard_request(struct world *w, const struct msg_request *r)
{
    uint64_t id;
    oracle_clocks(w);
    if (r->verb == REQUEST_PAUSE || r->verb == REQUEST_RESUME)
        w->host.resuming[r->job] = r->verb == REQUEST_RESUME;
    else if (r->verb == REQUEST_PARDON && worker_id_of(r->worker, &id) &&
             party_by_id(w, id))
        party_by_id(w, id)->excused = true;
    else if (r->verb == REQUEST_CANCEL)
        w->host.cancelling[r->job] = true;
    oracle_clocks(w);
}

static void heard_offers(struct cable *l, const struct msg_hello *m)
{
    l->offers = l->other = 0;
    for (size_t i = 0; i < m->n_offers; i++)
        for (uint32_t k = 0; k < PLAN_PROGRAMS; k++)
            if (!strcmp(m->offer[i], plan_names[k])) {
                l->offers |= 1u << k;
                l->other |= (uint32_t)(m->offer_test[i] != PLAN_TEST) << k;
            }
}

void oracle_heard(struct world *w, struct cable *l, const struct msg *m)
{
    struct party *p = l->party;
    if (m->type == MSG_HELLO) {
        token_heard(w, l, &m->hello);
        heard_offers(l, &m->hello);
    }
    if (m->type == MSG_REQUEST && m->request.job <= JOBS_MAX)
        heard_request(w, &m->request);
    if (!p || p->link != l)
        return;
    p->there_us = w->now_us;
    if (l->kind == PEER_WORKER && m->type != MSG_RESUME && m->type != MSG_RESULTS &&
        party_owes(p))
        world_fail(w, "%s resumes and does not send what it has computed", p->name);
    if (m->type == MSG_RESULTS) {
        recount_reported(w, p, &m->results);
        party_reports(w, p, &m->results);
    } else if (m->type == MSG_GIVE_BACK) {
        p->drained = true;
        for (size_t i = 0; i < m->leases.n; i++)
            party_loses(p, m->leases.grant[i], m->leases.leases[i]);
    } else if (m->type == MSG_BYE) {
        party_loses_all(p);
    } else if (m->type == MSG_RESUME) {
        party_resumes(w, p, &m->resume);
    }
}

/* ---- answers ---- */

/* Whether the lease of another grant that the party's double had by that number is on
 * the disk: what is answered to the worker's name is read by both. */
static bool doubles(const struct world *w, const struct party *p,
                    const struct seen_grant *g, uint32_t lease)
{
    for (size_t i = 0; p->doubled && i < p->n_grants; i++) {
        const struct seen_grant *x = &p->grants[i];
        if (x == g || x->grant != g->grant ||
            lease >= grant_leases(x->first, x->count, x->log2))
            continue;
        struct range r = grant_lease(x->first, x->count, x->log2, lease);
        if (image_covers(&w->image.jobs[x->job], r.first, r.count))
            return true;
    }
    return false;
}

static void check_promise(struct world *w, const struct party *p,
                          const struct seen_grant *g, uint64_t leases)
{
    for (uint64_t bits = leases; bits; bits &= bits - 1) {
        uint32_t lease = (uint32_t)__builtin_ctzll(bits);
        struct range r = grant_lease(g->first, g->count, g->log2, lease);
        if (!image_covers(&w->image.jobs[g->job], r.first, r.count) &&
            !doubles(w, p, g, lease))
            world_fail(w, "[%llu, +%llu) of job %u is answered and not on the disk",
                       (ull)r.first, (ull)r.count, g->job);
    }
}

/* A result that the coordinator still expected is not stale, unless its job has
 * ended. */
static void check_stale(struct world *w, const struct cable *l,
                        const struct seen_grant *g)
{
    bool ended =
        oracle_job_soon(w, g->job).state >= JOB_DONE || w->host.cancelling[g->job];
    bool sure = l->kind == PEER_WORKER && l->party->honest && !l->party->banned &&
                w->workers[l->peer]->plan->twice_ppm == 0 && !l->party->doubled;
    if (sure && !ended)
        world_fail(w, "a result of %s for [%llu, +%llu) of job %u is called stale",
                   l->party->name, (ull)g->first, (ull)g->count, g->job);
}

static void check_answers(struct world *w, struct cable *l, const struct msg_answers *a)
{
    for (size_t i = 0; i < a->n; i++) {
        uint64_t good = a->counted[i] | a->covered[i];
        struct seen_grant *g = l->party ? party_grant(l->party, a->grant[i]) : NULL;
        w->stats.counted += (uint64_t)__builtin_popcountll(a->counted[i]);
        w->stats.covered += (uint64_t)__builtin_popcountll(a->covered[i]);
        w->stats.dropped += (uint64_t)__builtin_popcountll(a->dropped[i]);
        w->stats.stale += (uint64_t)__builtin_popcountll(a->stale[i]);
        if ((a->counted[i] & a->covered[i]) | (good & a->dropped[i]) |
            (good & a->stale[i]) | (a->dropped[i] & a->stale[i]))
            world_fail(w, "a lease gets two answers at once");
        if (a->stale[i] && g && a->stale[i] & g->expected)
            check_stale(w, l, g);
        if (!g && good)
            world_fail(w, "a good answer for a grant that was never made");
        if (!g)
            continue;
        uint64_t own = leases_mask(grant_leases(g->first, g->count, g->log2));
        if (good & ~own && !l->party->doubled)
            world_fail(w, "a good answer for a lease that is not in its grant");
        check_promise(w, l->party, g, good & own);
    }
}

/* A worker that keeps to the protocol must not be told otherwise. */
void oracle_refusal(struct world *w, const struct cable *l, const struct msg_refusal *m)
{
    if (m->code == REFUSAL_TOKEN)
        token_refusal(w, l);
    if (l->kind != PEER_ROGUE &&
        (m->code == REFUSAL_MALFORMED || m->code == REFUSAL_ROLE ||
         m->code == REFUSAL_PROTOCOL))
        world_fail(w, "%s is refused: %s", l->party ? l->party->name : "an operator",
                   m->sentence);
}

/* Whether the coordinator must still know it by its name. */
static bool is_known(const struct world *w, const struct party *p)
{
    return *p->known_as && p->life == w->host.life &&
           w->now_us < p->there_us + NAME_US - SLACK_US;
}

/* A name leads operators to one worker: it reads like no id, and stays with its own. */
static void check_name(struct world *w, struct party *p, const char *name)
{
    uint64_t id;
    if (worker_id_of(name, &id))
        world_fail(w, "%s is welcome as %s, which reads like an id", p->name, name);
    if (is_known(w, p) && strcmp(p->known_as, name) != 0)
        world_fail(w, "%s was %s and is %s", p->name, p->known_as, name);
    for (size_t i = 0; i < w->n_parties; i++) {
        const struct party *other = w->parties[i];
        if (other->id != p->id && is_known(w, other) && !strcmp(other->known_as, name))
            world_fail(w, "%s takes the name of %s, %s", p->name, other->name, name);
    }
    snprintf(p->known_as, sizeof(p->known_as), "%s", name);
    p->there_us = w->now_us;
    p->life = w->host.life;
}

/* ---- all messages that it sends ---- */

void oracle_send(struct world *w, struct cable *l, const struct msg *m)
{
    if (m->type == MSG_REPLY) {
        oracle_reply(w, l, &m->reply);
        return;
    }
    if (!l)
        world_fail(w, "the coordinator sends itself a message of type %d",
                   (int)m->type);
    if (m->type == MSG_WELCOME) {
        token_welcome(w, l);
        oracle_slots_change(w);
    }
    if (m->type == MSG_ANSWERS) {
        check_answers(w, l, &m->answers);
    } else if (m->type == MSG_GRANTS) {
        oracle_grants(w, l, &m->grants);
    } else if (m->type == MSG_CANCEL && l->party) {
        for (size_t i = 0; i < m->leases.n; i++)
            party_loses(l->party, m->leases.grant[i], m->leases.leases[i]);
    } else if (m->type == MSG_WELCOME && l->party) {
        check_name(w, l->party, m->welcome.name);
        if (image_banned(&w->image, l->party->id, false) && !l->party->excused)
            world_fail(w, "%s is banned and welcome", l->party->name);
        party_loses_all(l->party);
        memset(l->party->slowest, 0, sizeof(l->party->slowest));
        memset(l->party->seen_us, 0, sizeof(l->party->seen_us));
        l->party->link = l;
        l->party->drained = false;
    } else if (m->type == MSG_DRAIN && l->party) {
        l->party->drained = true;
    } else if (m->type == MSG_REFUSAL) {
        oracle_refusal(w, l, &m->refusal);
    }
}

/* ---- periodic checks ---- */

/* No worker may hold a lease much longer than predicted. */
static void check_leases(struct world *w, const struct party *p)
{
    for (size_t i = 0; i < p->n_grants && !w->plan.programs; i++) {
        const struct seen_grant *g = &p->grants[i];
        if (g->open && w->now_us > party_due_us(w, p, g) + SLACK_US)
            world_fail(
                w,
                "%s holds a lease of [%llu, +%llu) of job %u after %lld s: it had %llu "
                "trials to do before, at %llu a second",
                p->name, (ull)g->first, (ull)g->count, g->job,
                (long long)((w->now_us - g->made_us) / SECOND_US), (ull)g->ahead,
                (ull)g->rate);
    }
}

static void check_silence(struct world *w, const struct cable *l)
{
    int64_t since = l->heard_us > w->host.thawed_us ? l->heard_us : w->host.thawed_us;
    if (l->party && l->welcomed && w->now_us - since > SILENT_US)
        world_fail(w, "%s is silent for %lld ms and still connected", l->party->name,
                   (long long)((w->now_us - since) / 1000));
}

void oracle_look(struct world *w)
{
    if (!w->host.up || w->host.frozen)
        return;
    while (w->first_open < w->n_links && !w->links[w->first_open]->open[SIDE_HOST] &&
           !w->links[w->first_open]->open[SIDE_PEER] &&
           !w->links[w->first_open]->closing)
        w->first_open++;
    for (size_t i = w->first_open; i < w->n_links; i++) {
        struct cable *l = w->links[i];
        if (!l->open[SIDE_HOST] || !l->announced)
            continue;
        check_silence(w, l);
        if (l->party && l->party->link == l)
            check_leases(w, l->party);
    }
    if (chance_percent(&w->rng, 10))
        coord_check(w->host.coord);
}

/* The coordinator has reported that all is committed, answered and sent. */
void oracle_stopped(struct world *w)
{
    if (!w->host.stopping)
        world_fail(w, "the coordinator stops and was not asked to");
    if (w->host.n_flight > 0)
        world_fail(w, "the coordinator stops while a transaction is under way");
}

/* ---- running time ---- */

/* Called whenever a job may become or cease to be idle: paused, or without a
 * coordinator. */
void oracle_clocks(struct world *w)
{
    for (uint32_t i = 1; i <= JOBS_MAX; i++) {
        struct image_job *j = &w->image.jobs[i];
        if (!j->reported_there)
            continue;
        if (j->looked_us == 0)
            j->from_us = j->looked_us = w->now_us;
        if (j->idle)
            j->idle_us += w->now_us - j->looked_us;
        j->looked_us = w->now_us;
        j->idle =
            !w->host.up || (j->reported_state == JOB_PAUSED && !w->host.resuming[i]);
    }
}

/* A running time must not end early, and idle time does not count. */
void oracle_answer(struct world *w, uint64_t number, const struct answer_record *a)
{
    struct image_job *j = &w->image.jobs[number];
    oracle_clocks(w);
    int64_t most_us = w->now_us - j->from_us - j->idle_us + TICKS_US;
    if (j->n_answers > 1)
        return;
    if (a->elapsed_ms * 1000 > most_us)
        world_fail(w, "job %llu has run for %lld ms, at most %lld are possible",
                   (ull)number, (long long)a->elapsed_ms, (long long)(most_us / 1000));
    if (j->record.rule == STOP_TIME && a->elapsed_ms < j->record.for_ms)
        world_fail(w, "job %llu has run for %lld ms of %lld", (ull)number,
                   (long long)a->elapsed_ms, (long long)j->record.for_ms);
}

/* ---- the end ---- */

void oracle_end(struct world *w)
{
    for (size_t i = 1; i <= JOBS_MAX; i++) {
        const struct image_job *j = &w->image.jobs[i];
        if (!j->there)
            continue;
        /* if all is recomputed, wrong results have no effect */
        bool exact = !w->lied || (j->record.audit == AUDIT_ALL && !w->trusting);
        if (j->record.state != JOB_DONE || !exact)
            continue;
        const struct answer_record *a = &j->answers[j->n_answers - 1];
        uint64_t truth = truth_of(&j->program, j->record.seed, 0, a->trials);
        if (a->hits != truth)
            world_fail(w, "job %zu ends with %llu hits, the truth is %llu", i,
                       (ull)a->hits, (ull)truth);
    }
}
