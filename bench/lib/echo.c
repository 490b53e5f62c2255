// SPDX-License-Identifier: MIT
#include "bench/lib/echo.h"

#include <assert.h>
#include <stdlib.h>

#include <uv.h>

#include "bench/lib/child.h"
#include "common/base/base.h"

struct echo_conn {
    uv_tcp_t tcp;
    uv_connect_t connect;
    const struct echo *echo;
    size_t have;          /* bytes of an incomplete message */
    atomic_ullong *tasks; /* counts at the client; NULL: the server */
};

static uint8_t echo_in[1 << 20], echo_out[1 << 20];

static void on_echo_written(uv_write_t *w, int status)
{
    check("echo write", status);
    free(w);
}

static void echo_send(struct echo_conn *c, size_t messages)
{
    uv_stream_t *stream = (uv_stream_t *)&c->tcp;
    size_t bytes = messages * c->echo->out_bytes;
    assert(bytes <= sizeof(echo_out));
    uv_buf_t buf = {(char *)echo_out, bytes};
    int n = uv_try_write(stream, &buf, 1);
    if (n == (int)bytes)
        return;
    if (n < 0 && n != UV_EAGAIN)
        die("echo write", n);
    uv_write_t *w = mem_zero(1, sizeof(*w));
    buf.len = bytes - (size_t)(n > 0 ? n : 0);
    check("echo write", uv_write(w, stream, &buf, 1, on_echo_written));
}

static void on_echo_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    (void)suggested;
    *buf = (uv_buf_t){(char *)echo_in, sizeof(echo_in)};
}

static void on_echo_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct echo_conn *c = stream->data;
    (void)buf;
    if (n < 0)
        exit(0); /* the other end has closed */
    c->have += (size_t)n;
    size_t messages = c->have / c->echo->in_bytes;
    c->have -= messages * c->echo->in_bytes;
    if (messages == 0)
        return;
    if (c->tasks)
        atomic_fetch_add_explicit(c->tasks, messages * c->echo->tasks,
                                  memory_order_relaxed);
    echo_send(c, messages);
}

static struct echo_conn *echo_conn_new(const struct echo *echo)
{
    struct echo_conn *c = mem_zero(1, sizeof(*c));
    c->echo = echo;
    c->tcp.data = c;
    uv_tcp_init(uv_default_loop(), &c->tcp);
    return c;
}

static void echo_start(struct echo_conn *c)
{
    uv_tcp_nodelay(&c->tcp, 1);
    check("echo read",
          uv_read_start((uv_stream_t *)&c->tcp, on_echo_alloc, on_echo_read));
}

static void on_echo_connection(uv_stream_t *listener, int status)
{
    struct echo_conn *c = echo_conn_new(listener->data);
    check("echo accept", status);
    check("echo accept", uv_accept(listener, (uv_stream_t *)&c->tcp));
    echo_start(c);
}

void echo_server(const struct echo *echo, atomic_uint *ret_port)
{
    static uv_tcp_t listener;
    struct sockaddr_in address;
    int bytes = sizeof(address);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(uv_default_loop(), &listener);
    listener.data = (void *)echo;
    check("bind", uv_tcp_bind(&listener, (struct sockaddr *)&address, 0));
    check("listen", uv_listen((uv_stream_t *)&listener, 1024, on_echo_connection));
    check("port", uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &bytes));
    atomic_store(ret_port, ntohs(address.sin_port));
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static void on_echo_open(uv_connect_t *request, int status)
{
    struct echo_conn *c = request->data;
    check("echo connect", status);
    echo_start(c);
    echo_send(c, c->echo->depth);
}

void echo_clients(const struct echo *echo, atomic_uint *port, uint32_t n,
                  atomic_ullong *tasks)
{
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", (int)atomic_load(port), &address);
    for (uint32_t i = 0; i < n; i++) {
        struct echo_conn *c = echo_conn_new(echo);
        c->connect.data = c;
        c->tasks = tasks;
        check("echo connect",
              uv_tcp_connect(&c->connect, &c->tcp, (struct sockaddr *)&address,
                             on_echo_open));
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
