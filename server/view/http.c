// SPDX-License-Identifier: MIT
#include "server/view/http.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/map.h"
#include "server/view/http_head.h"
#include "server/view/route.h"
#include "server/view/sse.h"

enum {
    RUNS_MAX = 8, /* of MHD_run() in a row, so that it does not starve the loop */
    READ_BYTES = 16 * 1024,
    LINE_BYTES = HTTP_METHOD_BYTES + HTTP_TARGET_BYTES + 64, /* as it is written anew */
    CONNECTIONS = 1 << 20, /* libmicrohttpd's own limit; viewers have theirs */
};

struct http {
    uv_loop_t *loop;
    struct MHD_Daemon *daemon;
    struct route route;
    struct sse *streams;
    uv_poll_t poll;
    uv_timer_t timer;
    struct map conns;      /* by the descriptor of libmicrohttpd's end */
    unsigned open_handles; /* poll, timer, and a pipe for each connection */
    unsigned pairs;
    uint64_t requests;
    bool running, closing;
    char bytes[READ_BYTES];
};

/* A request that libmicrohttpd has got, until it is answered. */
struct request {
    unsigned refused; /* the status, and why; 0: it is not refused */
    const char *why;
    struct http_head head;
    char text[]; /* that the head borrows */
};

struct http_conn {
    struct http *http;
    struct conn *conn; /* NULL: closed */
    struct sse_stream *stream;
    uv_pipe_t pipe; /* the loop's end of the pair */
    int other_end;  /* libmicrohttpd's end, which it owns */
    bool stopped;   /* not reading from the pipe, until the peer has read */
    bool ended;     /* libmicrohttpd has closed its end */
    bool kept;      /* in a place kept for probes */
    bool last;      /* no further request is taken: what comes is thrown away */
    bool peer_done; /* the peer has sent its last byte */
    struct request *request; /* NULL: none is under way */
    char *in;                /* what the peer has sent behind that: n_in bytes */
    size_t n_in, seen;       /* those that http_head_end() has seen */
};

/* ---- running libmicrohttpd ---- */

static void on_daemon_timer(uv_timer_t *timer);

/* Runs libmicrohttpd and sets the timer for its next timeout.  Must not be called from
 * one of its callbacks. */
static void run_daemon(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    bool wants = true;
    assert(!h->running);
    h->running = true;
    for (unsigned i = 0; i < RUNS_MAX && wants && ms == 0; i++) {
        MHD_run(h->daemon);
        wants = MHD_get_timeout(h->daemon, &ms) == MHD_YES;
    }
    h->running = false;
    if (wants) /* at least 1 ms: 0 would starve the loop */
        uv_timer_start(&h->timer, on_daemon_timer, ms > 1 ? ms : 1, 0);
    else
        uv_timer_stop(&h->timer);
}

