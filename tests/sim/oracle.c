// SPDX-License-Identifier: MIT
/*
 * What must be true of everything that the coordinator says, judged from outside by
 * what is on the disk, what was granted to whom, and the clock.
 */
#include "tests/sim/world.h"

#include <math.h>

#include "tests/sim/truth.h"

enum {
    FAR_MS = 60000,       /* a deadline further ahead is as good as none */
    SILENT_US = 8000000,  /* a silent worker is given up by then */
    SLACK_US = 3000000,
};

typedef unsigned long long ull;

/* ---- steps ------------------------------------------------------------------------ */

void oracle_update(struct world *w, const struct update *u)
{
    int64_t now_ms = w->host.now_ms;
    w->host.n_doubled = 0;
    if (u->deadline_ms <= now_ms || u->deadline_ms > now_ms + FAR_MS)
        world_fail(w, "a deadline of %lld ms at %lld ms", (long long)u->deadline_ms,
                   (long long)now_ms);
}

void oracle_revoke(struct world *w, const struct effect *e)
{
    if (!image_banned(&w->image, e->revoke.author, true))
        world_fail(w, "rows of %llx are revoked, but the ban is not durable",
                   (ull)e->revoke.author);
    TELL(w, "picoord  revokes %llu trials of job %llu", (ull)e->revoke.trials,
         (ull)e->revoke.job);
}

void oracle_note(struct world *w, const struct note *n)
{
    trace_note(w, n);
    w->stats.expired += n->type == NOTE_LEASE_EXPIRED;
    w->stats.speculated += n->type == NOTE_SPECULATED;
    w->stats.refusals += n->type == NOTE_PEER_REFUSED;
    struct host *h = &w->host;
    if (n->type == NOTE_SPECULATED)
        h->doubled[h->n_doubled++ % ARRAY_SIZE(h->doubled)] = n->first;
    if (n->type == NOTE_LEASE_EXPIRED) {
        struct party *p = party_named(w, n->worker);
        if (p)
            party_expires(w, p, n->trials);
    }
}

/* ---- what is heard: who reports, gives back, leaves -------------------------------- */

