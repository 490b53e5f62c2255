// SPDX-License-Identifier: MIT
/*
 * Dialling: looks the name up, then tries its addresses in turn, each with a fair share
 * of the time left, and says precisely what failed.  Everything ends in the socket's
 * close callback, as for an open connection.
 */
#include "common/net/conn_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DIAL_ADDRESSES = 8 };

/* A lookup runs on another thread and cannot always be cancelled.  So it has its own
 * memory, and may outlive its connection. */
struct lookup {
    uv_getaddrinfo_t request;
    struct conn *conn; /* NULL: the connection has ended */
};

struct dial {
    struct conn_dialling base;
    uv_connect_t connect;
    struct lookup *lookup; /* NULL: none is under way */
    int64_t deadline_ms, timeout_ms;
    size_t n, next; /* addresses: how many, and the next one to try */
    int status;     /* of the last address tried */
    struct sockaddr_storage addresses[DIAL_ADDRESSES];
};

/* ---- failing ---- */

static struct dial *dial_of(const struct conn *c)
{
    return container_of(c->dial, struct dial, base);
}

static void dial_release(struct conn *c)
{
    struct dial *d = dial_of(c);
    if (d->lookup) {
        d->lookup->conn = NULL;
        uv_cancel((uv_req_t *)&d->lookup->request);
    }
    free(d);
    c->dial = NULL;
}

static void dial_end(struct conn *c, int status)
{
    const struct dial *d = dial_of(c);
    int64_t ms = d->timeout_ms;
    bool seconds = ms % 1000 == 0;
    int64_t shown = seconds ? ms / 1000 : ms;
    const char *why = NULL;

    switch (status) {
    case UV_ECONNREFUSED:
        why = "connection refused: host is up, nothing listens";
        break;
    case UV_ETIMEDOUT:
        conn_set_end_text(c, status, "timed out after %lld %s: %s", (long long)shown,
                          seconds ? "s" : "ms",
                          d->lookup ? "name lookup is slow" : "firewall?");
        break;
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
        status = -ENOENT;
        why = "name not found";
        break;
    case UV_EAI_AGAIN:
        status = -EAGAIN;
        why = "name not found: no name server answers";
        break;
    case -EACCES:
        why = "not an address of this machine: frames travel in the clear";
        break;
    }
    conn_end(c, status, why);
}

/* ---- trying ---- */

static void on_attempt_closed(uv_handle_t *h);

/* Closes the socket; its callback tries the next address. */
static void dial_failed(struct conn *c, int status)
{
    dial_of(c)->status = status;
    uv_close((uv_handle_t *)&c->tcp, on_attempt_closed);
}

static void on_connect(uv_connect_t *connect, int status)
{
    if (status == UV_ECANCELED)
        return; /* the close callback of the socket goes on */
    struct conn *c = connect->data;
    if (status < 0) {
        dial_failed(c, status);
        return;
    }
    const struct dial *d = dial_of(c);
    struct sockaddr_storage peer = d->addresses[d->next - 1];
    address_text((struct sockaddr *)&peer, c->address);
    dial_release(c);
    conn_there(c);
}

/* Tries the next address, on a new socket. */
static void dial_try(struct conn *c)
{
    struct dial *d = dial_of(c);
    int64_t left_ms = d->deadline_ms - (int64_t)uv_now(c->tcp.loop);
    int64_t share = (int64_t)(d->n - d->next);
    const struct sockaddr *address = (struct sockaddr *)&d->addresses[d->next++];
    int err = -EACCES;
    if (c->pin || address_is_loopback(address))
        err = uv_tcp_connect(&d->connect, &c->tcp, address, on_connect);
    if (err < 0)
        dial_failed(c, err);
    else
        conn_loop_deadline_in(c->loop, &c->deadline, left_ms / share);
}

static void on_attempt_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    struct dial *d = dial_of(c);
    if (c->state == CONN_CLOSING) {
        conn_on_end(h);
        return;
    }
    conn_init_tcp(c);
    if (d->next < d->n && (int64_t)uv_now(c->tcp.loop) < d->deadline_ms)
        dial_try(c);
    else
        dial_end(c, d->status);
}

static void dial_on_deadline(struct conn *c)
{
    if (dial_of(c)->lookup)
        dial_end(c, -ETIMEDOUT);
    else if (!uv_is_closing((uv_handle_t *)&c->tcp))
        dial_failed(c, -ETIMEDOUT);
}

static void on_lookup(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct lookup *l = container_of(request, struct lookup, request);
    struct conn *c = l->conn;
    if (c)
        dial_of(c)->lookup = NULL;
    if (c && c->state == CONN_DIALLING) { /* not closing */
        struct dial *d = dial_of(c);
        for (struct addrinfo *a = found; a && d->n < DIAL_ADDRESSES; a = a->ai_next)
            memcpy(&d->addresses[d->n++], a->ai_addr, a->ai_addrlen);
        if (d->n == 0)
            dial_end(c, status < 0 ? status : UV_EAI_NONAME);
        else
            dial_try(c);
    }
    uv_freeaddrinfo(found);
    free(l);
}

static int dial_lookup(struct conn *c, const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct lookup *l = mem_zero(1, sizeof(*l));
    l->conn = c;
    int err = uv_getaddrinfo(c->tcp.loop, &l->request, on_lookup, host, port, &hints);
    if (err < 0) {
        free(l);
        return err;
    }
    dial_of(c)->lookup = l;
    conn_loop_deadline_in(c->loop, &c->deadline, dial_of(c)->timeout_ms);
    return 0;
}

int conn_dial(struct conn_loop *loop, const char *host, const char *port,
              const uint8_t *pin, int64_t timeout_ms, const struct conn_events *events,
              void *ctx, struct conn **ret)
{
    char checked[6];
    if (address_port(port, checked) < 0 || timeout_ms < 1)
        return -EINVAL;
    struct conn *c = conn_new(loop, NULL, NULL);
    struct dial *d = mem_zero(1, sizeof(*d));
    int number = atoi(checked), err = 0;

    if (pin)
        c->pin = memcpy(mem_resize(NULL, PIN_BYTES, 1), pin, PIN_BYTES);
    d->base = (struct conn_dialling){dial_on_deadline, dial_release};
    c->dial = &d->base;
    d->connect.data = c;
    d->timeout_ms = timeout_ms;
    d->deadline_ms = (int64_t)uv_now(c->tcp.loop) + timeout_ms;
    snprintf(c->address, sizeof(c->address), "%.50s:%s", host, port);
    if (uv_ip4_addr(host, number, (struct sockaddr_in *)&d->addresses[0]) == 0 ||
        uv_ip6_addr(host, number, (struct sockaddr_in6 *)&d->addresses[0]) == 0) {
        d->n = 1;
        dial_try(c);
    } else {
        err = dial_lookup(c, host, checked);
    }
    if (err < 0) {
        conn_end(c, err, NULL);
        return err;
    }
    c->events = events;
    c->ctx = ctx;
    *ret = c;
    return 0;
}
