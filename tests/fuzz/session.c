// SPDX-License-Identifier: MIT
/*
 * A whole run against the core: each step is one byte that says who and what, and
 * where it is a frame two of length and the body, as any peer might send it.  Bodies
 * go through the wire, as in life; the store and the recomputing answer at once, or
 * later, or say that there is no room.  After each run the state is checked.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/rng.h"
#include "common/wire/wire.h"
#include "server/core/coord.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNS = 4, ASKED_MAX = 64, STEPS_MAX = 400 };

struct session {
    struct coord *coord;
    int64_t now_ms;
    bool open[CONNS];
    conn_id conn[CONNS], next;
    bool storing;
    uint64_t store_id;
    uint64_t asked[ASKED_MAX];
    size_t n_asked;
    struct msg_grants grants; /* the last that were made */
    uint64_t grant, first, count;
    uint32_t log2;
};

static void mac(void *ctx, const void *data, size_t bytes, uint8_t ret[TOKEN_BYTES])
{
    (void)ctx;
    (void)data;
    memset(ret, (int)bytes, TOKEN_BYTES);
}

static uint64_t worker_id(void *ctx, const uint8_t secret[UID_BYTES])
{
    (void)ctx;
    return secret[0] + 1;
}

static void take_effect(struct session *s, const struct effect *e)
{
    if (e->type == EFFECT_STORE) {
        assert(!s->storing);
        s->storing = true;
        s->store_id = e->transaction.id;
    } else if (e->type == EFFECT_RECOMPUTE) {
        assert(s->n_asked < ASKED_MAX);
        s->asked[s->n_asked++] = e->recompute.id;
    } else if (e->type == EFFECT_SEND && e->send.message.type == MSG_GRANTS) {
        s->grant = e->send.message.grants.grant[0];
        s->first = e->send.message.grants.first[0];
        s->count = e->send.message.grants.count[0];
        s->log2 = e->send.message.grants.lease_log2[0];
    }
}

static void step(struct session *s, struct input in)
{
    struct update u;
    in.now_ms = s->now_ms;
    coord_step(s->coord, &in, &u);
    assert(u.deadline_ms > s->now_ms);
    for (size_t i = 0; i < u.n; i++)
        take_effect(s, &u.effects[i]);
    for (size_t i = 0; i < u.n; i++) {
        const struct effect *e = &u.effects[i];
        for (int k = 0; e->type == EFFECT_CLOSE && k < CONNS; k++)
            s->open[k] &= s->conn[k] != e->conn;
    }
}

static void connect_one(struct session *s, size_t k)
{
    if (s->open[k])
        return;
    s->open[k] = true;
    s->conn[k] = ++s->next;
    step(s, (struct input){
                .type = INPUT_CONNECTED, .conn = s->conn[k], .address = "10.0.0.1:1"});
}

static void say(struct session *s, size_t k, const struct msg *m)
{
    if (s->open[k])
        step(s,
             (struct input){.type = INPUT_MESSAGE, .conn = s->conn[k], .message = m});
}

/* What an honest peer begins with, so that chance need not find it. */
static void greet(struct session *s, size_t k, bool worker)
{
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = 1,
                              .protocol_max = 1,
                              .program = "f",
                              .version = "1",
                              .role = worker ? ROLE_WORKER : ROLE_OPERATOR,
                              .name = "f",
                              .secret = {(uint8_t)k},
                              .threads = 1,
                              .kernel = ""}};
    struct msg resume = {.type = MSG_RESUME, .resume = {.last = true}};
    connect_one(s, k);
    say(s, k, &m);
    if (worker)
        say(s, k, &resume);
}

/* Hits of the last grant's leases, some of them as the bytes say. */
static void result(struct session *s, size_t k, uint8_t byte)
{
    uint64_t hits[GRANT_LEASES], pieces[GRANT_LEASES], rate = 1000000;
    if (s->count == 0 || s->log2 != 16)
        return;
    uint32_t n = grant_leases(s->first, s->count, s->log2);
    uint64_t leases = leases_mask(n);
    for (uint32_t i = 0; i < n; i++)
        hits[i] = pieces[i] = byte & 1 ? i : 0;
    struct msg m = {.type = MSG_RESULTS,
                    .results = {.n = 1,
                                .grant = &s->grant,
                                .leases = &leases,
                                .rate = &rate,
                                .n_hits = n,
                                .hits = hits,
                                .n_pieces = n,
                                .pieces = pieces,
                                .group_pieces = &n}};
    say(s, k, &m);
}

static void durable(struct session *s, int status)
{
    if (!s->storing)
        return;
    s->storing = false;
    struct input in = {.type = INPUT_DURABLE};
    in.transaction.id = s->store_id;
    in.transaction.status = status;
    step(s, in);
}

static void recomputed(struct session *s, uint64_t hits)
{
    if (s->n_asked == 0)
        return;
    struct input in = {.type = INPUT_RECOMPUTED};
    in.recompute.id = s->asked[--s->n_asked];
    in.recompute.hits = hits;
    in.recompute.micros = 1000;
    step(s, in);
}

static size_t frame(struct session *s, size_t k, struct arena *arena,
                    const uint8_t *data, size_t size)
{
    struct msg m;
    const char *why;
    if (size < 2)
        return size;
    size_t n = (size_t)data[0] << 8 | data[1];
    n = n < size - 2 ? n : size - 2;
    if (wire_decode(data + 2, n, arena, &m, &why) == 0)
        say(s, k, &m);
    return 2 + n;
}

static size_t event(struct session *s, struct arena *arena, const uint8_t *data,
                    size_t size)
{
    size_t k = data[0] % CONNS;
    switch (data[0] / CONNS % 12) {
    case 0:
        connect_one(s, k);
        break;
    case 1:
        greet(s, k, true);
        break;
    case 2:
        greet(s, k, false);
        break;
    case 3:
        durable(s, data[0] >= 0xf0 ? -ENOSPC : 0);
        break;
    case 4:
        recomputed(s, data[0] >= 0xc0);
        break;
    case 5:
        result(s, k, data[0] >> 7);
        break;
    case 6:
        s->now_ms += data[0] >> 4 << 9;
        step(s, (struct input){.type = INPUT_TICK});
        break;
    case 7:
        if (s->open[k])
            step(s, (struct input){.type = INPUT_LOST, .conn = s->conn[k]});
        s->open[k] = false;
        break;
    default:
        return 1 + frame(s, k, arena, data + 1, size - 1);
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct coord_config config = {.mac = mac,
                                  .worker_id = worker_id,
                                  .version = "1",
                                  .lease_log2 = 16,
                                  .grant_leases = 4};
    struct session s = {.now_ms = 1, .coord = coord_new(&config)};
    if (!arena.limit_bytes)
        arena_init(&arena, WIRE_BUDGET_BYTES);
    struct msg job = {
        .type = MSG_REQUEST,
        .request = {.verb = REQUEST_SUBMIT,
                    .worker = "",
                    .submit = {.trials = 1 << 20, .name = "", .weight = 1}}};
    step(&s,
         (struct input){.type = INPUT_MESSAGE, .conn = CONN_LOCAL, .message = &job});
    durable(&s, 0);
    for (size_t at = 0, n = 0; at < size && n < STEPS_MAX; n++)
        at += event(&s, &arena, data + at, size - at);
    coord_check(s.coord);
    coord_free(s.coord);
    return 0;
}