void oracle_heard(struct world *w, struct cable *l, const struct msg *m)
{
    struct party *p = l->party;
    if (m->type == MSG_REQUEST && m->request.job <= JOBS_MAX &&
        (m->request.verb == REQUEST_PAUSE || m->request.verb == REQUEST_RESUME))
        w->host.resuming[m->request.job] = m->request.verb == REQUEST_RESUME;
    if (!p || p->link != l)
        return;
    if (m->type == MSG_RESULTS) {
        party_reports(p, &m->results);
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

/* ---- answers ---------------------------------------------------------------------- */

static void check_promise(struct world *w, const struct seen_grant *g, uint64_t leases)
{
    for (uint64_t bits = leases; bits; bits &= bits - 1) {
        struct range r = grant_lease(g->first, g->count, g->log2,
                                     (uint32_t)__builtin_ctzll(bits));
        if (!image_covers(&w->image.jobs[g->job], r.first, r.count))
            world_fail(w, "[%llu, +%llu) of job %u is answered and not on the disk",
                       (ull)r.first, (ull)r.count, g->job);
    }
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
        if (!g && good)
            world_fail(w, "a good answer for a grant that was never made");
        if (!g)
            continue;
        if (good & ~leases_mask(grant_leases(g->first, g->count, g->log2)))
            world_fail(w, "a good answer for a lease that is not in its grant");
        check_promise(w, g, good);
    }
}

/* ---- grants ----------------------------------------------------------------------- */

/* Whether a transaction under way removes rows for good: they are free already. */
static bool removing(const struct world *w, uint32_t number)
{
    for (size_t i = 0; i < w->host.n_flight; i++)
        for (size_t k = 0; k < w->host.flight[i].n; k++) {
            const struct record *r = &w->host.flight[i].records[k];
            if (r->type == RECORD_BAN)
                return true;
            if (r->type == RECORD_JOB && r->job == number &&
                r->job_.trials != w->image.jobs[number].record.trials)
                return true; /* the new end may cut a row */
        }
    return false;
}

/* The job as it will be: what is being written may be acted on, if not answered. */
static struct job_record job_soon(const struct world *w, uint32_t number)
{
    struct job_record r = w->image.jobs[number].record;
    for (size_t i = 0; i < w->host.n_flight; i++)
        for (size_t k = 0; k < w->host.flight[i].n; k++) {
            const struct record *x = &w->host.flight[i].records[k];
            if (x->type == RECORD_JOB && x->job == number)
                r = x->job_;
        }
    return r;
}

static void check_grant(struct world *w, struct cable *l, const struct seen_grant *g)
{
    const struct image_job *j = &w->image.jobs[g->job];
    uint64_t end = g->first + g->count;
    uint32_t n = grant_leases(g->first, g->count, g->log2);
    if (n < 1 || n > GRANT_LEASES || g->thread >= PLAN_THREADS)
        world_fail(w, "a grant of %u leases to thread %u", n, g->thread);
    struct job_record soon = job_soon(w, g->job);
    if (soon.state >= JOB_DONE ||
        (soon.state == JOB_PAUSED && !w->host.resuming[g->job]))
        world_fail(w, "job %u is leased in state %d", g->job, (int)soon.state);
    if (soon.trials > 0 && end > soon.trials)
        world_fail(w, "a grant up to %llu of job %u, which has %llu trials", (ull)end,
                   g->job, (ull)soon.trials);
    for (uint32_t i = 0; i < n; i++) {
        struct range r = grant_lease(g->first, g->count, g->log2, i);
        if (checkpoint_from(r.first + 1) < r.first + r.count)
            world_fail(w, "a lease of [%llu, +%llu) steps over a checkpoint",
                       (ull)r.first, (ull)r.count);
        if (image_covers(j, r.first, r.count) && !removing(w, g->job))
            world_fail(w, "[%llu, +%llu) of job %u is leased and counted already",
                       (ull)r.first, (ull)r.count, g->job);
    }
    if (l->party->banned || l->party->drained)
        world_fail(w, "%s is %s and gets work", l->party->name,
                   l->party->banned ? "banned" : "leaving");
    if (w->host.stopping)
        world_fail(w, "work is granted after the stop");
}

static void check_grants(struct world *w, struct cable *l, const struct msg_grants *m)
{
    uint32_t number = image_job_of(&w->image, m->job);
    if (!number || !l->party)
        world_fail(w, "a grant of a job that is not on the disk");
    if (m->seed != w->image.jobs[number].record.seed)
        world_fail(w, "a grant with a wrong seed");
    for (size_t i = 0; i < m->n; i++) {
        struct seen_grant g = {.grant = m->grant[i],
                               .first = m->first[i],
                               .count = m->count[i],
                               .seed = m->seed,
                               .job = number,
                               .thread = m->thread[i],
                               .log2 = m->lease_log2[i]};
        check_grant(w, l, &g);
        for (size_t k = 0; k < w->host.n_doubled && k < ARRAY_SIZE(w->host.doubled); k++)
            g.doubled |= w->host.doubled[k] == g.first;
        g.open = leases_mask(grant_leases(g.first, g.count, g.log2));
        memcpy(g.uid, m->job, UID_BYTES);
        memcpy(g.token, m->token + i * TOKEN_BYTES, TOKEN_BYTES);
        party_add_grant(w, l->party, g);
    }
}

/* ---- what is shown ---------------------------------------------------------------- */

static void check_view(struct world *w, const struct job_view *v)
{
    w->stats.shown++;
    if (v->number == 0 || v->number > JOBS_MAX ||
        !w->image.jobs[v->number].reported_there)
        world_fail(w, "job %llu is shown and not on the disk", (ull)v->number);
    const struct image_job *j = &w->image.jobs[v->number];
    const struct shown *s = &j->reported;
    if (v->done != s->done || v->hits != s->hits ||
        v->verified_done != s->verified_done || v->verified_hits != s->verified_hits)
        world_fail(w, "job %llu is shown with %llu/%llu, the last commit has %llu/%llu",
                   (ull)v->number, (ull)v->hits, (ull)v->done, (ull)s->hits,
                   (ull)s->done);
    if (v->done > 0 && fabs(v->pi - 4.0 * (double)v->hits / (double)v->done) > 1e-9)
        world_fail(w, "pi is shown as %f", v->pi);
    if (v->surplus != s->surplus || v->seed != j->record.seed)
        world_fail(w, "job %llu is shown with a surplus of %llu, the disk has %llu",
                   (ull)v->number, (ull)v->surplus, (ull)s->surplus);
    if (v->state == JOB_DONE && j->reported_state != JOB_DONE)
        world_fail(w, "job %llu is shown as done and is not", (ull)v->number);
}

static void check_ledger(struct world *w, const struct msg_reply *r)
{
    const struct ledger_view *v = &r->ledger;
    struct host *h = &w->host;
    if (v->job) {
        check_view(w, v->job);
        /* While the end is not known, all cells are shown, and the prefix is done. */
        const struct shown *s = &w->image.jobs[v->job->number].reported;
        h->ledger_job = v->job->number;
        h->ledger_done = v->job->trials ? s->done : s->rows_done;
        h->ledger_hits = v->job->trials ? s->hits : s->rows_hits;
    }
    for (size_t i = 0; i < v->n_cells; i++) {
        h->ledger_done -= v->done[i];
        h->ledger_hits -= v->hits[i];
    }
    if (r->last && (h->ledger_done || h->ledger_hits))
        world_fail(w, "the cells of job %llu do not add up to the job",
                   (ull)h->ledger_job);
}

static void check_history(struct world *w, const struct msg_reply *r)
{
    for (size_t i = 0; i < r->history.n; i++) {
        const struct answer_view *v = &r->history.answers[i];
        bool found = false;
        for (size_t k = 0; v->job <= JOBS_MAX && k < w->image.jobs[v->job].n_answers; k++)
            found |= w->image.jobs[v->job].answers[k].trials == v->trials &&
                     w->image.jobs[v->job].answers[k].hits == v->hits;
        if (!found)
            world_fail(w, "an answer in the history was never given");
    }
}

static void check_reply(struct world *w, const struct msg_reply *r)
{
    switch (r->body) {
    case REPLY_JOB:
        check_view(w, &r->job);
        break;
    case REPLY_JOBS:
        for (size_t i = 0; i < r->jobs.n; i++)
            check_view(w, &r->jobs.jobs[i]);
        break;
    case REPLY_STATUS:
        if (r->status.job)
            check_view(w, r->status.job);
        break;
    case REPLY_LEDGER:
        check_ledger(w, r);
        break;
    case REPLY_HISTORY:
        check_history(w, r);
        break;
    case REPLY_ERROR:
    case REPLY_DONE:
    case REPLY_WORKERS:
        break;
    }
}

void oracle_send(struct world *w, struct cable *l, const struct msg *m)
{
    if (m->type == MSG_REPLY) {
        check_reply(w, &m->reply);
        return;
    }
    if (!l)
        world_fail(w, "the coordinator sends itself a message of type %d", (int)m->type);
    if (m->type == MSG_ANSWERS) {
        check_answers(w, l, &m->answers);
    } else if (m->type == MSG_GRANTS) {
        check_grants(w, l, &m->grants);
    } else if (m->type == MSG_CANCEL && l->party) {
        for (size_t i = 0; i < m->leases.n; i++)
            party_loses(l->party, m->leases.grant[i], m->leases.leases[i]);
    } else if (m->type == MSG_WELCOME && l->party) {
        if (image_banned(&w->image, l->party->id, false))
            world_fail(w, "%s is banned and welcome", l->party->name);
        party_loses_all(l->party);
        memset(l->party->rate, 0, sizeof(l->party->rate));
        l->party->link = l;
        l->party->drained = false;
    } else if (m->type == MSG_DRAIN && l->party) {
        l->party->drained = true;
    }
}

/* ---- now and then ----------------------------------------------------------------- */

/* Nobody holds a lease for much longer than was to be expected. */
static void check_leases(struct world *w, const struct party *p)
{
    for (size_t i = 0; i < p->n_grants; i++) {
        const struct seen_grant *g = &p->grants[i];
        if (g->open && w->now_us > party_due_us(w, g) + SLACK_US)
            world_fail(w, "%s holds a lease of [%llu, +%llu) of job %u after %lld s",
                       p->name, (ull)g->first, (ull)g->count, g->job,
                       (long long)((w->now_us - g->made_us) / SECOND_US));
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

/* The coordinator says that all is committed, answered and sent. */
void oracle_stopped(struct world *w)
{
    if (!w->host.stopping)
        world_fail(w, "the coordinator stops and was not asked to");
    if (w->host.n_flight > 0)
        world_fail(w, "the coordinator stops while a transaction is under way");
}

/* ---- the end ---------------------------------------------------------------------- */

void oracle_end(struct world *w)
{
    for (size_t i = 1; i <= JOBS_MAX; i++) {
        const struct image_job *j = &w->image.jobs[i];
        if (!j->there)
            continue;
        if (j->record.state != JOB_DONE || w->lied)
            continue;
        const struct answer_record *a = &j->answers[j->n_answers - 1];
        uint64_t truth = truth_hits(j->record.seed, 0, a->trials);
        if (a->hits != truth)
            world_fail(w, "job %zu ends with %llu hits, the truth is %llu", i,
                       (ull)a->hits, (ull)truth);
    }
}
