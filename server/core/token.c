// SPDX-License-Identifier: MIT
/*
 * Which tokens let a peer in: checks its Hello, and disconnects it when its token is
 * rotated.  The core knows only the kind of a token.  The caller keeps the tokens and
 * the join strings, which pass through from INPUT_TOKEN to a reply.
 */
#include "server/core/token.h"

#include <assert.h>
#include <errno.h>

#include "server/core/effects.h"
#include "server/core/peer.h"
#include "server/core/reply.h"
#include "server/core/worker.h"

#define SHOW "on the coordinator's machine run 'pictl token show"
#define SET "', here set PI_JOIN or --join-file"

/* Why the token is refused; NULL: accepted. */
static const char *refusal_of(enum auth auth, const char **ret_hint)
{
    *ret_hint = SHOW SET;
    switch (auth) {
    case AUTH_WORKER_TOKEN:
    case AUTH_OPERATOR_TOKEN:
    case AUTH_SPAWNED:
    case AUTH_LOCAL_TOKEN:
        return NULL;
    case AUTH_WRONG:
        return "wrong token";
    case AUTH_ROTATED:
        return "this token has been rotated away";
    case AUTH_WORKER_ONLY:
        *ret_hint = SHOW " --operator' and set PI_JOIN here; do not give it to workers";
        return "this is a worker's token: pictl needs the operator's";
    case AUTH_MISSING:
        return "no token was shown";
    }
    return "wrong token";
}

bool token_authorize(struct coord *c, struct peer *p, const struct msg_hello *h)
{
    if (p->trusted || !c->config.authorize)
        return true;
    const char *hint;
    enum auth auth =
        c->config.authorize(c->config.ctx, h->role, h->proof, h->proof_bytes);
    if (h->role == ROLE_OPERATOR &&
        (auth == AUTH_WORKER_TOKEN || auth == AUTH_LOCAL_TOKEN))
        auth = AUTH_WORKER_ONLY;
    const char *sentence = refusal_of(auth, &hint);
    if (auth == AUTH_WRONG && h->proof_bytes != TOKEN_BYTES)
        sentence = arena_printf(&c->out.arena, "a token has %d bytes, not %zu",
                                TOKEN_BYTES, (size_t)h->proof_bytes);
    if (sentence) {
        peer_refuse(c, p, auth == AUTH_WORKER_ONLY ? REFUSAL_ROLE : REFUSAL_TOKEN,
                    sentence, hint);
        return false;
    }
    if (auth == AUTH_SPAWNED)
        p->by_token = TRUSTED_SPAWNED;
    else if (auth == AUTH_LOCAL_TOKEN)
        p->by_token = TRUSTED_LOCAL;
    if (auth != AUTH_SPAWNED)
        p->token = auth == AUTH_OPERATOR_TOKEN ? ROLE_OPERATOR : ROLE_WORKER;
    return true;
}

void token_request(struct coord *c, conn_id conn, const struct msg_request *r)
{
    struct effect *e = effect_add(c, EFFECT_TOKEN, conn);
    e->token.request = r->id;
    e->token.rotate = r->rotate;
    e->token.role = r->rotate ? r->role : 0;
}

/* Whether a token of that role let the peer in, and it is still connected. */
static bool here_by(const struct peer *p, enum role token)
{
    return p && p->token == token && p->role != PEER_CLOSING;
}

static void reply_joins(struct coord *c, const struct input *input, uint32_t ended)
{
    struct msg m = {.type = MSG_REPLY,
                    .reply = {.id = input->token.request,
                              .last = true,
                              .body = REPLY_TOKEN,
                              .token = {input->token.joins, ended}}};
    send_msg(c, input->conn, &m);
}

/* Disconnects all peers that joined with the old token of that role.  The operator that
 * requested the rotation gets its reply first. */
static void end_rotated(struct coord *c, const struct input *input, bool asks)
{
    enum role role = input->token.rotated;
    uint32_t ended = 0, others = 0;
    for (size_t i = 0; i < c->peers.by_conn.capacity; i++) {
        const struct peer *p = c->peers.by_conn.slots[i].value;
        ended += here_by(p, role);
        others += here_by(p, role) && p->conn != input->conn;
    }
    if (asks)
        reply_joins(c, input, others);
    event_add(c, (struct event){EVENT_TOKEN_ROTATED, .rotation = {role, ended}});
    for (size_t i = 0; i < c->peers.by_conn.capacity; i++) {
        struct peer *p = c->peers.by_conn.slots[i].value;
        if (here_by(p, role))
            worker_expel(c, p, REFUSAL_TOKEN, "the token has been rotated", SHOW SET);
    }
}

void token_answered(struct coord *c, const struct input *input)
{
    const struct peer *p = peer_by_conn(c, input->conn);
    assert(input->token.status <= 0);
    bool asks = p && p->role == PEER_OPERATOR;
    if (input->token.status == 0 && input->token.rotated)
        end_rotated(c, input, asks);
    else if (asks && input->token.status == 0)
        reply_joins(c, input, 0);
    else if (asks)
        reply_error(
            c, input->conn, input->token.request,
            input->token.status == -ENOTSUP ? ERROR_NOT_POSSIBLE : ERROR_STORAGE, "",
            input->token.rotated ? "the token cannot be rotated: %s"
                                 : "there are no join strings: %s",
            input->token.reason);
}
