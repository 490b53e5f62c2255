// SPDX-License-Identifier: MIT
#include "tests/kill/worker.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/sys/hash.h"
#include "common/wire/wire.h"

/* Slow enough that leases are small and many. */
enum { CLAIMED_TRIALS_A_MICRO = 2 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (t.tv_sec * 1000 + t.tv_nsec / 1000000) * CLOCK_FASTER;
}

void set_add(struct span_set *s, uint64_t first, uint64_t end)
{
    while (first < end) {
        const struct span *x = span_of(s, first);
        struct span_at at;
        if (x) {
            first = x->end;
            continue;
        }
        uint64_t to = end;
        if (span_find(s, first, &at) && span_get(s, at)->first < end)
            to = span_get(s, at)->first;
        span_add(s, (struct span){first, to, 0, 0}, 0, UINT64_MAX);
        first = to;
    }
}

/* ---- messages ---- */

static void remember_grants(struct worker *w, const struct msg_grants *g)
{
    for (size_t i = 0; i < g->n; i++) {
        struct work *k = mem_zero(1, sizeof(*k));
        *k = (struct work){.grant = g->grant[i],
                           .first = g->first[i],
                           .count = g->count[i],
                           .log2 = g->lease_log2[i]};
        free(map_remove(&w->grants, k->grant));
        map_put(&w->grants, k->grant, k);
    }
}

static void remember(struct worker *w, struct span_set *set, uint64_t grant,
                     uint64_t leases)
{
    const struct work *k = map_get(&w->grants, grant);
    if (!k) {
        w->oracle->wrong += leases != 0;
        return;
    }
    for (; leases; leases &= leases - 1) {
        struct range r =
            grant_lease(k->first, k->count, k->log2, (uint32_t)__builtin_ctzll(leases));
        set_add(set, r.first, r.first + r.count);
    }
}

static void remember_answers(struct worker *w, const struct msg_answers *a)
{
    for (size_t i = 0; i < a->n; i++) {
        uint64_t kept = a->counted[i] | a->covered[i];
        remember(w, &w->oracle->answered, a->grant[i], kept);
        w->oracle->answers += (uint64_t)__builtin_popcountll(kept);
        w->oracle->again += (uint64_t)__builtin_popcountll(a->covered[i]);
    }
}

static void step(struct worker *w, struct agent_input in);

static void disconnect(struct worker *w, const char *why)
{
    close(w->fd);
    w->fd = -1;
    w->out_n = 0;
    frame_reader_release(&w->reader);
    step(w, (struct agent_input){.type = w->connecting ? AGENT_FAILED : AGENT_LOST,
                                 .text = why});
}

static void send_message(struct worker *w, const struct msg *m)
{
    for (size_t i = 0; m->type == MSG_RESULTS && i < m->results.n; i++)
        remember(w, &w->oracle->sent, m->results.grant[i], m->results.leases[i]);
    assert(w->out_n + wire_size(m) <= OUT_BYTES);
    w->out_n += wire_encode(m, &w->out_arena, w->out + w->out_n, OUT_BYTES - w->out_n);
}

/* ---- work ---- */

static void assign(struct worker *w, const struct agent_effect *e)
{
    if (w->n_queue == w->queue_capacity) {
        w->queue_capacity = w->queue_capacity ? 2 * w->queue_capacity : 16;
        w->queue = mem_resize(w->queue, w->queue_capacity, sizeof(*w->queue));
    }
    w->queue[w->n_queue++] = (struct work){.grant = e->assign.grant,
                                           .seed = e->assign.seed,
                                           .first = e->assign.first,
                                           .count = e->assign.count,
                                           .leases = e->assign.leases,
                                           .log2 = e->assign.lease_log2};
}

/* A thread never holds a lease that it has begun and not reported, so the lease is just
 * removed. */
static void unassign(struct worker *w, uint64_t grant, uint64_t leases)
{
    for (size_t i = 0; i < w->n_queue; i++)
        if (w->queue[i].grant == grant)
            w->queue[i].leases &= ~leases;
}

static void compute_one(struct worker *w)
{
    while (w->n_queue > 0 && w->queue[0].leases == 0)
        memmove(w->queue, w->queue + 1, --w->n_queue * sizeof(*w->queue));
    if (w->n_queue == 0)
        return;
    struct work *k = &w->queue[0];
    uint32_t lease = (uint32_t)__builtin_ctzll(k->leases);
    struct range r = grant_lease(k->first, k->count, k->log2, lease);
    uint64_t pieces[LEASE_PIECES], piece = lease_piece(r.count);
    struct agent_input in = {.type = AGENT_COMPUTED};
    if (kernel_count(w->kernel, k->seed, r.first, r.count, piece, pieces, NULL,
                     &in.computed.hits) < 0)
        abort();
    k->leases &= k->leases - 1;
    in.computed.grant = k->grant;
    in.computed.lease = lease;
    in.computed.micros = r.count / CLAIMED_TRIALS_A_MICRO;
    in.computed.pieces = pieces;
    in.computed.n_pieces = (uint32_t)((r.count + piece - 1) / piece);
    step(w, in);
}

