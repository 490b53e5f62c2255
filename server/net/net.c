// SPDX-License-Identifier: MIT
#include "server/net/net.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/base.h"
#include "common/base/map.h"
#include "common/net/conn.h"
#include "common/sys/log.h"
#include "server/net/address_count.h"
#include "server/net/backup.h"
#include "server/net/recompute.h"
#include "server/net/tick.h"
#include "server/store/store.h"

enum { BACKLOG = 1024 };

/* One connection.  The core knows of it while `open`.  A surplus one, above the limits,
 * never opens: it only waits until its refusal has left. */
struct net_peer {
    struct net *net;
    struct conn *conn;
    struct viewer *viewer; /* NULL: speaks frames, or its protocol is not known */
    conn_id id;
    bool open, surplus;
    uint64_t origin;
};

struct net {
    uv_loop_t *loop;
    struct coord *coord;
    struct net_events events;
    void *ctx;

    uv_tcp_t listeners[NET_LISTENERS];
    struct conn_loop *conns;
    struct conn_acceptor acceptor;
    struct viewers *viewers;
    size_t n_listeners, max_connections, n_surplus;
    struct address_count origins;
    unsigned open_handles; /* of listeners, the tick and the store */

    struct tick turn;
    int64_t wall_ahead_ms; /* of Unix time, to the loop's */

    struct map peers; /* by id; includes surplus ones */
    conn_id last_id;
    struct store *store;
    struct backups backups;
    struct recompute *recompute;
    struct arena answers; /* to the last net_query() */
    bool stepping, closing;
    struct histogram commits;
    uint64_t commit_ns, committed_ns; /* when it was given to the store; when the last
                                         was durable, 0: there was none */
    uint64_t refused[REFUSAL_CODES];  /* by this file; the core tells of its own */
    bool token_asked;                 /* by the step whose effects are being applied */
    struct effect token;
    struct event_log *log; /* or NULL */
};

static int64_t now_ms(const struct net *n)
{
    return (int64_t)uv_now(n->loop);
}

/* ---- steps ---- */

static void send_to(struct net *n, const struct effect *e)
{
    const struct msg *m = &e->send.message;
    if (e->conn == CONN_LOCAL) {
        n->events.on_local_reply(n->ctx, m);
        return;
    }
    struct net_peer *p = map_get(&n->peers, e->conn);
    if (!p || (e->send.droppable && conn_queued_bytes(p->conn) > CONN_SOFT_BYTES / 4))
        return;
    if (m->type == MSG_WELCOME)
        conn_welcomed(p->conn);
    conn_send(p->conn, m);
}

/* Of a program in its own trials. */
static void ask_recompute(struct net *n, const struct effect *e)
{
    int unit = *e->recompute.program ? UNIT_LOG2 : 0;
    const struct recompute_range range = {.seed = e->recompute.seed,
                                          .first = e->recompute.first >> unit,
                                          .count = e->recompute.count >> unit,
                                          .program = e->recompute.program,
                                          .arg = e->recompute.arg,
                                          .score = e->recompute.score,
                                          .fresh = e->recompute.fresh};
    recompute_ask(n->recompute, e->recompute.id, &range);
}

static void apply(struct net *n, const struct effect *e)
{
    struct net_peer *p;
    switch (e->type) {
    case EFFECT_SEND:
        send_to(n, e);
        break;
    case EFFECT_CLOSE:
        p = map_get(&n->peers, e->conn);
        if (p)
            conn_close(p->conn);
        break;
    case EFFECT_STORE:
        n->commit_ns = uv_hrtime();
        store_commit(n->store, e->transaction.id, e->transaction.records,
                     e->transaction.n);
        break;
    case EFFECT_RECOMPUTE:
        ask_recompute(n, e);
        break;
    case EFFECT_TOKEN:
        assert(!n->token_asked); /* at most one per step */
        n->token_asked = true;
        n->token = *e;
        break;
    case EFFECT_BACKUP:
        backups_add(&n->backups, e->conn, e->request);
        break;
    case EFFECT_EVENTS:
    case EFFECT_REVOKE:
    case EFFECT_EVENT:
        n->events.on_effect(n->ctx, e);
        break;
    case EFFECT_STOPPED:
        n->events.on_stopped(n->ctx);
        break;
    }
}

