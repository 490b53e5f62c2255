// SPDX-License-Identifier: MIT
#include "server/core/turn.h"

#include <assert.h>

void turn_release(struct coord *c)
{
    heap_release(&c->turns.open);
    heap_release(&c->turns.again);
}

void turn_offer(struct coord *c, struct job *j)
{
    if (j->turn.place)
        return;
    if (j->pass < c->turns.pass)
        j->pass = c->turns.pass;
    heap_set(&c->turns.open, &j->turn, j->pass);
}

void turn_offer_again(struct coord *c, struct job *j)
{
    turn_offer(c, j);
    if (!j->turn_again.place)
        heap_set(&c->turns.again, &j->turn_again, j->pass);
}

void turn_charge(struct coord *c, struct job *j, int64_t ms)
{
    assert(ms >= 0 && j->record.weight > 0);
    const struct heap_item *least = heap_min(&c->turns.open);
    if (least && least->key > c->turns.pass)
        c->turns.pass = least->key;
    j->pass += (ms << 16) / j->record.weight;
    if (j->turn.place)
        heap_set(&c->turns.open, &j->turn, j->pass);
    if (j->turn_again.place)
        heap_set(&c->turns.again, &j->turn_again, j->pass);
}

void turn_leave(struct coord *c, struct job *j)
{
    heap_remove(&c->turns.open, &j->turn);
    heap_remove(&c->turns.again, &j->turn_again);
}