/* ---- the agent ---- */

static void apply(struct worker *w, const struct agent_effect *e)
{
    switch (e->type) {
    case AGENT_CONNECT:
        w->wants = true;
        break;
    case AGENT_SEND:
        send_message(w, &e->message);
        break;
    case AGENT_CLOSE:
    case AGENT_DIE:
    case AGENT_EXIT:
        fprintf(stderr, "killed: a worker was sent away: %s\n",
                e->type == AGENT_EXIT ? e->exit.text : "closed");
        abort();
    case AGENT_ASSIGN:
        assign(w, e);
        break;
    case AGENT_UNASSIGN:
        unassign(w, e->assign.grant, e->assign.leases);
        break;
    case AGENT_EVENT:
    case AGENT_TEST:
        break;
    }
}

static void step(struct worker *w, struct agent_input in)
{
    struct agent_update u;
    in.now_ms = now_ms();
    agent_step(w->agent, &in, &u);
    w->deadline_ms = u.deadline_ms;
    for (size_t i = 0; i < u.n; i++)
        apply(w, &u.effects[i]);
}

static void take_messages(struct worker *w)
{
    const uint8_t *body;
    size_t bytes;
    struct msg m;
    const char *why;
    while (w->fd >= 0 && frame_next(&w->reader, &body, &bytes) == FRAME_READY) {
        if (wire_decode(body, bytes, &w->in_arena, &m, &why) < 0) {
            fprintf(stderr, "killed: picoord sent nonsense: %s\n", why);
            abort();
        }
        if (m.type == MSG_GRANTS)
            remember_grants(w, &m.grants);
        else if (m.type == MSG_ANSWERS)
            remember_answers(w, &m.answers);
        step(w, (struct agent_input){.type = AGENT_MESSAGE, .message = &m});
    }
}

/* ---- the socket ---- */

static void dial(struct worker *w, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    w->wants = false;
    w->connecting = true;
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    frame_reader_init(&w->reader, FRAME_BODY_MAX);
    if (port == 0 || connect(w->fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        disconnect(w, "refused");
        return;
    }
    w->connecting = false;
    step(w, (struct agent_input){.type = AGENT_CONNECTED});
}

static void take_in(struct worker *w)
{
    size_t room;
    void *to = frame_reader_room(&w->reader, &room);
    ssize_t n = recv(w->fd, to, room, MSG_DONTWAIT);
    if (n > 0) {
        frame_reader_filled(&w->reader, (size_t)n);
        take_messages(w);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        disconnect(w, "closed by the other side");
    }
}

static void put_out(struct worker *w)
{
    ssize_t n = send(w->fd, w->out, w->out_n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        disconnect(w, "connection reset by peer");
        return;
    }
    if (n > 0) {
        w->out_n -= (size_t)n;
        memmove(w->out, w->out + n, w->out_n);
    }
}

void worker_turn(struct worker *w, int port)
{
    if (w->wants)
        dial(w, port);
    if (w->fd >= 0)
        take_in(w);
    compute_one(w);
    if (now_ms() >= w->deadline_ms)
        step(w, (struct agent_input){.type = AGENT_TICK});
    if (w->fd >= 0 && w->out_n > 0)
        put_out(w);
}

void worker_start(struct worker *w, struct oracle *oracle, const struct kernel *kernel,
                  int number)
{
    struct agent_config config = {
        .version = "0", .kernel = kernel->name, .threads = 1, .exit_when_idle_ms = -1};
    *w = (struct worker){.oracle = oracle, .kernel = kernel, .fd = -1};
    snprintf(w->name, sizeof(w->name), "w%d", number);
    hash_random(config.secret, sizeof(config.secret));
    hash_random(config.random, sizeof(config.random));
    config.name = w->name;
    map_init(&w->grants, NULL);
    arena_init(&w->in_arena, WIRE_BUDGET_BYTES);
    arena_init(&w->out_arena, 0);
    w->out = mem_resize(NULL, OUT_BYTES, 1);
    w->agent = agent_new(&config);
    step(w, (struct agent_input){.type = AGENT_TICK});
}

void worker_end(struct worker *w)
{
    if (w->fd >= 0) {
        close(w->fd);
        frame_reader_release(&w->reader);
    }
    agent_free(w->agent);
    for (size_t i = 0; i < w->grants.capacity; i++)
        free(w->grants.slots[i].value);
    map_release(&w->grants);
    arena_release(&w->in_arena);
    arena_release(&w->out_arena);
    free(w->out);
    free(w->queue);
}