void net_input(struct net *n, struct input *input)
{
    struct update update;
    assert(!n->stepping); /* effects must not start a step */
    if (n->closing)
        return;
    n->stepping = true;
    input->now_ms = now_ms(n);
    input->wall_ms = input->now_ms + n->wall_ahead_ms;
    coord_step(n->coord, input, &update);
    for (size_t i = 0; i < update.n; i++)
        apply(n, &update.effects[i]);
    assert(update.deadline_ms > input->now_ms);
    n->turn.deadline_ms = update.deadline_ms;
    n->stepping = false;
    if (n->token_asked) {
        struct effect token = n->token;
        n->token_asked = false;
        n->events.on_token(n->ctx, &token);
    }
}

bool net_query(struct net *n, const struct msg_request *request, reply_sink *sink,
               void *ctx)
{
    if (n->closing)
        return false;
    arena_reset(&n->answers);
    return coord_query(n->coord, now_ms(n), request, &n->answers, sink, ctx);
}

static void on_durable(void *ctx, uint64_t transaction, int status)
{
    struct net *n = ctx;
    if (status == 0) {
        n->committed_ns = uv_hrtime();
        histogram_add(&n->commits, (n->committed_ns - n->commit_ns) / 1000);
    }
    struct input in = {.type = INPUT_DURABLE,
                       .transaction = {.id = transaction, .status = status}};
    net_input(ctx, &in);
}

static void on_snapshot(void *ctx, int status, uint8_t *bytes, size_t size)
{
    struct net *n = ctx;
    backups_image(&n->backups, status, bytes, size);
}

static struct conn *conn_of(void *ctx, conn_id id)
{
    struct net *n = ctx;
    struct net_peer *p = map_get(&n->peers, id);
    return p ? p->conn : NULL;
}

static void on_store_failed(void *ctx, const struct error *why)
{
    struct net *n = ctx;
    n->events.on_failed(n->ctx, why);
}

static void on_recomputed(void *ctx, uint64_t id, uint64_t hits, uint64_t micros,
                          const char *failed)
{
    struct input in = {
        .type = INPUT_RECOMPUTED,
        .recompute = {.id = id, .hits = hits, .micros = micros, .failed = failed}};
    net_input(ctx, &in);
}

/* ---- time ---- */

static void on_turn_end(void *ctx)
{
    struct net *n = ctx;
    if (!n->closing)
        backups_pump(&n->backups);
}

/* Once a tick is enough for what is only shown. */
static void look_at_wall_clock(struct net *n)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    n->wall_ahead_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000 - now_ms(n);
}

static void on_deadline(void *ctx)
{
    struct net *n = ctx;
    look_at_wall_clock(n);
    net_input(n, &(struct input){.type = INPUT_TICK});
    event_log_tick(n->log, now_ms(n));
}

/* ---- connections ---- */

static void close_core(struct net *n);

static void on_message(struct conn *c, const struct msg *m, void *ctx)
{
    struct net_peer *p = ctx;
    struct input in = {.type = INPUT_MESSAGE, .conn = p->id, .message = m};
    (void)c;
    if (p->open)
        net_input(p->net, &in);
}

static void send_refusal(struct net *n, struct conn *c, enum refusal_code code,
                         const char *sentence, const char *hint)
{
    struct msg m = refusal_msg(code, sentence, hint);
    n->refused[code]++;
    conn_send(c, &m);
}

static void on_bad(struct conn *c, enum conn_fault fault, const char *why, void *ctx)
{
    struct net_peer *p = ctx;
    struct net *n = p->net;
    event_log_closed(n->log, now_ms(n), p->origin, conn_address(c), why,
                     fault == CONN_NOT_PICOORD || fault == CONN_BAD_TLS);
    if (fault == CONN_PLAINTEXT)
        send_refusal(n, c, REFUSAL_PLAINTEXT,
                     "this coordinator takes frames only in TLS",
                     "leave out --plaintext");
    else
        send_refusal(n, c, REFUSAL_MALFORMED, why, "");
}

static void on_conn_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct net_peer *p = ctx;
    struct net *n = p->net;
    (void)c;
    (void)status;
    map_remove(&n->peers, p->id);
    n->n_surplus -= p->surplus;
    if (p->viewer)
        viewer_gone(p->viewer);
    address_count_remove(&n->origins, p->origin);
    if (p->open)
        net_input(n, &(struct input){.type = INPUT_LOST, .conn = p->id});
    log_debug("connection ended", log_u64("conn", p->id), log_str("reason", why));
    free(p);
    if (n->closing && n->peers.n == 0)
        close_core(n);
}

static void log_full(struct net *n)
{
    event_log_full(n->log, now_ms(n), net_connections(n), n->max_connections);
}

