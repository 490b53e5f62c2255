// SPDX-License-Identifier: MIT
#include "tests/lib/msg_random.h"

#include <math.h>
#include <string.h>

uint64_t next(struct gen *g)
{
    g->state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    uint64_t z = g->state;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t below(struct gen *g, uint64_t n)
{
    return next(g) % n;
}

/* A number of random magnitude, up to max. */
static uint64_t any_size(struct gen *g, uint64_t max)
{
    uint64_t value = next(g) >> below(g, 64);
    return value <= max ? value : value % (max + 1);
}

static const char *text(struct gen *g, size_t max, const char *of)
{
    size_t n = below(g, max + 1);
    char *s = arena_alloc(&g->arena, n + 1);
    for (size_t i = 0; i < n; i++)
        s[i] = of ? of[below(g, strlen(of))] : (char)(' ' + below(g, 95));
    s[n] = '\0';
    return s;
}

static const char *sentence(struct gen *g)
{
    return text(g, TEXT_BYTES, NULL);
}

static const char *name(struct gen *g)
{
    return arena_printf(&g->arena, "w%s", text(g, NAME_BYTES - 1, "aZ09._-"));
}

uint8_t *bytes(struct gen *g, size_t n)
{
    uint8_t *p = arena_alloc(&g->arena, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)next(g);
    return p;
}

static uint64_t *numbers(struct gen *g, size_t n, uint64_t min, uint64_t max)
{
    uint64_t *p = arena_array(&g->arena, n, sizeof(*p));
    for (size_t i = 0; i < n; i++)
        p[i] = min + any_size(g, max - min);
    return p;
}

static uint32_t *small_numbers(struct gen *g, size_t n, uint32_t max)
{
    uint32_t *p = arena_array(&g->arena, n, sizeof(*p));
    for (size_t i = 0; i < n; i++)
        p[i] = (uint32_t)any_size(g, max);
    return p;
}

/* A sentence of a worker's Hello. */
static const char *short_text(struct gen *g)
{
    return text(g, HELLO_TEXT_BYTES, NULL);
}

static const char *lines(struct gen *g)
{
    char *s = arena_printf(&g->arena, "%s", text(g, STDERR_BYTES, NULL));
    for (size_t i = 0; s[i]; i++)
        s[i] = below(g, 9) ? s[i] : '\n';
    return s;
}

/* n different names of programs. */
static const char *const *programs(struct gen *g, size_t n)
{
    const char **p = arena_array(&g->arena, n, sizeof(*p));
    for (size_t i = 0; i < n; i++)
        p[i] = arena_printf(&g->arena, "%zu%s", i, text(g, NAME_BYTES - 1, "aZ09._-"));
    return p;
}

static void gen_offers(struct gen *g, struct msg_hello *m)
{
    size_t n = below(g, PROGRAMS_MAX + 1);
    double *rates = arena_array(&g->arena, n, sizeof(*rates));
    for (size_t i = 0; i < n; i++)
        rates[i] = (double)any_size(g, UINT64_MAX) / 1000;
    m->n_offers = n;
    m->offer = programs(g, n);
    m->offer_test = numbers(g, n, 0, UINT64_MAX);
    m->offer_rate = rates;
}

static void gen_hello(struct gen *g, struct msg_hello *m)
{
    *m = (struct msg_hello){.protocol_min = 1,
                            .protocol_max = 1 + (uint32_t)below(g, 9),
                            .program = short_text(g),
                            .version = short_text(g),
                            .role = below(g, 2) ? ROLE_WORKER : ROLE_OPERATOR,
                            .proof = bytes(g, PROOF_BYTES),
                            .proof_bytes = below(g, PROOF_BYTES + 1),
                            .name = name(g),
                            .threads = 1 + (uint32_t)below(g, WORKER_THREADS_MAX),
                            .kernel = short_text(g),
                            .test_hits = below(g, 100000)};
    gen_offers(g, m);
    memcpy(m->secret, bytes(g, UID_BYTES), UID_BYTES);
}

struct bounds {
    uint64_t *first, *count;
    uint32_t *log2;
};

/* Bounds of a grant with 1 to 64 leases. */
static void gen_bounds(struct gen *g, uint64_t *first, uint64_t *count, uint32_t *log2)
{
    *log2 = LEASE_LOG2_MIN + (uint32_t)below(g, LEASE_LOG2_MAX - LEASE_LOG2_MIN + 1);
    do {
        *first = any_size(g, TRIALS_MAX - 1);
        *count = 1 + any_size(g, (UINT64_C(64) << *log2) - 1);
    } while (*count > TRIALS_MAX - *first ||
             grant_leases(*first, *count, *log2) > GRANT_LEASES);
}

static struct bounds gen_all_bounds(struct gen *g, size_t n)
{
    struct bounds b = {arena_array(&g->arena, n, 8), arena_array(&g->arena, n, 8),
                       arena_array(&g->arena, n, 4)};
    for (size_t i = 0; i < n; i++)
        gen_bounds(g, &b.first[i], &b.count[i], &b.log2[i]);
    return b;
}

static void gen_failures(struct gen *g, struct msg_resume *m)
{
    size_t n = below(g, PROGRAMS_MAX + 1);
    const char **why = arena_array(&g->arena, n, sizeof(*why));
    const char **said = arena_array(&g->arena, n, sizeof(*said));
    for (size_t i = 0; i < n; i++) {
        why[i] = sentence(g);
        said[i] = lines(g);
    }
    m->n_failed = n;
    m->failed = programs(g, n);
    m->failed_why = why;
    m->failed_stderr = said;
}

static void gen_resume(struct gen *g, struct msg_resume *m)
{
    size_t n = below(g, 3) ? below(g, 20) : 0;
    struct bounds b = gen_all_bounds(g, n);
    uint64_t *computing = numbers(g, n, 0, UINT64_MAX);
    uint64_t *unanswered = numbers(g, n, 0, UINT64_MAX);
    for (size_t i = 0; i < n; i++) {
        uint64_t all = leases_mask(grant_leases(b.first[i], b.count[i], b.log2[i]));
        computing[i] &= all;
        unanswered[i] &= all & ~computing[i];
        if ((computing[i] | unanswered[i]) == 0)
            computing[i] = all;
    }
    *m = (struct msg_resume){.n = n,
                             .job = bytes(g, n * UID_BYTES),
                             .grant = numbers(g, n, 0, UINT64_MAX),
                             .thread = small_numbers(g, n, WORKER_THREADS_MAX - 1),
                             .first = b.first,
                             .count = b.count,
                             .lease_log2 = b.log2,
                             .token = bytes(g, n * TOKEN_BYTES),
                             .computing = computing,
                             .unanswered = unanswered,
                             .last = below(g, 2)};
    if (n == 0)
        gen_failures(g, m);
}

static void gen_grants(struct gen *g, struct msg_grants *m)
{
    size_t n = 1 + below(g, 20);
    struct bounds b = gen_all_bounds(g, n);
    *m = (struct msg_grants){.seed = next(g),
                             .n = n,
                             .grant = numbers(g, n, 0, UINT64_MAX),
                             .thread = small_numbers(g, n, WORKER_THREADS_MAX - 1),
                             .first = b.first,
                             .count = b.count,
                             .lease_log2 = b.log2,
                             .token = bytes(g, n * TOKEN_BYTES),
                             .program = "",
                             .arg = ""};
    if (below(g, 2)) {
        m->program = *programs(g, 1);
        m->arg = text(g, ARG_BYTES, NULL);
        m->score = below(g, 2);
        for (size_t i = 0; i < n; i++) { /* whole trials */
            b.first[i] = b.first[i] >> UNIT_LOG2 << UNIT_LOG2;
            b.count[i] = UINT64_C(1) << b.log2[i];
        }
    }
    memcpy(m->job, bytes(g, UID_BYTES), UID_BYTES);
}

static void gen_results(struct gen *g, struct msg_results *m)
{
    size_t n = 1 + below(g, 10), hits = 0, pieces = 0;
    bool bare = below(g, 3) == 0;
    uint64_t *leases = numbers(g, n, 1, UINT64_MAX);
    uint32_t *group_pieces = small_numbers(g, n, 0);
    for (size_t i = 0; i < n; i++) {
        uint32_t k = (uint32_t)__builtin_popcountll(leases[i]);
        hits += k;
        group_pieces[i] = bare ? 0 : k * (1 + (uint32_t)below(g, 4));
        pieces += group_pieces[i];
    }
    *m = (struct msg_results){.n = n,
                              .grant = numbers(g, n, 0, UINT64_MAX),
                              .leases = leases,
                              .rate = numbers(g, n, 0, TRIALS_MAX),
                              .n_hits = hits,
                              .hits = numbers(g, hits, 0, LEASE_TRIALS_MAX),
                              .n_pieces = pieces,
                              .pieces = numbers(g, pieces, 0, PIECE_TRIALS_MAX),
                              .group_pieces = group_pieces};
}

static void gen_answers(struct gen *g, struct msg_answers *m)
{
    size_t n = 1 + below(g, 20);
    uint64_t *set[4];
    for (size_t k = 0; k < 4; k++)
        set[k] = numbers(g, n, 0, 0);
    for (size_t i = 0; i < n; i++) {
        for (int bit = 0; bit < GRANT_LEASES; bit++)
            if (below(g, 2))
                set[below(g, 4)][i] |= UINT64_C(1) << bit;
    }
    *m = (struct msg_answers){
        n, numbers(g, n, 0, UINT64_MAX), set[0], set[1], set[2], set[3]};
    for (size_t i = 0; i < n; i++)
        if ((set[0][i] | set[1][i] | set[2][i] | set[3][i]) == 0)
            set[0][i] = 1;
}

static void gen_leases(struct gen *g, struct msg_leases *m)
{
    size_t n = 1 + below(g, 20);
    *m = (struct msg_leases){n, numbers(g, n, 0, UINT64_MAX),
                             numbers(g, n, 1, UINT64_MAX)};
}

static void gen_program(struct gen *g, struct msg_submit *m)
{
    m->program = m->arg = "";
    m->scale = SCALE_PI;
    if (below(g, 2))
        return;
    m->program = *programs(g, 1);
    m->arg = text(g, ARG_BYTES, NULL);
    m->scale = below(g, 2) ? 1 : (double)(1 + next(g)) / 1e9;
    m->until_stderr *= m->scale / SCALE_PI;
    m->trials = 1 + m->trials % PROGRAM_TRIALS_MAX;
    m->score = below(g, 2);
    m->test_given = below(g, 2);
    m->test = m->test_given ? next(g) : 0;
}

static void gen_request(struct gen *g, struct msg_request *m)
{
    *m = (struct msg_request){.id = (uint32_t)next(g),
                              .verb = (enum request_verb)below(g, REQUEST_VERBS),
                              .job = any_size(g, UINT64_MAX),
                              .worker = name(g),
                              .all = below(g, 2),
                              .trials = 1 + any_size(g, TRIALS_MAX - 1),
                              .interval_ms = 100 + (uint32_t)below(g, 59901),
                              .rotate = below(g, 2)};
    if (m->rotate)
        m->role = (enum role)(ROLE_WORKER + below(g, 2));
    if (m->verb == REQUEST_RM && m->job == 0)
        m->job = 1;
    if (m->verb != REQUEST_DRAIN)
        m->all = false;
    if (m->all)
        m->worker = "";
    m->submit = (struct msg_submit){.rule = (enum stop_rule)below(g, 3),
                                    .trials = 1 + any_size(g, TRIALS_MAX - 1),
                                    .until_stderr = 1.0 / (double)(1 + below(g, 9999)),
                                    .for_ms = 1 + (int64_t)any_size(g, 1u << 30),
                                    .seed_given = below(g, 2),
                                    .name = below(g, 2) ? name(g) : "",
                                    .weight = 1 + (uint32_t)below(g, 1000),
                                    .audit = (enum audit_policy)below(g, 3)};
    m->submit.audit_given = below(g, 2);
    gen_program(g, &m->submit);
    if (m->submit.seed_given)
        m->submit.seed = next(g);
    memcpy(m->submit.request, bytes(g, UID_BYTES), UID_BYTES);
}

static double number_or_nan(struct gen *g)
{
    return below(g, 3) ? (double)next(g) / 3e19 : NAN;
}

static void gen_job(struct gen *g, struct job_view *v)
{
    uint64_t done = any_size(g, TRIALS_MAX), verified = any_size(g, done);
    *v = (struct job_view){.number = 1 + any_size(g, UINT64_MAX - 1),
                           .name = below(g, 2) ? name(g) : "",
                           .state = (enum job_state)(1 + below(g, JOB_FAILED)),
                           .reason = sentence(g),
                           .stalled = below(g, 2) ? name(g) : "",
                           .seed = next(g),
                           .trials = any_size(g, TRIALS_MAX),
                           .done = done,
                           .hits = any_size(g, done),
                           .verified_done = verified,
                           .verified_hits = any_size(g, verified),
                           .pi = number_or_nan(g),
                           .stderr_ = number_or_nan(g),
                           .ci_low = number_or_nan(g),
                           .ci_high = number_or_nan(g),
                           .any_low = number_or_nan(g),
                           .any_high = number_or_nan(g),
                           .rate = (double)any_size(g, UINT64_MAX),
                           .rule = (enum stop_rule)below(g, 3),
                           .until_stderr = 0.25,
                           .for_ms = 1 + (int64_t)any_size(g, 1u << 30),
                           .weight = (uint32_t)next(g),
                           .elapsed_ms = (int64_t)any_size(g, 1u << 30),
                           .leased = next(g),
                           .computed_again = next(g),
                           .surplus = next(g),
                           .audit = (enum audit_policy)below(g, 3),
                           .doubt = below(g, 2) ? sentence(g) : "",
                           .doubtful = next(g),
                           .submitted_ms = (int64_t)any_size(g, 1u << 30),
                           .started_ms = (int64_t)any_size(g, 1u << 30),
                           .ended_ms = (int64_t)any_size(g, 1u << 30)};
    memcpy(v->uid, bytes(g, UID_BYTES), UID_BYTES);
    v->program = v->arg = "";
    v->scale = SCALE_PI;
    if (below(g, 2))
        return;
    v->program = *programs(g, 1);
    v->arg = text(g, ARG_BYTES, NULL);
    v->scale = (double)(1 + below(g, 999)) / 8;
    v->done = v->verified_done = any_size(g, PROGRAM_TRIALS_MAX);
    v->score = below(g, 2);
    v->hits = v->verified_hits = any_size(g, v->done << (v->score ? UNIT_LOG2 : 0));
    v->test_known = below(g, 2);
    v->test = v->test_known ? next(g) : 0;
}

static void gen_program_views(struct gen *g, struct worker_view *v)
{
    size_t n = below(g, PROGRAMS_MAX + 1);
    const char *const *names = programs(g, n);
    struct program_view *p = arena_array(&g->arena, n, sizeof(*p));
    for (size_t i = 0; i < n; i++) {
        p[i] = (struct program_view){
            .name = names[i],
            .state = (enum program_state)(1 + below(g, PROGRAM_EXCLUDED)),
            .test_known = below(g, 2),
            .rate = (double)any_size(g, UINT64_MAX),
            .reason = sentence(g),
            .stderr_ = lines(g)};
        p[i].test = p[i].test_known ? next(g) : 0;
    }
    v->n_programs = n;
    v->programs = p;
}

static void gen_worker(struct gen *g, struct worker_view *v)
{
    *v = (struct worker_view){.id = next(g),
                              .name = name(g),
                              .address = text(g, 64, "0123456789.:[]"),
                              .kernel = sentence(g),
                              .version = sentence(g),
                              .threads = (uint32_t)next(g),
                              .state = (enum worker_state)(1 + below(g, WORKER_LEFT)),
                              .rate = (double)any_size(g, UINT64_MAX),
                              .trials = any_size(g, TRIALS_MAX),
                              .leases = (uint32_t)next(g),
                              .last_seen_ms = (int64_t)any_size(g, 1u << 30),
                              .trust = (enum worker_trust)(1 + below(g, TRUST_FULL)),
                              .audited = next(g),
                              .audits = (uint32_t)next(g),
                              .z = (double)any_size(g, UINT64_MAX) / -7 - 1,
                              .audit_ms = (int64_t)any_size(g, 1u << 30),
                              .trusted_as = (enum trusted_as)below(g, 4),
                              .removed = (enum worker_removed)below(g, 3),
                              .joined_ms = (int64_t)any_size(g, 1u << 30),
                              .seen_ms = (int64_t)any_size(g, 1u << 30)};
    if (below(g, 4) == 0)
        gen_program_views(g, v);
}

static void gen_status(struct gen *g, struct status_view *v)
{
    struct job_view *job = arena_alloc(&g->arena, sizeof(*job));
    gen_job(g, job);
    *v = (struct status_view){.version = sentence(g),
                              .protocol = (uint32_t)next(g),
                              .uptime_ms = (int64_t)any_size(g, 1u << 30),
                              .state = (enum coord_state)(1 + below(g, COORD_DEGRADED)),
                              .reason = sentence(g),
                              .stalled = below(g, 2) ? name(g) : "",
                              .workers = (uint32_t)next(g),
                              .threads = (uint32_t)next(g),
                              .jobs_active = (uint32_t)next(g),
                              .rate = (double)any_size(g, UINT64_MAX),
                              .job = below(g, 2) ? job : NULL,
                              .audits = {.due = (uint32_t)next(g),
                                         .trials = next(g),
                                         .wait_ms = (int64_t)any_size(g, 1u << 30),
                                         .help = sentence(g)},
                              .waiting = {.trials = next(g),
                                          .threads = (uint32_t)next(g),
                                          .seconds = (double)any_size(g, 1u << 30)},
                              .audit = (enum audit_policy)below(g, 3)};
}

void gen_ledger(struct gen *g, struct ledger_view *v)
{
    size_t n = below(g, 30), shares = below(g, 10), doubts = below(g, 10);
    struct job_view *job = arena_alloc(&g->arena, sizeof(*job));
    gen_job(g, job);
    bool score = below(g, 2);
    uint32_t shift = score ? UNIT_LOG2 : 0;
    uint64_t *count = numbers(g, n, 1, TRIALS_MAX >> shift >> 1);
    uint64_t *done = numbers(g, n, 0, 0), *hits = numbers(g, n, 0, 0);
    for (size_t i = 0; i < n; i++) {
        done[i] = any_size(g, count[i]);
        hits[i] = any_size(g, done[i] << shift);
    }
    struct share_view *share = arena_array(&g->arena, shares, sizeof(*share));
    for (size_t i = 0; i < shares; i++) {
        uint64_t trials = any_size(g, TRIALS_MAX >> shift);
        share[i] =
            (struct share_view){next(g), name(g), trials, any_size(g, trials << shift)};
    }
    *v = (struct ledger_view){.job = below(g, 2) ? job : NULL,
                              .n_cells = n,
                              .first = numbers(g, n, 0, TRIALS_MAX / 2),
                              .count = count,
                              .done = done,
                              .hits = hits,
                              .n_shares = shares,
                              .shares = share,
                              .n_doubts = doubts,
                              .doubt_first = numbers(g, doubts, 0, TRIALS_MAX / 2),
                              .doubt_count = numbers(g, doubts, 1, TRIALS_MAX / 2),
                              .score = score};
}

static void gen_answer(struct gen *g, struct answer_view *v)
{
    uint64_t trials = any_size(g, TRIALS_MAX);
    *v = (struct answer_view){.job = 1 + any_size(g, UINT64_MAX - 1),
                              .name = below(g, 2) ? name(g) : "",
                              .seed = next(g),
                              .trials = trials,
                              .hits = any_size(g, trials),
                              .pi = number_or_nan(g),
                              .stderr_ = number_or_nan(g),
                              .ci_low = number_or_nan(g),
                              .ci_high = number_or_nan(g),
                              .any_low = number_or_nan(g),
                              .any_high = number_or_nan(g),
                              .elapsed_ms = (int64_t)any_size(g, 1u << 30),
                              .program = ""};
    if (below(g, 2)) {
        v->program = *programs(g, 1);
        v->trials = any_size(g, PROGRAM_TRIALS_MAX);
        v->score = below(g, 2);
        v->hits = any_size(g, v->trials << (v->score ? UNIT_LOG2 : 0));
    }
}

static void gen_lists(struct gen *g, struct msg_reply *m)
{
    size_t n = below(g, 6);
    struct job_view *jobs = arena_array(&g->arena, n, sizeof(*jobs));
    struct worker_view *workers = arena_array(&g->arena, n, sizeof(*workers));
    struct answer_view *answers = arena_array(&g->arena, n, sizeof(*answers));
    for (size_t i = 0; i < n; i++) {
        gen_job(g, &jobs[i]);
        gen_worker(g, &workers[i]);
        gen_answer(g, &answers[i]);
    }
    if (m->body == REPLY_JOBS) {
        m->jobs.n = n;
        m->jobs.jobs = jobs;
    } else if (m->body == REPLY_WORKERS) {
        m->workers.n = n;
        m->workers.workers = workers;
    } else {
        m->history.n = n;
        m->history.answers = answers;
    }
}

static void gen_events(struct gen *g, struct msg_reply *m)
{
    size_t n = below(g, 6);
    struct event_view *events = arena_array(&g->arena, n, sizeof(*events));
    for (size_t i = 0; i < n; i++)
        events[i] = (struct event_view){.what = name(g),
                                        .name = below(g, 2) ? name(g) : "",
                                        .worker = below(g, 2) ? name(g) : "",
                                        .reason = below(g, 2) ? sentence(g) : "",
                                        .program = below(g, 2) ? name(g) : "",
                                        .job = any_size(g, UINT64_MAX),
                                        .first = any_size(g, TRIALS_MAX),
                                        .trials = any_size(g, TRIALS_MAX),
                                        .late_ms = any_size(g, UINT64_MAX),
                                        .time_ms = any_size(g, 1u << 30),
                                        .ranges = (uint32_t)next(g),
                                        .threads = (uint32_t)next(g),
                                        .connections = (uint32_t)next(g)};
    m->events.n = n;
    m->events.events = events;
}

static const char *const *gen_joins(struct gen *g, size_t *ret_n)
{
    *ret_n = below(g, 4);
    const char **joins = arena_array(&g->arena, *ret_n, sizeof(*joins));
    for (size_t i = 0; i < *ret_n; i++)
        joins[i] = sentence(g);
    return joins;
}

static void gen_reply(struct gen *g, struct msg_reply *m)
{
    *m = (struct msg_reply){.id = (uint32_t)next(g),
                            .last = below(g, 2),
                            .body = (enum reply_body)below(g, REPLY_BODIES)};
    switch (m->body) {
    case REPLY_ERROR:
        m->error.code = (enum error_code)(1 + below(g, ERROR_STORAGE));
        m->error.message = sentence(g);
        m->error.hint = sentence(g);
        return;
    case REPLY_DONE:
        m->done.note = below(g, 2) ? sentence(g) : "";
        if (below(g, 2)) {
            struct worker_view *v = arena_alloc(&g->arena, sizeof(*v));
            gen_worker(g, v);
            m->done.worker = v;
        }
        return;
    case REPLY_JOB:
        gen_job(g, &m->job);
        return;
    case REPLY_STATUS:
        gen_status(g, &m->status);
        return;
    case REPLY_LEDGER:
        gen_ledger(g, &m->ledger);
        return;
    case REPLY_JOBS:
    case REPLY_WORKERS:
    case REPLY_HISTORY:
        gen_lists(g, m);
        return;
    case REPLY_TOKEN:
        m->token.joins.workers = gen_joins(g, &m->token.joins.n_workers);
        m->token.joins.operators = gen_joins(g, &m->token.joins.n_operators);
        m->token.ended = (uint32_t)below(g, 5);
        m->token.joins.fetch = below(g, 2) == 1;
        break;
    case REPLY_BACKUP:
        m->backup.bytes = 1 + below(g, 2000);
        m->backup.data = bytes(g, m->backup.bytes);
        m->backup.size = m->backup.bytes + any_size(g, UINT64_MAX / 2);
        return;
    case REPLY_EVENTS:
        gen_events(g, m);
        return;
    }
}

static void gen_welcome(struct gen *g, struct msg_welcome *m)
{
    *m = (struct msg_welcome){.protocol = 1,
                              .version = sentence(g),
                              .heartbeat_ms = 1 + (uint32_t)below(g, 9000),
                              .silent_ms = 9000,
                              .worker = next(g),
                              .name = below(g, 2) ? name(g) : ""};
}

static void gen_refusal(struct gen *g, struct msg_refusal *m)
{
    *m = (struct msg_refusal){.code = (enum refusal_code)(1 + below(g, REFUSAL_ROLE)),
                              .sentence = sentence(g),
                              .hint = sentence(g),
                              .protocol_min = (uint32_t)next(g),
                              .protocol_max = (uint32_t)next(g)};
}

static void gen_heartbeat(struct gen *g, struct msg_heartbeat *m)
{
    size_t n = below(g, 20);
    *m = (struct msg_heartbeat){n, numbers(g, n, 0, UINT64_MAX),
                                small_numbers(g, n, GRANT_LEASES - 1)};
}

void gen_msg(struct gen *g, enum msg_type type, struct msg *m)
{
    m->type = type;
    switch (type) {
    case MSG_HELLO:
        gen_hello(g, &m->hello);
        return;
    case MSG_WELCOME:
        gen_welcome(g, &m->welcome);
        return;
    case MSG_REFUSAL:
        gen_refusal(g, &m->refusal);
        return;
    case MSG_BYE:
    case MSG_DRAIN:
        m->bye.reason = sentence(g);
        return;
    case MSG_HEARTBEAT:
        gen_heartbeat(g, &m->heartbeat);
        return;
    case MSG_RESUME:
        gen_resume(g, &m->resume);
        return;
    case MSG_GRANTS:
        gen_grants(g, &m->grants);
        return;
    case MSG_RESULTS:
        gen_results(g, &m->results);
        return;
    case MSG_ANSWERS:
        gen_answers(g, &m->answers);
        return;
    case MSG_CANCEL:
    case MSG_GIVE_BACK:
        gen_leases(g, &m->leases);
        return;
    case MSG_REQUEST:
        gen_request(g, &m->request);
        return;
    case MSG_REPLY:
        gen_reply(g, &m->reply);
        return;
    }
}
