// SPDX-License-Identifier: MIT
/*
 * A free list: the memory of a forgotten grant, with its array of pieces, is reused for
 * the next one.  So once the largest number of grants has been reached, neither grants
 * nor results allocate.
 */
#include "worker/core/agent_grants.h"

#include <assert.h>
#include <string.h>

enum {
    RATE_MEMORY_MICROS = 500000, /* a rate is roughly that of the last half second */
};

static struct agent_grant *from_all(struct ring *l)
{
    return container_of(l, struct agent_grant, all);
}

static struct agent_grant *from_sender(struct ring *l)
{
    return container_of(l, struct agent_grant, sender);
}

static uint32_t popcount(uint64_t mask)
{
    return (uint32_t)__builtin_popcountll(mask);
}

static uint32_t lowest(uint64_t mask)
{
    assert(mask);
    return (uint32_t)__builtin_ctzll(mask);
}

void agent_grants_init(struct agent_grants *set, uint32_t threads, uint32_t programs)
{
    *set = (struct agent_grants){.n_threads = threads};
    map_init(&set->by_id, NULL);
    ring_init(&set->all);
    ring_init(&set->senders);
    ring_init(&set->spare);
    set->threads = mem_zero(threads, sizeof(*set->threads));
    set->rates = mem_zero((size_t)threads * (1 + programs), sizeof(*set->rates));
    for (uint32_t t = 0; t < threads; t++)
        set->threads[t].rates = set->rates + (size_t)t * (1 + programs);
}

static void free_list(struct ring *list)
{
    while (!ring_is_alone(list)) {
        // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track of the list
        struct agent_grant *g = from_all(list->next);
        ring_remove(&g->all);
        free(g->pieces);
        free(g);
    }
}

void agent_grants_release(struct agent_grants *set)
{
    free_list(&set->all);
    free_list(&set->spare);
    map_release(&set->by_id);
    free(set->threads);
    free(set->rates);
    *set = (struct agent_grants){0};
}

struct agent_grant *agent_grants_find(const struct agent_grants *set, uint64_t grant)
{
    return map_get(&set->by_id, grant);
}

/* A grant from the free list, which has its array of pieces still, or a new one. */
static struct agent_grant *grant_new(struct agent_grants *set)
{
    struct agent_grant *g;
    if (ring_is_alone(&set->spare)) {
        g = mem_zero(1, sizeof(*g));
    } else {
        g = from_all(set->spare.next);
        ring_remove(&g->all);
    }
    ring_append(&set->all, &g->all);
    ring_init(&g->sender);
    g->computed = g->unsent = 0;
    return g;
}

const char *agent_grants_add(struct agent_grants *set, const struct msg_grants *m,
                             size_t i, uint32_t program, struct agent_grant **ret)
{
    if (m->thread[i] >= set->n_threads)
        return "a grant is for a thread that is not there";
    if (agent_grants_find(set, m->grant[i]))
        return "a grant has come twice";
    struct agent_thread *t = &set->threads[m->thread[i]];
    if (t->grants == THREAD_GRANTS_MAX)
        return "more than 64 grants for one thread";

    uint32_t n = grant_leases(m->first[i], m->count[i], m->lease_log2[i]);
    assert(n >= 1 && n <= GRANT_LEASES);
    struct agent_grant *g = grant_new(set);
    g->id = m->grant[i];
    g->first = m->first[i];
    g->count = m->count[i];
    g->lease_log2 = m->lease_log2[i];
    g->thread = m->thread[i];
    g->program = program;
    memcpy(g->job, m->job, UID_BYTES);
    memcpy(g->token, m->token + i * TOKEN_BYTES, TOKEN_BYTES);
    g->todo = leases_mask(n);
    g->stride = lease_pieces(UINT64_C(1) << g->lease_log2);
    map_put(&set->by_id, g->id, g);
    t->grants++;
    set->n_grants++;
    set->n_todo += n;
    *ret = g;
    return NULL;
}

static void keep_pieces(struct agent_grant *g, uint32_t lease, const uint64_t *pieces,
                        uint32_t n)
{
    assert(n <= g->stride);
    size_t room = (size_t)g->stride * grant_leases(g->first, g->count, g->lease_log2);
    if (g->pieces_capacity < room) {
        g->pieces = mem_resize(g->pieces, room, sizeof(*g->pieces));
        g->pieces_capacity = room;
    }
    memcpy(g->pieces + (size_t)lease * g->stride, pieces, n * sizeof(*pieces));
}

static void measure_rate(struct agent_rate *t, uint64_t trials, uint64_t micros)
{
    if (micros == 0)
        return;
    double keep = RATE_MEMORY_MICROS / ((double)RATE_MEMORY_MICROS + (double)micros);
    t->trials = t->trials * keep + (double)trials;
    t->micros = t->micros * keep + (double)micros;
}

static uint64_t thread_rate(const struct agent_rate *t)
{
    return t->micros > 0 ? (uint64_t)(t->trials * 1e6 / t->micros + 0.5) : 0;
}

