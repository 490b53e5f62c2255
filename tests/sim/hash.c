// SPDX-License-Identifier: MIT
/*
 * The hash of a world: all inputs of its cores, and all their effects and records.
 * Cores with equal hashes behave alike.
 */
#include "tests/sim/world.h"

/* Adds values to the hash, word by word. */
#define HASH(w, ...)                                                                   \
    world_hash_bytes((w), (const uint64_t[]){__VA_ARGS__},                             \
                     sizeof((const uint64_t[]){__VA_ARGS__}))

void world_hash_bytes(struct world *w, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        world_hash(w, word);
    }
    uint64_t rest = n;
    for (; n > 0; n--)
        rest = rest << 8 | *p++;
    world_hash(w, rest);
}

static void hash_text(struct world *w, const char *text)
{
    world_hash_bytes(w, text ? text : "", text ? strlen(text) : 0);
}

void world_hash_message(struct world *w, const struct msg *m)
{
    size_t n =
        wire_encode(m, &w->scratch, w->frame, FRAME_HEADER_BYTES + FRAME_BODY_MAX);
    world_hash_bytes(w, w->frame, n);
}

/* ---- records ---- */

static void hash_job(struct world *w, const struct job_record *j)
{
    uint64_t until;
    memcpy(&until, &j->until_stderr, sizeof(until));
    world_hash_bytes(w, j->uid, sizeof(j->uid));
    world_hash_bytes(w, j->request, sizeof(j->request));
    hash_text(w, j->name);
    HASH(w, j->state, j->rule, j->audit, j->seed, j->trials, until, j->weight,
         j->frontier, j->computed_again, j->exclusions, (uint64_t)j->for_ms,
         (uint64_t)j->elapsed_ms);
}

static void hash_record(struct world *w, const struct record *r)
{
    HASH(w, r->type, r->job);
    switch (r->type) {
    case RECORD_JOB:
        hash_job(w, &r->job_);
        break;
    case RECORD_PROGRAM:
        HASH(w, r->program.score, r->program.test_known, r->program.test);
        hash_text(w, r->program.name);
        hash_text(w, r->program.arg);
        break;
    case RECORD_CLEAR:
        HASH(w, r->clear.first, r->clear.end);
        break;
    case RECORD_ROW:
        HASH(w, r->row.first, r->row.count, r->row.hits, r->row.author, r->row.doubtful,
             r->row.verified);
        break;
    case RECORD_SHARE:
        HASH(w, r->share.worker, r->share.trials, r->share.hits);
        hash_text(w, r->share.name);
        break;
    case RECORD_BAN:
        HASH(w, r->ban.worker, r->ban.revoke);
        hash_text(w, r->ban.reason);
        break;
    case RECORD_ANSWER:
        HASH(w, r->answer.trials, r->answer.hits, (uint64_t)r->answer.elapsed_ms);
        break;
    case RECORD_STANDING:
        HASH(w, r->standing.worker, r->standing.valid, r->standing.passed,
             r->standing.trusted);
        if (*r->standing.program) {
            HASH(w, r->standing.job, r->standing.first, r->standing.count);
            hash_text(w, r->standing.program);
            hash_text(w, r->standing.excluded);
        }
        break;
    case RECORD_AUDIT:
        HASH(w, r->audit.id, r->audit.worker, r->audit.first, r->audit.count,
             r->audit.hits, r->audit.results, r->audit.whole);
        break;
    case RECORD_AUDITED:
        world_hash(w, r->audited);
        break;
    case RECORD_RM:
        break;
    case RECORD_PARDON:
        world_hash(w, r->pardoned);
        break;
    }
}

/* ---- effects ---- */