static void on_daemon_timer(uv_timer_t *timer)
{
    run_daemon(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    run_daemon(poll->data);
}

static void on_streams_wake(void *ctx)
{
    run_daemon(ctx);
}

/* ---- requests ---- */

static struct http_conn *conn_of(struct http *h, struct MHD_Connection *m)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(m, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http_conn *hc = info ? map_get(&h->conns, (uint64_t)info->connect_fd) : NULL;
    return hc && hc->conn ? hc : NULL;
}

static void drop_conn(void *ctx)
{
    struct http_conn *hc = ctx;
    if (hc->conn)
        conn_abort(hc->conn);
}

/* libmicrohttpd calls this for the head of a request, and again at its end. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *m, const char *url,
                                  const char *method, const char *version,
                                  const char *body, size_t *bytes, void **request)
{
    struct http *h = ctx;
    struct http_conn *hc = conn_of(h, m);
    (void)version, (void)body, (void)bytes;
    if (!hc || h->closing || !hc->request)
        return MHD_NO;
    if (!*request) {
        *request = hc;
        return MHD_YES;
    }
    h->requests++;
    const struct http_head *head = &hc->request->head;
    char address[ADDRESS_BYTES];
    conn_own_address(hc->conn, address);
    struct http_request req = {.url = url,
                               .method = method,
                               .head = head,
                               .local = conn_is_local(hc->conn) && !head->forwarded &&
                                        !head->old,
                               .tls = !conn_in_the_clear(hc->conn),
                               .address = address};
    if (hc->request->refused)
        return route_refuse(m, hc->request->refused, hc->request->why);
    if (hc->kept && !route_is_probe(url))
        return route_refuse(m, MHD_HTTP_SERVICE_UNAVAILABLE, ROUTE_FULL);
    unsigned hz = route_stream_hz(&h->route, m, &req);
    if (hz == 0)
        return route_answer(&h->route, m, &req);
    struct MHD_Response *r =
        sse_stream_new(h->streams, m, hz, drop_conn, hc, &hc->stream);
    return route_answer_with(m, r, MHD_HTTP_OK);
}

static void next_request(struct http_conn *hc);

static void on_completed(void *ctx, struct MHD_Connection *m, void **request,
                         enum MHD_RequestTerminationCode why)
{
    struct http_conn *hc = conn_of(ctx, m);
    (void)request, (void)why;
    if (!hc || hc->ended)
        return;
    free(hc->request);
    hc->request = NULL;
    conn_deadline(hc->conn, HTTP_NEXT_MS);
    next_request(hc);
}

/* ---- from connection to pair ---- */

/* Writes the request anew, without a field that could be misread.  The pair is empty,
 * so there is room; if libmicrohttpd has closed its end, the pipe will read that. */
static void pass_on(struct http_conn *hc)
{
    const struct http_head *h = &hc->request->head;
    bool refused = hc->request->refused;
    char line[LINE_BYTES];
    bool head = !strcmp(h->method, "HEAD");
    int n = snprintf(line, sizeof(line), "%s %s HTTP/1.%d\r\nHost: -\r\n%s\r\n",
                     !refused ? h->method
                     : head   ? "HEAD"
                              : "GET",
                     refused ? "/" : h->target, !h->old,
                     hc->last ? "Connection: close\r\n"
                     : h->old ? "Connection: keep-alive\r\n"
                              : "");
    assert(n > 0 && n < LINE_BYTES);
    uv_buf_t buf = uv_buf_init(line, (unsigned)n);
    (void)uv_try_write((uv_stream_t *)&hc->pipe, &buf, 1);
    conn_deadline(hc->conn, -1);
}

static void drop_input(struct http_conn *hc, size_t n)
{
    hc->n_in -= n;
    hc->seen = 0;
    memmove(hc->in, hc->in + n, hc->n_in);
    if (hc->n_in > 0)
        return;
    free(hc->in);
    hc->in = NULL;
}

/* Takes a request of n bytes, or refuses what has come instead of one. */
static void take_request(struct http_conn *hc, size_t n, unsigned refused,
                         const char *why)
{
    struct request *r = mem_zero(1, sizeof(*r) + n + 1);
    memcpy(r->text, hc->in, n);
    r->refused = http_head_parse(r->text, n, &r->head, &r->why);
    if (refused) {
        r->refused = refused;
        r->why = why;
    }
    hc->request = r;
    hc->last = r->refused || r->head.last || hc->kept;
    if (r->refused || r->head.body)
        conn_linger(hc->conn, HTTP_END_MS, HTTP_BODY_BYTES);
    drop_input(hc, hc->last ? hc->n_in : n);
    pass_on(hc);
}

/* Its end need not be waited for. */
static bool has_long_line(const struct http_conn *hc)
{
    return hc->n_in > LINE_BYTES && !memchr(hc->in, '\n', LINE_BYTES);
}

static void refuse_long(struct http_conn *hc)
{
    const char *line_end = memchr(hc->in, '\n', hc->n_in);
    if (line_end && line_end - hc->in < HTTP_TARGET_BYTES)
        take_request(hc, 0, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
                     "the header fields of the request are too long");
    else
        take_request(hc, 0, MHD_HTTP_URI_TOO_LONG, "the address is too long");
}

static void end_input(struct http_conn *hc)
{
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&hc->pipe, &fd) == 0)
        (void)shutdown(fd, SHUT_WR);
}

/* Passes on the next request, if it has come whole and none is under way. */
static void next_request(struct http_conn *hc)
{
    if (!hc->request && !hc->last) {
        size_t blank = 0; /* RFC 9112, 2.2 */
        while (blank < hc->n_in && (hc->in[blank] == '\r' || hc->in[blank] == '\n'))
            blank++;
        if (blank > 0)
            drop_input(hc, blank);
        size_t n = hc->n_in ? http_head_end(hc->in, hc->n_in, hc->seen) : 0;
        hc->seen = hc->n_in;
        if (n > HTTP_HEAD_BYTES || (n == 0 && hc->n_in > HTTP_HEAD_BYTES) ||
            (n == 0 && has_long_line(hc)))
            refuse_long(hc);
        else if (n > 0)
            take_request(hc, n, 0, NULL);
        else if (hc->peer_done && hc->n_in > 0)
            take_request(hc, 0, MHD_HTTP_BAD_REQUEST, "the request is cut");
        else if (hc->peer_done)
            end_input(hc);
    }
    conn_hold(hc->conn, hc->request && hc->n_in > 0);
}

void http_bytes(struct http_conn *hc, const void *bytes, size_t n)
{
    if (hc->ended || hc->last)
        return;
    if (n == 0) {
        hc->peer_done = true;
    } else {
        hc->in = mem_resize(hc->in, hc->n_in + n, 1);
        memcpy(hc->in + hc->n_in, bytes, n);
        hc->n_in += n;
    }
    next_request(hc);
}

bool http_late(struct http_conn *hc)
{
    if (hc->n_in == 0 || hc->request || hc->last)
        return false;
    take_request(hc, 0, MHD_HTTP_REQUEST_TIMEOUT, "the request did not come in time");
    conn_deadline(hc->conn, HTTP_END_MS);
    return true;
}