void agent_grants_computed(struct agent_grants *set, const struct agent_input *input,
                           bool bare)
{
    struct agent_grant *g = agent_grants_find(set, input->computed.grant);
    uint32_t lease = input->computed.lease;
    assert(lease < GRANT_LEASES);
    uint64_t bit = UINT64_C(1) << lease;
    if (!g || !(g->todo & bit) || input->computed.cancelled)
        return;
    assert(input->computed.thread == g->thread);
    uint32_t n = bare ? 0 : input->computed.n_pieces;
    if (n > 0)
        keep_pieces(g, lease, input->computed.pieces, n);
    g->n_pieces[lease] = (uint8_t)n;
    g->hits[lease] = input->computed.hits;
    g->todo &= ~bit;
    g->computed |= bit;
    if (g->unsent == 0)
        ring_append(&set->senders, &g->sender);
    g->unsent |= bit;
    set->n_todo--;
    set->n_computed++;
    uint64_t trials = grant_lease(g->first, g->count, g->lease_log2, lease).count;
    measure_rate(&set->threads[g->thread].rates[g->program], trials,
                 input->computed.micros);
}

void agent_grants_forget(struct agent_grants *set, struct agent_grant *g,
                         uint64_t leases)
{
    set->n_todo -= popcount(g->todo & leases);
    set->n_computed -= popcount(g->computed & leases);
    g->todo &= ~leases;
    g->computed &= ~leases;
    g->unsent &= ~leases;
    if (g->unsent == 0)
        ring_remove(&g->sender);
    if (g->todo || g->computed)
        return;
    map_remove(&set->by_id, g->id);
    set->threads[g->thread].grants--;
    set->n_grants--;
    ring_remove(&g->all);
    ring_append(&set->spare, &g->all);
}

/* Removes its leases that are still to be computed from their queue. */
static void unassign(struct agent_effects *out, const struct agent_grant *g)
{
    struct agent_effect *e = agent_out_add(out, AGENT_UNASSIGN);
    e->assign.grant = g->id;
    e->assign.thread = g->thread;
    e->assign.leases = g->todo;
}

void agent_grants_drop(struct agent_grants *set, struct agent_effects *out,
                       uint32_t program)
{
    for (struct ring *l = set->all.next, *next; l != &set->all; l = next) {
        struct agent_grant *g = from_all(l);
        next = l->next;
        if (g->program != program)
            continue;
        if (g->todo)
            unassign(out, g);
        agent_grants_forget(set, g, g->todo | g->computed);
    }
}

void agent_grants_unsend(struct agent_grants *set)
{
    for (struct ring *l = set->all.next; l != &set->all; l = l->next) {
        struct agent_grant *g = from_all(l);
        if (g->computed && g->unsent == 0)
            ring_append(&set->senders, &g->sender);
        g->unsent = g->computed;
    }
}

static void *effects_array(struct agent_effects *out, size_t n, size_t size)
{
    void *p = arena_array(&out->arena, n, size);
    assert(p); /* the arena has no limit */
    return p;
}

/* Adds a Resume of n grants from *at on, and moves *at past them. */
static void resume_frame(struct agent_effects *out, struct ring **at, size_t n,
                         bool last)
{
    uint8_t *job = effects_array(out, n, UID_BYTES),
            *token = effects_array(out, n, TOKEN_BYTES);
    uint32_t *thread = effects_array(out, n, sizeof(*thread));
    uint32_t *log2 = effects_array(out, n, sizeof(*log2));
    uint64_t *grant = effects_array(out, n, sizeof(*grant));
    uint64_t *first = effects_array(out, n, sizeof(*first));
    uint64_t *count = effects_array(out, n, sizeof(*count));
    uint64_t *computing = effects_array(out, n, sizeof(*computing));
    uint64_t *unanswered = effects_array(out, n, sizeof(*unanswered));

    for (size_t i = 0; i < n; i++, *at = (*at)->next) {
        const struct agent_grant *g = from_all(*at);
        memcpy(job + i * UID_BYTES, g->job, UID_BYTES);
        memcpy(token + i * TOKEN_BYTES, g->token, TOKEN_BYTES);
        grant[i] = g->id;
        thread[i] = g->thread;
        first[i] = g->first;
        count[i] = g->count;
        log2[i] = g->lease_log2;
        computing[i] = g->todo;
        unanswered[i] = g->computed;
    }
    agent_out_send(out, MSG_RESUME)->resume = (struct msg_resume){
        .n = n,
        .job = job,
        .grant = grant,
        .thread = thread,
        .first = first,
        .count = count,
        .lease_log2 = log2,
        .token = token,
        .computing = computing,
        .unanswered = unanswered,
        .last = last,
    };
}

void grants_put_resume(struct agent_grants *set, struct agent_effects *out)
{
    struct ring *at = set->all.next;
    size_t left = set->n_grants;
    do {
        size_t n = left < RESUME_MAX ? left : RESUME_MAX;
        left -= n;
        resume_frame(out, &at, n, left == 0);
    } while (left > 0);
    assert(at == &set->all);
}