static void hash_event(struct world *w, const struct event *n)
{
    world_hash(w, n->type);
    switch (n->type) {
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
        HASH(w, n->arrival.threads, n->arrival.ranges);
        hash_text(w, n->arrival.worker);
        hash_text(w, n->arrival.address);
        break;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
    case EVENT_WORKER_KICKED:
    case EVENT_WORKER_BANNED:
        HASH(w, n->departure.trials, n->departure.ranges);
        hash_text(w, n->departure.worker);
        hash_text(w, n->departure.reason);
        break;
    case EVENT_WORKER_EXCLUDED:
        hash_text(w, n->excluded.worker);
        hash_text(w, n->excluded.program);
        hash_text(w, n->excluded.reason);
        break;
    case EVENT_WORKER_PARDONED:
    case EVENT_WORKER_TRUSTED:
    case EVENT_WORKER_UNTRUSTED:
        world_hash(w, n->named.id);
        hash_text(w, n->named.worker);
        break;
    case EVENT_PEER_REFUSED:
        hash_text(w, n->refused.address);
        hash_text(w, n->refused.reason);
        break;
    case EVENT_LEASE_EXPIRED:
        HASH(w, n->expired.trials, n->expired.ranges, n->expired.thread);
        hash_text(w, n->expired.worker);
        break;
    case EVENT_LEASED_AGAIN:
    case EVENT_SPECULATED:
        HASH(w, n->lease.job, n->lease.first, n->lease.trials);
        hash_text(w, n->lease.worker);
        break;
    case EVENT_JOB_SUBMITTED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_EXTENDED:
    case EVENT_JOB_DONE:
    case EVENT_JOB_CANCELLED:
    case EVENT_JOB_FAILED:
    case EVENT_JOB_REMOVED:
        HASH(w, n->job.number, n->job.done);
        hash_text(w, n->job.name);
        break;
    case EVENT_DOUBT:
        HASH(w, n->doubt.number, n->doubt.trials);
        hash_text(w, n->doubt.name);
        break;
    case EVENT_STORE_FULL:
        hash_text(w, n->store.reason);
        break;
    case EVENT_STORE_RECOVERED:
        break;
    case EVENT_TOKEN_ROTATED:
        HASH(w, n->rotation.role, n->rotation.connections);
        break;
    case EVENT_CLOCK_LATE:
        world_hash(w, (uint64_t)n->late_ms);
        break;
    }
}

void world_hash_effect(struct world *w, const struct effect *e)
{
    HASH(w, e->type, e->conn);
    switch (e->type) {
    case EFFECT_SEND: /* the message is hashed when it is sent or left out */
        world_hash(w, e->send.droppable);
        break;
    case EFFECT_STORE:
        HASH(w, e->transaction.id, e->transaction.n);
        for (size_t i = 0; i < e->transaction.n; i++)
            hash_record(w, &e->transaction.records[i]);
        break;
    case EFFECT_RECOMPUTE:
        HASH(w, e->recompute.id, e->recompute.seed, e->recompute.first,
             e->recompute.count);
        break;
    case EFFECT_REVOKE:
        HASH(w, e->revoke.job, e->revoke.author, e->revoke.trials, e->revoke.hits);
        break;
    case EFFECT_TOKEN:
        HASH(w, e->token.request, e->token.rotate, e->token.role);
        break;
    case EFFECT_BACKUP:
        world_hash(w, e->request);
        break;
    case EFFECT_EVENTS:
        HASH(w, e->events.request, e->events.follow);
        break;
    case EFFECT_EVENT:
        hash_event(w, &e->event);
        break;
    case EFFECT_CLOSE:
    case EFFECT_STOPPED:
        break;
    }
}

void world_hash_agent(struct world *w, uint32_t worker, const struct agent_effect *e)
{
    HASH(w, e->type, worker);
    switch (e->type) {
    case AGENT_ASSIGN:
        HASH(w, e->assign.grant, e->assign.seed, e->assign.first, e->assign.count,
             e->assign.leases, e->assign.thread, e->assign.lease_log2);
        break;
    case AGENT_UNASSIGN:
        HASH(w, e->assign.grant, e->assign.leases, e->assign.thread);
        break;
    case AGENT_EVENT:
        HASH(w, e->event.type, (uint64_t)e->event.ms);
        hash_text(w, e->event.text);
        break;
    case AGENT_TEST:
        world_hash(w, e->test.program);
        break;
    case AGENT_EXIT:
        world_hash(w, (uint64_t)e->exit.status);
        hash_text(w, e->exit.text);
        hash_text(w, e->exit.hint);
        break;
    case AGENT_CONNECT:
    case AGENT_SEND: /* its bytes are hashed when they are sent */
    case AGENT_CLOSE:
    case AGENT_DIE:
        break;
    }
}
