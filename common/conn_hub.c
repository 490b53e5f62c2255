// SPDX-License-Identifier: MIT
/*
 * What the connections of one loop share: the hook that flushes them at the end of a
 * turn, one timer for all their deadlines, arenas, and spare buffers, so that an
 * idle connection holds no buffer and a busy one allocates nothing.
 *
 * The hub is counted: the last connection that leaves closes the two handles, and the
 * memory goes when both are closed.
 */
#include "common/conn_impl.h"

#include <assert.h>

static struct conn *of_unsent(struct link *l)
{
    return container_of(l, struct conn, unsent);
}

static void link_remove(struct link *l)
{
    l->previous->next = l->next;
    l->next->previous = l->previous;
    l->previous = l->next = l;
}

/* ---- buffers ---- */

struct buffer buffers_take(struct buffers *p, size_t capacity)
{
    if (p->n == 0)
        return (struct buffer){mem_resize(NULL, capacity, 1), capacity, 0};
    struct buffer b = p->items[--p->n];
    p->bytes -= b.capacity;
    return b;
}

void buffers_give(struct buffers *p, struct buffer *b)
{
    if (b->bytes && p->n < SPARE_BUFFERS && p->bytes + b->capacity <= SPARE_BYTES) {
        p->items[p->n++] = (struct buffer){b->bytes, b->capacity, 0};
        p->bytes += b->capacity;
    } else {
        free(b->bytes);
    }
    *b = (struct buffer){0};
}

static void buffers_release(struct buffers *p)
{
    while (p->n > 0)
        free(p->items[--p->n].bytes);
}

/* ---- deadlines ---- */

static void on_timer(uv_timer_t *timer);

static void arm(struct hub *h)
{
    struct heap_item *first = heap_min(&h->deadlines);
    if (!first || first->key >= h->timer_ms)
        return;
    /* Never 0: a timer that is armed so again and again starves the loop. */
    int64_t in_ms = first->key - (int64_t)uv_now(h->timer.loop);
    h->timer_ms = first->key;
    uv_timer_start(&h->timer, on_timer, in_ms > 1 ? (uint64_t)in_ms : 1, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct hub *h = container_of(timer, struct hub, timer);
    int64_t now = (int64_t)uv_now(timer->loop);
    struct heap_item *first;

    h->timer_ms = INT64_MAX;
    while ((first = heap_min(&h->deadlines)) && first->key <= now) {
        heap_remove(&h->deadlines, first);
        conn_on_deadline(container_of(first, struct conn, deadline));
    }
    arm(h);
}

void hub_deadline_in(struct conn *c, int64_t ms)
{
    heap_set(&c->hub->deadlines, &c->deadline,
             (int64_t)uv_now(c->tcp.loop) + (ms > 1 ? ms : 1));
    arm(c->hub);
}

/* The timer may fire for nothing then, which costs less than to set it again. */
void hub_deadline_none(struct conn *c)
{
    heap_remove(&c->hub->deadlines, &c->deadline);
}

/* ---- the end of a turn ---- */

void hub_flush_later(struct conn *c)
{
    struct link *ring = &c->hub->unsent;
    if (c->unsent.next != &c->unsent)
        return;
    c->unsent.previous = ring->previous;
    c->unsent.next = ring;
    ring->previous->next = &c->unsent;
    ring->previous = &c->unsent;
}

/* Runs after everything else of a turn and before the loop waits. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct hub *h = container_of(prepare, struct hub, prepare);
    while (h->unsent.next != &h->unsent) {
        struct link *l = h->unsent.next;
        link_remove(l);
        conn_flush(of_unsent(l));
    }
}

/* ---- life ---- */

struct hub *hub_ref(uv_loop_t *loop)
{
    struct hub *h = uv_loop_get_data(loop);
    if (!h) {
        h = mem_zero(1, sizeof(*h));
        h->unsent.previous = h->unsent.next = &h->unsent;
        h->timer_ms = INT64_MAX;
        heap_init(&h->deadlines);
        arena_init(&h->decoded, WIRE_BUDGET_BYTES);
        arena_init(&h->scratch, 0);
        uv_prepare_init(loop, &h->prepare);
        uv_timer_init(loop, &h->timer);
        uv_prepare_start(&h->prepare, on_prepare);
        h->prepare.data = h->timer.data = h;
        h->open_handles = 2;
        uv_loop_set_data(loop, h);
    }
    h->conns++;
    return h;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct hub *h = handle->data;
    if (--h->open_handles > 0)
        return;
    buffers_release(&h->reads);
    buffers_release(&h->writes);
    arena_release(&h->decoded);
    arena_release(&h->scratch);
    heap_release(&h->deadlines);
    free(h);
}

void hub_unref(struct hub *h)
{
    assert(h->conns > 0);
    if (--h->conns > 0)
        return;
    assert(h->unsent.next == &h->unsent && !heap_min(&h->deadlines));
    uv_loop_set_data(h->timer.loop, NULL);
    uv_close((uv_handle_t *)&h->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&h->timer, on_handle_closed);
}

void hub_leave(struct conn *c)
{
    link_remove(&c->unsent);
    heap_remove(&c->hub->deadlines, &c->deadline);
}
