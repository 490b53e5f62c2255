// SPDX-License-Identifier: MIT
#include "server/core/turn.h"

#include <assert.h>

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void turn_release(struct coord *c)
{
    for (size_t i = 0; i < c->kinds.n; i++) {
        heap_release(&c->kinds.all[i].open);
        heap_release(&c->kinds.all[i].again);
    }
}

void turn_offer(struct coord *c, struct job *j)
{
    if (j->turn.place || !j->kind)
        return;
    struct kind *k = j->kind;
    if (!heap_min(&k->open))
        k->pass = later(k->pass, c->kinds.pass);
    j->pass = later(j->pass, k->pass);
    heap_set(&k->open, &j->turn, j->pass);
}

void turn_offer_again(struct coord *c, struct job *j)
{
    turn_offer(c, j);
    if (!j->turn_again.place && j->kind)
        heap_set(&j->kind->again, &j->turn_again, j->pass);
}

int64_t turn_pass(const struct kind *k, const struct heap_item *item)
{
    return later(item->key, k->floor);
}

void turn_served(struct coord *c, struct kind *k)
{
    k->floor = k->pass = later(k->pass, c->kinds.pass);
}

void turn_charge(struct coord *c, struct job *j, int64_t ms)
{
    struct kind *k = j->kind;
    assert(ms >= 0 && j->record.weight > 0);
    const struct heap_item *least = heap_min(&k->open);
    if (least)
        k->pass = later(k->pass, turn_pass(k, least));
    c->kinds.pass = later(c->kinds.pass, k->pass);
    j->pass = later(j->pass, k->floor) + (ms << 16) / j->record.weight;
    if (j->turn.place)
        heap_set(&k->open, &j->turn, j->pass);
    if (j->turn_again.place)
        heap_set(&k->again, &j->turn_again, j->pass);
}

void turn_leave(struct job *j)
{
    heap_remove(&j->kind->open, &j->turn);
    heap_remove(&j->kind->again, &j->turn_again);
}