static bool is_full(const struct net *n)
{
    return net_connections(n) >= n->max_connections;
}

/* The peer speaks frames, so a surplus one can be refused now. */
static void on_open(struct conn *c, void *ctx)
{
    struct net_peer *p = ctx;
    if (p->surplus) {
        send_refusal(p->net, c, REFUSAL_FULL,
                     is_full(p->net)
                         ? "this coordinator has no room for more connections"
                         : "too many connections from this address",
                     "try again later");
        conn_close(c);
        return;
    }
    p->open = true;
    struct input in = {.type = INPUT_CONNECTED,
                       .conn = p->id,
                       .address = conn_address(c),
                       .origin = p->origin,
                       .trusted = conn_in_the_clear(c)};
    net_input(p->net, &in);
}

static void on_protocol(struct conn *c, enum conn_protocol protocol, void *ctx)
{
    struct net_peer *p = ctx;
    p->viewer =
        viewers_take(p->net->viewers, c, protocol, p->surplus || p->net->closing);
}

static void on_bytes(struct conn *c, const void *bytes, size_t n, void *ctx)
{
    (void)c;
    viewer_bytes(((struct net_peer *)ctx)->viewer, bytes, n);
}

static void on_drained(struct conn *c, void *ctx)
{
    (void)c;
    viewer_drained(((struct net_peer *)ctx)->viewer);
}

static bool on_late(struct conn *c, void *ctx)
{
    (void)c;
    return viewer_late(((struct net_peer *)ctx)->viewer);
}

static const struct conn_events conn_events = {
    .on_open = on_open,
    .on_message = on_message,
    .on_bad = on_bad,
    .on_closed = on_conn_closed,
    .on_protocol = on_protocol,
    .on_bytes = on_bytes,
    .on_drained = on_drained,
    .on_late = on_late,
};

/* If the process is out of descriptors, libuv closes waiting connections by means of a
 * spare descriptor and reports an error here: there is nothing to accept. */
static void on_connection(uv_stream_t *listener, int status)
{
    struct net *n = listener->data;
    if (status < 0) {
        log_full(n);
        return;
    }
    struct net_peer *p = mem_zero(1, sizeof(*p));
    int err = conn_accept(listener, &n->acceptor, &conn_events, p, &p->conn);
    if (err < 0) {
        log_debug("cannot take a connection", log_str("error", uv_strerror(err)));
        free(p);
        return;
    }
    p->net = n;
    p->id = ++n->last_id;
    p->origin = conn_origin(p->conn);
    bool full = is_full(n);
    p->surplus = !address_count_add(&n->origins, p->origin) || full;
    n->n_surplus += p->surplus;
    map_put(&n->peers, p->id, p);
    if (full)
        log_full(n);
    if (n->n_surplus > LIMIT_REFUSED_AT_ONCE) {
        n->refused[REFUSAL_FULL]++;
        conn_abort(p->conn);
    }
}

bool net_reply(struct net *n, conn_id conn, const struct msg_reply *reply)
{
    struct conn *c = conn_of(n, conn);
    if (c && conn_queued_bytes(c) <= CONN_SOFT_BYTES / 4)
        conn_send(c, &(struct msg){.type = MSG_REPLY, .reply = *reply});
    return c != NULL;
}

size_t net_connections(const struct net *n)
{
    return n->peers.n - n->n_surplus;
}

void net_measure(const struct net *n, struct meters *ret)
{
    ret->commits = n->commits;
    ret->turns = n->turn.turns;
    ret->commit_age_ms =
        n->committed_ns ? (int64_t)((uv_hrtime() - n->committed_ns) / 1000000) : -1;
    memcpy(ret->refused, n->refused, sizeof(ret->refused));
    ret->n_programs = coord_counted(n->coord, ret->programs, PROGRAMS_COUNTED_MAX);
}

/* ---- life ---- */

static void release_handle(struct net *n)
{
    if (--n->open_handles > 0)
        return;
    n->events.on_closed(n->ctx);
    map_release(&n->peers);
    arena_release(&n->answers);
    backups_release(&n->backups);
    address_count_release(&n->origins);
    coord_free(n->coord);
    free(n);
}

static void on_handle_closed(uv_handle_t *h)
{
    release_handle(h->data);
}

/* The core owns the records of a transaction under way, so it must outlive the store.
 */
static void on_store_closed(void *ctx)
{
    release_handle(ctx);
}