/* How many grants with unsent results fit into one Results, how many results that is,
 * and an upper bound of their pieces. */
static size_t results_fit(const struct agent_grants *set, size_t *ret_hits,
                          size_t *ret_room)
{
    size_t n = 0, n_hits = 0, room = 0;
    for (struct ring *l = set->senders.next; l != &set->senders; l = l->next, n++) {
        const struct agent_grant *g = from_sender(l);
        uint32_t k = popcount(g->unsent);
        size_t pieces = g->pieces ? (size_t)k * g->stride : 0;
        if (n == RESULTS_GRANTS_MAX || n_hits + k > RESULTS_HITS_MAX ||
            room + pieces > RESULTS_PIECES_MAX)
            break;
        n_hits += k;
        room += pieces;
    }
    assert(n > 0); /* one grant alone always fits */
    *ret_hits = n_hits;
    *ret_room = room;
    return n;
}

/* Adds a Results and removes its grants from the senders. */
static void results_frame(struct agent_grants *set, struct agent_effects *out)
{
    size_t n_hits, room, n_pieces = 0;
    size_t n = results_fit(set, &n_hits, &room);
    uint64_t *grant = effects_array(out, n, sizeof(*grant));
    uint64_t *leases = effects_array(out, n, sizeof(*leases));
    uint64_t *rate = effects_array(out, n, sizeof(*rate));
    uint32_t *group_pieces = effects_array(out, n, sizeof(*group_pieces));
    uint64_t *hits = effects_array(out, n_hits, sizeof(*hits)), *next_hits = hits;
    uint64_t *pieces = effects_array(out, room, sizeof(*pieces));

    for (size_t i = 0; i < n; i++) {
        struct agent_grant *g = from_sender(set->senders.next);
        grant[i] = g->id;
        leases[i] = g->unsent;
        rate[i] = thread_rate(&set->threads[g->thread].rates[g->program]);
        group_pieces[i] = 0;
        for (uint64_t left = g->unsent; left; left &= left - 1) {
            uint32_t lease = lowest(left), k = g->n_pieces[lease];
            *next_hits++ = g->hits[lease];
            if (k > 0)
                memcpy(pieces + n_pieces, g->pieces + (size_t)lease * g->stride,
                       k * sizeof(*pieces));
            n_pieces += k;
            group_pieces[i] += k;
        }
        g->unsent = 0;
        ring_remove(&g->sender);
    }
    assert(next_hits == hits + n_hits && n_pieces <= room);
    agent_out_send(out, MSG_RESULTS)->results = (struct msg_results){
        .n = n,
        .grant = grant,
        .leases = leases,
        .rate = rate,
        .n_hits = n_hits,
        .hits = hits,
        .n_pieces = n_pieces,
        .pieces = pieces,
        .group_pieces = group_pieces,
    };
}

void grants_put_results(struct agent_grants *set, struct agent_effects *out)
{
    while (!ring_is_alone(&set->senders))
        results_frame(set, out);
}

/* A thread computes its grants in order of arrival, and the leases of a grant in order.
 * So the first lease in todo of its first grant is the one that it computes now. */
void grants_put_heartbeat(struct agent_grants *set, struct agent_effects *out)
{
    size_t n = 0;
    size_t most = set->n_grants < set->n_threads ? set->n_grants : set->n_threads;
    uint64_t *grant = effects_array(out, most, sizeof(*grant));
    uint32_t *lease = effects_array(out, most, sizeof(*lease));
    for (uint32_t t = 0; t < set->n_threads; t++)
        set->threads[t].named = false;
    for (struct ring *l = set->all.next; l != &set->all; l = l->next) {
        const struct agent_grant *g = from_all(l);
        if (g->todo == 0 || set->threads[g->thread].named)
            continue;
        set->threads[g->thread].named = true;
        grant[n] = g->id;
        lease[n++] = lowest(g->todo);
    }
    assert(n <= most && n <= HEARTBEAT_MAX);
    agent_out_send(out, MSG_HEARTBEAT)->heartbeat =
        (struct msg_heartbeat){n, grant, lease};
}

void agent_grants_give_back(struct agent_grants *set, struct agent_effects *out,
                            bool connected)
{
    uint64_t *grant = effects_array(out, set->n_grants, sizeof(*grant));
    uint64_t *leases = effects_array(out, set->n_grants, sizeof(*leases));
    size_t n = 0;
    for (struct ring *l = set->all.next, *next; l != &set->all; l = next) {
        struct agent_grant *g = from_all(l);
        next = l->next;
        if (g->todo == 0)
            continue;
        grant[n] = g->id;
        leases[n++] = g->todo;
        unassign(out, g);
        agent_grants_forget(set, g, g->todo);
    }
    for (size_t i = 0; connected && i < n; i += CANCEL_MAX) {
        size_t some = n - i < CANCEL_MAX ? n - i : CANCEL_MAX;
        agent_out_send(out, MSG_GIVE_BACK)->leases =
            (struct msg_leases){some, grant + i, leases + i};
    }
}
