// SPDX-License-Identifier: MIT
#include "tests/lib/coord_rig.h"
#include "tests/lib/open_secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is true ---- */

static uint64_t truth_to(uint64_t trial)
{
    uint64_t most = (uint64_t)((unsigned __int128)trial * 51471 >> 16);
    return trial >> 16 ? most + rng_mix(trial >> 16) % 500 : most;
}

uint64_t truth(uint64_t first, uint64_t count)
{
    return truth_to(first + count) - truth_to(first);
}

/* ---- what the shell hands in ---- */

static void rig_mac(void *ctx, const void *data, size_t bytes, uint8_t ret[TOKEN_BYTES])
{
    uint64_t h[2] = {99, 7};
    const uint8_t *p = data;
    (void)ctx;
    for (size_t i = 0; i < bytes; i++)
        for (size_t k = 0; k < 2; k++)
            h[k] = rng_mix(h[k] ^ p[i]);
    memcpy(ret, h, TOKEN_BYTES);
}

/* The number in the secret: a test knows its workers' ids. */
/* ---- steps ---- */

static void rig_take_grants(struct rig *r, conn_id conn, const struct msg_grants *g)
{
    for (size_t i = 0; i < g->n; i++) {
        assert_true(r->n_held < HELD_MAX);
        struct agent_grant *h = &r->held[r->n_held++];
        *h = (struct agent_grant){.conn = conn,
                                  .grant = g->grant[i],
                                  .first = g->first[i],
                                  .count = g->count[i],
                                  .seed = g->seed,
                                  .thread = g->thread[i],
                                  .log2 = g->lease_log2[i]};
        uint32_t n = grant_leases(h->first, h->count, h->log2);
        assert_in_range(n, 1, GRANT_LEASES);
        h->computing = leases_mask(n);
        memcpy(h->job, g->job, UID_BYTES);
        memcpy(h->token, g->token + i * TOKEN_BYTES, TOKEN_BYTES);
    }
}

struct agent_grant *rig_held_id(struct rig *r, conn_id conn, uint64_t grant)
{
    for (size_t i = 0; i < r->n_held; i++)
        if (r->held[i].conn == conn && r->held[i].grant == grant)
            return &r->held[i];
    return NULL;
}

static void rig_take_message(struct rig *r, conn_id conn, const struct msg *m)
{
    struct agent_grant *h;
    if (m->type == MSG_GRANTS)
        rig_take_grants(r, conn, &m->grants);
    for (size_t i = 0; m->type == MSG_CANCEL && i < m->leases.n; i++)
        if ((h = rig_held_id(r, conn, m->leases.grant[i])))
            h->computing &= ~m->leases.leases[i];
    for (size_t i = 0; m->type == MSG_ANSWERS && i < m->answers.n; i++)
        if ((h = rig_held_id(r, conn, m->answers.grant[i])))
            h->unanswered &= ~(m->answers.counted[i] | m->answers.covered[i] |
                               m->answers.dropped[i] | m->answers.stale[i]);
}

void rig_step(struct rig *r, struct input input)
{
    input.now_ms = r->now_ms;
    input.wall_ms = r->wall_ahead_ms ? r->now_ms + r->wall_ahead_ms : 0;
    coord_step(r->coord, &input, &r->did);
    assert_true(r->did.deadline_ms > r->now_ms);
    assert_true(r->did.deadline_ms <= r->now_ms + 1000);
    coord_check(r->coord);
    for (size_t i = 0; i < r->did.n; i++) {
        const struct effect *e = &r->did.effects[i];
        if (e->type == EFFECT_SEND)
            rig_take_message(r, e->conn, &e->send.message);
        if (e->type == EFFECT_STORE) {
            assert_false(r->storing);
            r->storing = true;
            r->store_id = e->transaction.id;
            r->records = e->transaction.records;
            r->n_records = e->transaction.n;
        }
        if (e->type == EFFECT_RECOMPUTE) {
            r->recompute_id = e->recompute.id;
            r->recompute_first = e->recompute.first;
            r->recompute_count = e->recompute.count;
            assert_true(r->n_slices < SLICES_MAX);
            r->slices[r->n_slices++] =
                (struct rig_slice){e->recompute.id, e->recompute.seed,
                                   e->recompute.first, e->recompute.count};
        }
        if (e->type == EFFECT_STOPPED) {
            assert_false(r->stopped);
            r->stopped = true;
        }
    }
}

void rig_tick(struct rig *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    rig_step(r, (struct input){.type = INPUT_TICK});
}

void rig_message(struct rig *r, conn_id conn, struct msg m)
{
    rig_step(r, (struct input){.type = INPUT_MESSAGE, .conn = conn, .message = &m});
}

void rig_lost(struct rig *r, conn_id conn)
{
    r->beats[conn] = false;
    rig_step(r, (struct input){.type = INPUT_LOST, .conn = conn});
}

void rig_stop(struct rig *r, bool finish)
{
    rig_step(r, (struct input){.type = INPUT_STOP, .finish = finish});
}