int net_listen(struct net *n, const struct sockaddr *address, char ret[ADDRESS_BYTES])
{
    assert(n->n_listeners < NET_LISTENERS);
    uv_tcp_t *tcp = &n->listeners[n->n_listeners++];
    struct sockaddr_storage bound;
    int bytes = sizeof(bound);
    unsigned flags = address->sa_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0;

    uv_tcp_init(n->loop, tcp);
    tcp->data = n;
    n->open_handles++;
    int err = uv_tcp_bind(tcp, address, flags);
    /* libuv reports an address in use here, not by the bind. */
    if (err == 0)
        err = uv_listen((uv_stream_t *)tcp, BACKLOG, on_connection);
    if (err == 0)
        err = uv_tcp_getsockname(tcp, (struct sockaddr *)&bound, &bytes);
    if (err == 0)
        address_text((struct sockaddr *)&bound, ret);
    return err;
}

static const struct store_events store_events = {
    .on_durable = on_durable,
    .on_failed = on_store_failed,
    .on_snapshot = on_snapshot,
    .on_closed = on_store_closed,
};

static int open_recompute(struct net *n, uv_loop_t *loop,
                          const struct net_limits *limits)
{
    struct recompute_config config = {.offers = limits->offers,
                                      .tests = limits->tests,
                                      .threads = coord_audit_threads(n->coord),
                                      .on_counted = on_recomputed,
                                      .ctx = n};
    int err = kernel_choose("auto", &config.kernel);
    return err ? err : recompute_new(loop, &config, &n->recompute);
}

int net_new(uv_loop_t *loop, const struct coord_config *config, struct store *store,
            const struct net_limits *limits, const struct net_events *events, void *ctx,
            struct net **ret, const char **ret_why)
{
    struct net *n = mem_zero(1, sizeof(*n));
    size_t n_records;
    const struct record *records = store_records(store, &n_records);
    n->coord = coord_new(config);
    int err = coord_restore(n->coord, records, n_records, ret_why);
    if (err == 0)
        err = open_recompute(n, loop, limits);
    if (err < 0) {
        coord_free(n->coord);
        free(n);
        store_close(store);
        return err;
    }
    n->loop = loop;
    n->events = *events;
    n->ctx = ctx;
    n->max_connections = limits->connections;
    n->conns = conn_loop_new(loop);
    conn_acceptor_init(&n->acceptor, n->conns, limits->tls, limits->plaintext);
    n->acceptor.streams = limits->viewers != NULL;
    n->viewers = limits->viewers;
    n->log = limits->log;
    n->acceptor.frames = limits->frames;
    n->acceptor.bytes = limits->bytes;
    map_init(&n->peers, NULL);
    arena_init(&n->answers, 0);
    struct sip_key origins_key = sip_key_of(config->map_key);
    address_count_init(&n->origins,
                       limits->an_origin ? limits->an_origin : LIMIT_AN_ORIGIN,
                       &origins_key);
    n->store = store;
    n->backups = (struct backups){.store = store, .conn_of = conn_of, .ctx = n};
    look_at_wall_clock(n);
    store_start(store, &store_events, n);
    n->open_handles = TICK_HANDLES + 1;
    tick_open(&n->turn, loop, on_deadline, on_turn_end, n);
    *ret = n;
    return 0;
}

/* Closes everything else, once all connections are gone. */
static void close_core(struct net *n)
{
    store_close(n->store);
    recompute_close(n->recompute);
    conn_loop_free(n->conns);
    n->store = NULL;
    n->recompute = NULL;
    tick_close(&n->turn, n, on_handle_closed);
}

static void close_conns(struct net *n, void close(struct net_peer *))
{
    for (size_t i = 0; i < n->peers.capacity; i++) {
        struct net_peer *p = n->peers.slots[i].value;
        if (p)
            close(p);
    }
}

static void close_politely(struct net_peer *p)
{
    if (p->viewer)
        viewer_finish(p->viewer);
    else
        conn_close(p->conn);
}

static void close_at_once(struct net_peer *p)
{
    conn_abort(p->conn);
}

void net_close(struct net *n)
{
    if (n->closing)
        return;
    n->closing = true;
    for (size_t i = 0; i < n->n_listeners; i++)
        uv_close((uv_handle_t *)&n->listeners[i], on_handle_closed);
    close_conns(n, close_politely);
    if (n->peers.n == 0)
        close_core(n);
}

void net_abort(struct net *n)
{
    net_close(n);
    close_conns(n, close_at_once);
}
