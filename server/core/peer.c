// SPDX-License-Identifier: MIT
/*
 * Connections: how one begins, is refused and is closed.  session.c handles its
 * messages.
 */
#include "server/core/peer.h"

#include <assert.h>

#include "server/core/effects.h"

void peer_init(struct coord *c)
{
    map_init(&c->peers.by_conn, NULL);
}

void peer_release(struct coord *c)
{
    map_free(&c->peers.by_conn);
}

struct peer *peer_by_conn(const struct coord *c, conn_id conn)
{
    return map_get(&c->peers.by_conn, conn);
}

void peer_close(struct coord *c, struct peer *p)
{
    if (p->role == PEER_CLOSING)
        return;
    p->role = PEER_CLOSING;
    effect_add(c, EFFECT_CLOSE, p->conn);
}

struct peer *peer_connected(struct coord *c, conn_id conn, const char *address,
                            uint64_t origin, bool trusted)
{
    assert(!peer_by_conn(c, conn));
    struct peer *p = mem_zero(1, sizeof(*p));
    p->conn = conn;
    p->trusted = trusted;
    p->origin = origin;
    copy_text(p->address, sizeof(p->address), address);
    map_put(&c->peers.by_conn, conn, p);
    return p;
}

void peer_refuse(struct coord *c, struct peer *p, enum refusal_code code,
                 const char *sentence, const char *hint)
{
    struct msg m = refusal_msg(code, sentence, hint);
    send_msg(c, p->conn, &m);
    event_add(c,
              (struct event){EVENT_PEER_REFUSED, .origin = p->origin,
                             .refused = {arena_printf(&c->out.arena, "%s", p->address),
                                         sentence, code}});
    if (p->role == PEER_NEW && p->comes_to_work) {
        if (c->clock.now_ms > c->peers.refused_ms + REFUSED_MS)
            c->peers.refused = 0;
        c->peers.refused++;
        c->peers.refused_ms = c->clock.now_ms;
        copy_text(c->peers.refused_why, sizeof(c->peers.refused_why), sentence);
    }
    peer_close(c, p);
}

void peer_check(const struct coord *c)
{
    const struct map *m = &c->peers.by_conn;
    for (size_t i = 0; i < m->capacity; i++) {
        const struct peer *p = m->slots[i].value;
        assert(!p || peer_by_conn(c, p->conn) == p);
        assert(!p || !p->worker ||
               (p->role == PEER_WORKER && p->worker->conn == p->conn));
    }
}
