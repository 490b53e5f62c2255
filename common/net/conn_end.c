// SPDX-License-Identifier: MIT
/*
 * The end of a connection: its reason, closing the socket, freeing the memory.
 */
#include "common/net/conn_impl.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

void conn_set_end(struct conn *c, int status, const char *why)
{
    if (c->ended)
        return;
    c->ended = true;
    c->status = status;
    c->why = why ? why : uv_strerror(status);
}

void conn_set_end_text(struct conn *c, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!c->ended && vasprintf(&c->why_owned, format, args) < 0)
        abort();
    va_end(args);
    conn_set_end(c, status, c->why_owned);
}

void conn_on_end(uv_handle_t *h)
{
    struct conn *c = h->data;
    assert(c->state == CONN_CLOSING && c->ended);
    if (c->events)
        c->events->on_closed(c, c->status, c->why, c->ctx);
    if (c->dial)
        c->dial->release(c);
    tls_free(c->tls);
    frame_reader_release(&c->reader);
    buffers_give(&c->loop->writes, &c->cipher_in);
    buffers_give(&c->loop->writes, &c->out);
    buffers_give(&c->loop->writes, &c->cipher_out);
    buffers_give(&c->loop->writes, &c->writing);
    conn_loop_leave(c->loop);
    free(c->pin);
    free(c->why_owned);
    free(c);
}

void conn_end(struct conn *c, int status, const char *why)
{
    conn_set_end(c, status, why);
    if (c->state == CONN_CLOSING)
        return;
    ring_remove(&c->turn_end);
    conn_loop_deadline_none(c->loop, &c->deadline);
    turns_leave(c);
    /* If dialling is closing a failed socket, that callback calls conn_on_end(). */
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, conn_on_end);
    c->state = CONN_CLOSING;
}

void conn_abort(struct conn *c)
{
    conn_end(c, 0, "closed");
}
