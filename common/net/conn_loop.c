// SPDX-License-Identifier: MIT
/*
 * It is counted: the last connection that leaves closes the two handles, and the
 * memory goes when both are closed.
 */
#include "common/net/conn_loop.h"

#include <assert.h>
#include <string.h>

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

void buffers_append(struct buffers *p, struct buffer *b, const void *bytes, size_t n)
{
    if (!b->bytes)
        *b = buffers_take(p, n > WRITE_BUFFER_BYTES ? n : WRITE_BUFFER_BYTES);
    if (b->capacity - b->used < n) {
        b->capacity = 2 * b->capacity + n;
        b->bytes = mem_resize(b->bytes, b->capacity, 1);
    }
    memcpy(b->bytes + b->used, bytes, n);
    b->used += n;
}

static void buffers_release(struct buffers *p)
{
    while (p->n > 0)
        free(p->items[--p->n].bytes);
}

/* ---- deadlines ---- */

static void on_timer(uv_timer_t *timer);

static void arm(struct conn_loop *h)
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
    struct conn_loop *h = container_of(timer, struct conn_loop, timer);
    int64_t now = (int64_t)uv_now(timer->loop);
    struct heap_item *first;

    h->timer_ms = INT64_MAX;
    while ((first = heap_min(&h->deadlines)) && first->key <= now) {
        heap_remove(&h->deadlines, first);
        h->on_deadline(first);
    }
    arm(h);
}

void conn_loop_deadline_in(struct conn_loop *h, struct heap_item *deadline, int64_t ms)
{
    heap_set(&h->deadlines, deadline,
             (int64_t)uv_now(h->timer.loop) + (ms > 1 ? ms : 1));
    arm(h);
}

/* The timer may fire for nothing then, which costs less than to set it again. */
void conn_loop_deadline_none(struct conn_loop *h, struct heap_item *deadline)
{
    heap_remove(&h->deadlines, deadline);
}

/* ---- the end of a turn ---- */

void conn_loop_at_turn_end(struct conn_loop *h, struct ring *turn_end)
{
    if (ring_is_alone(turn_end))
        ring_append(&h->turn_end, turn_end);
}

/* Runs after everything else of a turn and before the loop waits. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct conn_loop *h = container_of(prepare, struct conn_loop, prepare);
    while (!ring_is_alone(&h->turn_end)) {
        struct ring *first = h->turn_end.next;
        ring_remove(first);
        h->on_turn_end(first);
    }
}

/* ---- life ---- */

struct conn_loop *conn_loop_ref(uv_loop_t *loop,
                                void (*on_deadline)(struct heap_item *),
                                void (*on_turn_end)(struct ring *))
{
    struct conn_loop *h = uv_loop_get_data(loop);
    if (!h) {
        h = mem_zero(1, sizeof(*h));
        h->on_deadline = on_deadline;
        h->on_turn_end = on_turn_end;
        ring_init(&h->turn_end);
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
    struct conn_loop *h = handle->data;
    if (--h->open_handles > 0)
        return;
    buffers_release(&h->reads);
    buffers_release(&h->writes);
    arena_release(&h->decoded);
    arena_release(&h->scratch);
    heap_release(&h->deadlines);
    SSL_CTX_free(h->client);
    free(h);
}

void conn_loop_unref(struct conn_loop *h)
{
    assert(h->conns > 0);
    if (--h->conns > 0)
        return;
    assert(ring_is_alone(&h->turn_end) && !heap_min(&h->deadlines));
    uv_loop_set_data(h->timer.loop, NULL);
    uv_close((uv_handle_t *)&h->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&h->timer, on_handle_closed);
}