void rig_durable(struct rig *r)
{
    assert_true(r->storing);
    r->storing = false;
    for (size_t i = 0; i < r->n_records; i++)
        disk_apply(&r->disk, &r->records[i]);
    struct input input = {.type = INPUT_DURABLE};
    input.transaction.id = r->store_id;
    rig_step(r, input);
}

void rig_refuse(struct rig *r, int status)
{
    assert_true(r->storing);
    r->storing = false;
    struct input input = {.type = INPUT_DURABLE};
    input.transaction.id = r->store_id;
    input.transaction.status = status;
    rig_step(r, input);
}

void rig_full(struct rig *r)
{
    rig_refuse(r, -ENOSPC);
}

void rig_settle(struct rig *r)
{
    while (r->storing)
        rig_durable(r);
}

static struct rig_slice slice_counted(struct rig *r, size_t i, uint64_t micros)
{
    struct rig_slice s = r->slices[i];
    r->n_slices--;
    for (; i < r->n_slices; i++)
        r->slices[i] = r->slices[i + 1];
    struct input input = {.type = INPUT_RECOMPUTED};
    input.recompute.id = s.id;
    input.recompute.hits = truth(s.first, s.count);
    input.recompute.micros = micros;
    rig_step(r, input);
    return s;
}

void rig_recomputed(struct rig *r)
{
    size_t i = r->n_slices;
    while (i > 0 && r->slices[i - 1].id != r->recompute_id)
        i--;
    assert_true(i-- > 0);
    r->recompute_id = 0;
    slice_counted(r, i, 0);
}

struct rig_slice rig_slice_counted(struct rig *r, uint64_t micros)
{
    assert_true(r->n_slices > 0);
    if (r->slices[0].id == r->recompute_id)
        r->recompute_id = 0;
    return slice_counted(r, 0, micros);
}

/* ---- what the last step did ---- */

const struct msg *rig_sent(const struct rig *r, conn_id conn, enum msg_type type)
{
    for (size_t i = 0; i < r->did.n; i++) {
        const struct effect *e = &r->did.effects[i];
        if (e->type == EFFECT_SEND && e->conn == conn && e->send.message.type == type)
            return &e->send.message;
    }
    return NULL;
}

const struct event *rig_note(const struct rig *r, enum event_type type)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == EFFECT_EVENT &&
            r->did.effects[i].event.type == type)
            return &r->did.effects[i].event;
    return NULL;
}

const struct effect *rig_effect(const struct rig *r, enum effect_type type)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == type)
            return &r->did.effects[i];
    return NULL;
}

bool rig_closed(const struct rig *r, conn_id conn)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == EFFECT_CLOSE && r->did.effects[i].conn == conn)
            return true;
    return false;
}

struct verdict rig_answered(const struct rig *r, conn_id conn, uint64_t grant)
{
    struct verdict v = {0};
    for (size_t i = 0; i < r->did.n; i++) {
        const struct effect *e = &r->did.effects[i];
        if (e->type != EFFECT_SEND || e->conn != conn ||
            e->send.message.type != MSG_ANSWERS)
            continue;
        const struct msg_answers *a = &e->send.message.answers;
        for (size_t k = 0; k < a->n; k++)
            if (a->grant[k] == grant) {
                v.counted |= a->counted[k];
                v.covered |= a->covered[k];
                v.dropped |= a->dropped[k];
                v.stale |= a->stale[k];
            }
    }
    return v;
}

void rig_expect_verdict(const struct rig *r, const struct agent_grant *h,
                        uint64_t counted, uint64_t covered, uint64_t dropped,
                        uint64_t stale)
{
    struct verdict v = rig_answered(r, h->conn, h->grant);
    assert_int_equal(v.counted, counted);
    assert_int_equal(v.covered, covered);
    assert_int_equal(v.dropped, dropped);
    assert_int_equal(v.stale, stale);
}

/* ---- life ---- */

struct coord_config rig_config(void)
{
    return (struct coord_config){.random = {1},
                                 .bare = true,
                                 .mac = rig_mac,
                                 .worker_id = open_worker_id,
                                 .version = "0.1.0",
                                 .lease_log2 = 16,
                                 .grant_leases = 1,
                                 .grants_in_hand = 1};
}

struct rig *rig_new(struct coord_config config)
{
    struct rig *r = mem_zero(1, sizeof(*r));
    r->config = config;
    r->now_ms = 5000;
    r->coord = coord_new(&r->config);
    rig_tick(r, r->now_ms);
    return r;
}

void rig_free(struct rig *r)
{
    coord_free(r->coord);
    disk_release(&r->disk);
    free(r);
}

void rig_restart(struct rig *r)
{
    const char *why = NULL;
    coord_free(r->coord);
    r->config.random[1]++;
    r->coord = coord_new(&r->config);
    assert_int_equal(coord_restore(r->coord, r->disk.at, r->disk.n, &why), 0);
    r->storing = r->stopped = false;
    r->n_slices = 0;
    r->recompute_id = 0;
    memset(r->beats, 0, sizeof(r->beats));
    rig_tick(r, r->now_ms);
}
