// SPDX-License-Identifier: MIT
/*
 * The two handles are active only while there are connections, so they do not keep an
 * event loop running that has nothing else to do.
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

static void arm_timer(struct conn_loop *l)
{
    struct heap_item *first = heap_min(&l->deadlines);
    if (!first || first->key >= l->timer_ms)
        return;
    /* Never 0: a timer set to 0 again and again would starve the loop. */
    int64_t in_ms = first->key - (int64_t)uv_now(l->timer.loop);
    l->timer_ms = first->key;
    uv_timer_start(&l->timer, on_timer, in_ms > 1 ? (uint64_t)in_ms : 1, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct conn_loop *l = container_of(timer, struct conn_loop, timer);
    int64_t now = (int64_t)uv_now(timer->loop);
    struct heap_item *first;

    l->timer_ms = INT64_MAX;
    while ((first = heap_min(&l->deadlines)) && first->key <= now) {
        heap_remove(&l->deadlines, first);
        l->on_deadline(first);
    }
    arm_timer(l);
}

void conn_loop_deadline_in(struct conn_loop *l, struct heap_item *deadline, int64_t ms)
{
    heap_set(&l->deadlines, deadline,
             (int64_t)uv_now(l->timer.loop) + (ms > 1 ? ms : 1));
    arm_timer(l);
}

/* The timer may now fire for nothing, which costs less than setting it again. */
void conn_loop_deadline_none(struct conn_loop *l, struct heap_item *deadline)
{
    heap_remove(&l->deadlines, deadline);
}

/* ---- the end of a turn ---- */

void conn_loop_at_turn_end(struct conn_loop *l, struct ring *turn_end)
{
    if (ring_is_alone(turn_end))
        ring_append(&l->turn_end, turn_end);
}

/* libuv calls it after all callbacks of a turn, before it waits for events. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct conn_loop *l = container_of(prepare, struct conn_loop, prepare);
    while (!ring_is_alone(&l->turn_end)) {
        struct ring *first = l->turn_end.next;
        ring_remove(first);
        l->on_turn_end(first);
    }
}

/* ---- life ---- */

struct conn_loop *conn_loop_make(uv_loop_t *uv, void (*on_deadline)(struct heap_item *),
                                 void (*on_turn_end)(struct ring *))
{
    struct conn_loop *l = mem_zero(1, sizeof(*l));
    l->on_deadline = on_deadline;
    l->on_turn_end = on_turn_end;
    ring_init(&l->turn_end);
    l->timer_ms = INT64_MAX;
    heap_init(&l->deadlines);
    arena_init(&l->decoded, WIRE_BUDGET_BYTES);
    arena_init(&l->scratch, 0);
    uv_prepare_init(uv, &l->prepare);
    uv_timer_init(uv, &l->timer);
    l->prepare.data = l->timer.data = l;
    l->open_handles = 2;
    return l;
}

void conn_loop_join(struct conn_loop *l)
{
    assert(!l->freed);
    if (l->conns++ == 0)
        uv_prepare_start(&l->prepare, on_prepare);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct conn_loop *l = handle->data;
    if (--l->open_handles > 0)
        return;
    buffers_release(&l->reads);
    buffers_release(&l->writes);
    arena_release(&l->decoded);
    arena_release(&l->scratch);
    heap_release(&l->deadlines);
    SSL_CTX_free(l->client);
    free(l);
}

static void close_handles(struct conn_loop *l)
{
    uv_close((uv_handle_t *)&l->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&l->timer, on_handle_closed);
}

void conn_loop_leave(struct conn_loop *l)
{
    assert(l->conns > 0);
    if (--l->conns > 0)
        return;
    assert(ring_is_alone(&l->turn_end) && !heap_min(&l->deadlines));
    uv_prepare_stop(&l->prepare);
    uv_timer_stop(&l->timer);
    l->timer_ms = INT64_MAX;
    if (l->freed)
        close_handles(l);
}

void conn_loop_free(struct conn_loop *l)
{
    assert(!l->freed);
    l->freed = true;
    if (l->conns == 0)
        close_handles(l);
}
