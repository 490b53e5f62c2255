// SPDX-License-Identifier: MIT
#include "tests/sim/queue.h"

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->id < b->id;
}

void queue_release(struct queue *q)
{
    free(q->events);
    *q = (struct queue){0};
}

void queue_push(struct queue *q, struct sim_event e)
{
    if (q->n == q->capacity) {
        q->capacity = q->capacity ? 2 * q->capacity : 256;
        q->events = mem_resize(q->events, q->capacity, sizeof(*q->events));
    }
    e.id = q->next_id++;
    size_t at = q->n++;
    while (at > 0 && before(&e, &q->events[(at - 1) / 2])) {
        q->events[at] = q->events[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    q->events[at] = e;
}

bool queue_pop(struct queue *q, struct sim_event *ret)
{
    if (q->n == 0)
        return false;
    *ret = q->events[0];
    struct sim_event last = q->events[--q->n];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= q->n)
            break;
        if (child + 1 < q->n && before(&q->events[child + 1], &q->events[child]))
            child++;
        if (!before(&q->events[child], &last))
            break;
        q->events[at] = q->events[child];
        at = child;
    }
    if (q->n > 0)
        q->events[at] = last;
    return true;
}