/* ---- from pair to connection ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct http_conn *hc = handle->data;
    (void)suggested;
    *buf = uv_buf_init(hc->http->bytes, sizeof(hc->http->bytes));
}

static void end_if_drained(struct http_conn *hc)
{
    if (hc->ended && conn_queued_bytes(hc->conn) == 0)
        conn_close(hc->conn);
}

static void on_read(uv_stream_t *pipe, ssize_t n, const uv_buf_t *buf)
{
    struct http_conn *hc = pipe->data;
    if (!hc->conn)
        return;
    if (n > 0)
        conn_write(hc->conn, buf->base, (size_t)n);
    if (n < 0) {
        hc->ended = true;
        conn_deadline(hc->conn, HTTP_END_MS);
        end_if_drained(hc);
    } else if (conn_queued_bytes(hc->conn) > HTTP_AHEAD_BYTES) {
        hc->stopped = true;
        uv_read_stop(pipe);
    }
}

void http_drained(struct http_conn *hc)
{
    if (hc->stopped) {
        hc->stopped = false;
        uv_read_start((uv_stream_t *)&hc->pipe, on_alloc, on_read);
    }
    end_if_drained(hc);
}

static void handle_closed(struct http *h)
{
    if (--h->open_handles > 0)
        return;
    MHD_stop_daemon(h->daemon);
    sse_close(h->streams);
    map_release(&h->conns);
    free(h);
}

static void on_pipe_closed(uv_handle_t *pipe)
{
    struct http_conn *hc = pipe->data;
    struct http *h = hc->http;
    struct map *conns = &h->conns;
    /* libmicrohttpd may have closed its end, and another connection may have got the
     * same descriptor. */
    if (map_get(conns, (uint64_t)hc->other_end) == hc)
        map_remove(conns, (uint64_t)hc->other_end);
    h->pairs--;
    sse_stream_disown(hc->stream);
    free(hc->request);
    free(hc->in);
    free(hc);
    handle_closed(h);
}

void http_gone(struct http_conn *hc)
{
    hc->conn = NULL;
    sse_stream_end(hc->stream);
    uv_close((uv_handle_t *)&hc->pipe, on_pipe_closed);
}

bool http_finish(struct http_conn *hc)
{
    if (!hc->stream)
        return false;
    sse_stream_bye(hc->stream);
    return true;
}

/* ---- lifetime ---- */

static int make_pair(int ret[2])
{
    int bytes = HTTP_PAIR_BYTES;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) < 0)
        return -errno;
    for (int i = 0; i < 2; i++)
        (void)setsockopt(ret[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    return 0;
}

struct http_conn *http_take(struct http *h, struct conn *c, bool kept)
{
    static const struct sockaddr_un nowhere = {.sun_family = AF_UNIX};
    int pair[2];
    if (make_pair(pair) < 0)
        return NULL;
    struct http_conn *hc = mem_zero(1, sizeof(*hc));
    hc->http = h;
    hc->other_end = pair[1];
    hc->kept = kept;
    h->pairs++;
    h->open_handles++;
    uv_pipe_init(h->loop, &hc->pipe, 0);
    hc->pipe.data = hc;
    map_put(&h->conns, (uint64_t)pair[1], hc);
    int err = uv_pipe_open(&hc->pipe, pair[0]);
    assert(err == 0); /* cannot fail: the socket is new and non-blocking */
    (void)err;
    /* On failure it closes the descriptor. */
    if (MHD_add_connection(h->daemon, pair[1], (const struct sockaddr *)&nowhere,
                           sizeof(nowhere)) != MHD_YES) {
        uv_close((uv_handle_t *)&hc->pipe, on_pipe_closed);
        return NULL;
    }
    uv_read_start((uv_stream_t *)&hc->pipe, on_alloc, on_read);
    hc->conn = c;
    return hc;
}

void http_stats(const struct http *h, struct viewer_stats *ret)
{
    ret->requests += h->requests;
    ret->streams += sse_streams(h->streams);
    ret->sockets += 2 * h->pairs;
}

void http_effect(struct http *h, const struct effect *e)
{
    sse_effect(h->streams, e);
}

static void on_handle_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

void http_close(struct http *h)
{
    h->closing = true;
    run_daemon(h); /* frees the streams whose connections have closed */
    uv_timer_stop(&h->timer);
    uv_close((uv_handle_t *)&h->poll, on_handle_closed);
    uv_close((uv_handle_t *)&h->timer, on_handle_closed);
}

int http_new(uv_loop_t *loop, struct report *report, const struct view_policy *policy,
             struct http **ret)
{
    struct http *h = mem_zero(1, sizeof(*h));
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
        NULL, on_request, h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_POOL_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        free(h);
        return -ENOMEM;
    }
    h->loop = loop;
    h->route = (struct route){.report = report, .policy = policy};
    map_init(&h->conns, NULL);
    uv_timer_init(loop, &h->timer);
    uv_poll_init(loop, &h->poll, info->epoll_fd);
    h->timer.data = h->poll.data = h;
    h->open_handles = 2;
    h->streams = sse_new(loop, report, on_streams_wake, h);
    uv_poll_start(&h->poll, UV_READABLE, on_poll);
    *ret = h;
    return 0;
}
