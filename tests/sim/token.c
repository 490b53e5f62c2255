// SPDX-License-Identifier: MIT
/*
 * Tokens of the simulated coordinator: a proof names its role and its generation. A
 * rotation makes a new generation and writes it to disk before it is announced;
 * operators of workers learn of it some time after their worker was disconnected.
 */
#include <errno.h>
#include <stdio.h>

#include "tests/sim/world.h"

enum { PROOF_LOCAL = ROLE_OPERATOR + 1 };

struct proof proof_of(enum role token, uint32_t generation)
{
    struct proof p = {.bytes = {(uint8_t)token}};
    memcpy(p.bytes + 1, &generation, sizeof(generation));
    return p;
}

/* Of workers of the coordinator's user; it is renewed with that of all workers. */
struct proof proof_local(uint32_t generation)
{
    return proof_of((enum role)PROOF_LOCAL, generation);
}

/* The role of a proof, and its generation. */
static enum role proof_read(const uint8_t *bytes, size_t n, uint32_t *ret_generation)
{
    *ret_generation = 0;
    if (n != PROOF_SIZE)
        return 0;
    memcpy(ret_generation, bytes + 1, sizeof(*ret_generation));
    return (enum role)bytes[0];
}

/* The core decides which role it permits. */
enum auth sim_authorize(void *ctx, enum role role, const uint8_t *proof, size_t bytes)
{
    const struct world *w = ctx;
    uint32_t generation;
    enum role token = proof_read(proof, bytes, &generation);
    (void)role;
    if (bytes == 0)
        return AUTH_MISSING;
    if (token == ROLE_OPERATOR)
        return AUTH_OPERATOR_TOKEN;
    if (generation != w->token)
        return AUTH_ROTATED;
    return token == (enum role)PROOF_LOCAL ? AUTH_LOCAL_TOKEN : AUTH_WORKER_TOKEN;
}

/* ---- rotation ---- */

void token_ask(struct world *w, const struct effect *e)
{
    struct token_ask *asks = w->host.token_asks;
    uint32_t slot = 0;
    while (slot < TOKEN_ASKS_MAX && asks[slot].used)
        slot++;
    if (slot == TOKEN_ASKS_MAX)
        world_fail(w, "more than %d questions for tokens at once", TOKEN_ASKS_MAX);
    asks[slot] = (struct token_ask){true, e->conn, e->token.request, e->token.rotate,
                                    e->token.role};
    int64_t delay =
        chance_scale(&w->rng, w->plan.commit_low_us, w->plan.commit_high_us);
    world_at(w, w->now_us + delay, SIM_TOKEN, slot, w->host.life);
}

/* No peer may stay that joined with an old token. */
static void check_rotated(struct world *w)
{
    for (size_t i = w->first_open; i < w->n_links; i++) {
        const struct cable *l = w->links[i];
        if (l->open[SIDE_HOST] && l->welcomed && !l->closing &&
            l->token == ROLE_WORKER && l->generation != w->token)
            world_fail(w, "%s stays, though its token has been rotated",
                       l->party->name);
    }
}

void token_event(struct world *w, const struct sim_event *e)
{
    struct token_ask a = w->host.token_asks[e->who];
    char join[24];
    const char *joins[] = {join};
    bool full = w->host.full_until_us > w->now_us;
    w->host.token_asks[e->who].used = false;
    if (a.rotate && !full) {
        w->token++;
        w->stats.rotations++;
        TELL(w, "picoord  has a new token for workers, number %u", w->token);
    }
    snprintf(join, sizeof(join), "pi1.%u", w->token);
    struct input in = {.type = INPUT_TOKEN,
                       .conn = a.conn,
                       .token = {.request = a.request,
                                 .status = full ? -ENOSPC : 0,
                                 .rotated = a.role,
                                 .reason = "no space left on device",
                                 .joins = {.n_workers = 1, .workers = joins}}};
    uint32_t life = w->host.life;
    host_step(w, &in);
    if (w->host.life == life)
        check_rotated(w);
}

/* ---- checks ---- */

void token_heard(struct world *w, struct cable *l, const struct msg_hello *m)
{
    l->asked = m->role;
    l->token = proof_read(m->proof, m->proof_bytes, &l->generation);
    if (l->token == (enum role)PROOF_LOCAL) {
        l->token = ROLE_WORKER;
        if (l->party)
            image_trust(&w->image, l->party->id);
    }
}

void token_welcome(struct world *w, const struct cable *l)
{
    if (l->asked == ROLE_OPERATOR && l->token != ROLE_OPERATOR)
        world_fail(w, "a worker's token makes an operator");
    if (l->token == ROLE_WORKER && l->generation != w->token)
        world_fail(w, "token %u is welcome, and it is at %u", l->generation, w->token);
}

/* A peer with the right token must not be refused for its token. */
void token_refusal(struct world *w, const struct cable *l)
{
    bool current = l->token == ROLE_OPERATOR || l->generation == w->token;
    if (current && (l->token == ROLE_OPERATOR || l->asked == ROLE_WORKER))
        world_fail(w, "a right token is refused");
}
