// SPDX-License-Identifier: MIT
#include "server/store.h"

#include "common/base.h"

struct store {
    uv_check_t check; /* after a turn has read what was ready */
    uv_idle_t idle;   /* runs while something is pending: the turn must not wait */
    unsigned open_handles;
    store_durable *on_durable;
    void *ctx;
    uint64_t *pending;
    size_t n, capacity;
};

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

/* A report may bring the next transaction, which is taken up in the same loop. */
static void on_check(uv_check_t *check)
{
    struct store *s = check->data;
    for (size_t i = 0; i < s->n; i++)
        s->on_durable(s->ctx, s->pending[i], 0);
    s->n = 0;
    uv_idle_stop(&s->idle);
}

struct store *store_new(uv_loop_t *loop, store_durable *on_durable, void *ctx)
{
    struct store *s = mem_zero(1, sizeof(*s));
    s->on_durable = on_durable;
    s->ctx = ctx;
    uv_check_init(loop, &s->check);
    uv_idle_init(loop, &s->idle);
    uv_check_start(&s->check, on_check);
    s->check.data = s->idle.data = s;
    s->open_handles = 2;
    return s;
}

void store_commit(struct store *s, uint64_t transaction, const struct record *records,
                  size_t n)
{
    (void)records;
    (void)n;
    if (s->n == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 4;
        s->pending = mem_resize(s->pending, s->capacity, sizeof(*s->pending));
    }
    s->pending[s->n++] = transaction;
    uv_idle_start(&s->idle, on_idle);
}

static void on_closed(uv_handle_t *h)
{
    struct store *s = h->data;
    if (--s->open_handles > 0)
        return;
    free(s->pending);
    free(s);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    uv_close((uv_handle_t *)&s->check, on_closed);
    uv_close((uv_handle_t *)&s->idle, on_closed);
}
