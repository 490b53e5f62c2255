// SPDX-License-Identifier: MIT
/*
 * Turns callbacks into inputs and effects into calls (worker/agent_loop.h).  Inputs are
 * handled immediately, but a tick waits until the current loop iteration has read all
 * ready input: the timer's callback only requests the end of the iteration, an idle
 * handle keeps the poll from blocking, and on_turn_end() makes the tick.  Effects are
 * applied after the step has returned, so the calls they make never re-enter the agent.
 */
#include "worker/agent_loop.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "common/cli/term.h"
#include "common/net/conn.h"
#include "common/program/offer.h"
#include "common/program/self_test.h"
#include "common/sys/first_process.h"
#include "common/sys/late_signals.h"
#include "common/sys/log.h"
#include "worker/agent_log.h"
#include "worker/pool.h"
#include "worker/retest.h"

enum {
    DIAL_MS = 5000,         /* for resolving the name and trying its addresses */
    POLL_ENDPOINT_MS = 300, /* between two lookups of an absent coordinator */
};

struct agent_loop {
    const struct agent_loop_config *config;
    struct agent *agent;
    struct pool *pool;
    struct retests retests;
    struct conn *conn; /* NULL: none */
    uv_loop_t loop;
    struct conn_loop *conns;
    uv_timer_t deadline, poll_endpoint, lifetime;
    uv_async_t computed;
    uv_idle_t idle;
    uv_check_t turn_end;
    uv_signal_t term, interrupt, hangup, child;
    int64_t deadline_ms;      /* of the timer; 0: not set */
    struct endpoint endpoint; /* of this connection or the last attempt */
    struct error
        last_error;         /* last logged reason for an absent coordinator, or empty */
    const char *dial_error; /* passed to the agent at the end of the turn */
    bool open;              /* the connection is established */
    bool tick, stepping, signalled;
    bool terminal; /* it began on one */
    bool over;     /* the agent has left with `status` */
    int status;
};

static void loop_step(struct agent_loop *l, struct agent_input *input);

/* ---- the end of the turn ---- */

static void on_idle(uv_idle_t *h)
{
    (void)h; /* an active idle handle keeps the poll from blocking */
}

static void on_turn_end(uv_check_t *h)
{
    struct agent_loop *l = h->data;
    const char *error = l->dial_error;
    bool tick = l->tick;
    uv_idle_stop(&l->idle);
    uv_check_stop(&l->turn_end);
    l->dial_error = NULL;
    l->tick = false; /* before the step, which restarts the timer */
    if (error)
        loop_step(l, &(struct agent_input){.type = AGENT_FAILED, .text = error});
    if (tick)
        loop_step(l, &(struct agent_input){.type = AGENT_TICK});
}

static void request_turn_end(struct agent_loop *l)
{
    uv_idle_start(&l->idle, on_idle);
    uv_check_start(&l->turn_end, on_turn_end);
}

static void on_deadline(uv_timer_t *h)
{
    struct agent_loop *l = h->data;
    l->deadline_ms = 0;
    l->tick = true;
    request_turn_end(l);
}

/* At least 1 ms: a timer of 0 ms that its callback restarts would starve the loop. */
static void set_deadline(struct agent_loop *l, int64_t deadline_ms)
{
    int64_t now_ms = (int64_t)uv_now(&l->loop);
    int64_t in_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 1;
    if (l->over || l->tick || deadline_ms == l->deadline_ms)
        return;
    l->deadline_ms = deadline_ms;
    uv_timer_start(&l->deadline, on_deadline, (uint64_t)in_ms, 0);
}

/* ---- the connection ---- */

static void on_open(struct conn *c, void *ctx)
{
    struct agent_loop *l = ctx;
    (void)c;
    l->open = true;
    loop_step(l, &(struct agent_input){.type = AGENT_CONNECTED});
}

/* Whether the source of the token has a new one. */
static bool has_new_token(const struct agent_loop *l)
{
    struct endpoint now;
    return endpoint_find(&l->config->endpoint, &now) == ENDPOINT_FOUND &&
           endpoint_proof_bytes(&now) > 0 &&
           memcmp(now.token, l->endpoint.token, sizeof(now.token)) != 0;
}

static void on_message(struct conn *c, const struct msg *m, void *ctx)
{
    if (m->type == MSG_WELCOME)
        conn_welcomed(c);
    if (m->type == MSG_REFUSAL && m->refusal.code == REFUSAL_TOKEN &&
        has_new_token(ctx)) {
        log_info("the token has been rotated; a new one is there");
        conn_close(c); /* on_closed() leads to the next dial */
        return;
    }
    loop_step(ctx, &(struct agent_input){.type = AGENT_MESSAGE, .message = m});
}

static void on_bad(struct conn *c, enum conn_fault fault, const char *why, void *ctx)
{
    (void)c;
    loop_step(ctx, &(struct agent_input){.type = AGENT_BAD, .bad = {fault, why}});
}

static void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct agent_loop *l = ctx;
    struct agent_input input = {.type = l->open ? AGENT_LOST : AGENT_FAILED,
                                .text = why};
    (void)c;
    (void)status;
    l->conn = NULL;
    l->open = false;
    loop_step(l, &input);
}

static const struct conn_events conn_events = {
    .on_open = on_open,
    .on_message = on_message,
    .on_bad = on_bad,
    .on_closed = on_closed,
};

static void fail_dial(struct agent_loop *l, const char *error)
{
    l->dial_error = error;
    request_turn_end(l);
}

static void dial_endpoint(struct agent_loop *l)
{
    const struct endpoint *t = &l->endpoint;
    int error = conn_dial(l->conns, t->host, t->port, endpoint_pin(t), DIAL_MS,
                          &conn_events, l, &l->conn);
    if (error == 0)
        return;
    l->conn = NULL;
    fail_dial(l, uv_strerror(error));
}

static void on_poll_endpoint(uv_timer_t *h);

/* No coordinator yet: the agent's dial stays pending until one appears. */
static void wait_for_endpoint(struct agent_loop *l)
{
    const struct error *why = &l->endpoint.why;
    if (l->config->agent.once && !l->config->endpoint.contact_file) {
        fail_dial(l, why->what);
        return;
    }
    if (strcmp(l->last_error.what, why->what) != 0)
        log_info("waiting for a coordinator", log_str("why", why->what),
                 log_str("hint", why->hint));
    l->last_error = *why;
    uv_timer_start(&l->poll_endpoint, on_poll_endpoint, POLL_ENDPOINT_MS, 0);
}

/* Looks the endpoint up each time, because a restarted coordinator may have another
 * port and other keys. */
static void find_and_dial(struct agent_loop *l)
{
    enum endpoint_outcome outcome = endpoint_find(&l->config->endpoint, &l->endpoint);
    if (outcome == ENDPOINT_ABSENT) {
        wait_for_endpoint(l);
        return;
    }
    l->last_error.what[0] = '\0';
    if (outcome == ENDPOINT_WRONG)
        fail_dial(l, l->endpoint.why.what); /* it was valid when the worker started */
    else
        dial_endpoint(l);
}

static void on_poll_endpoint(uv_timer_t *h)
{
    find_and_dial(h->data);
}

/* ---- the threads ---- */

/* Called by a pool thread. */
static void wake_loop(void *ctx)
{
    struct agent_loop *l = ctx;
    uv_async_send(&l->computed);
}

static void on_computed(uv_async_t *h)
{
    struct agent_loop *l = h->data;
    const struct pool_done *done;
    size_t n = l->over ? 0 : pool_collect(l->pool, &done);
    for (size_t i = 0; i < n && !l->over; i++) {
        struct agent_input input = {.type = AGENT_COMPUTED};
        input.computed.thread = done[i].thread;
        input.computed.lease = done[i].lease;
        input.computed.grant = done[i].grant;
        input.computed.hits = done[i].hits;
        input.computed.micros = done[i].micros;
        input.computed.pieces = done[i].pieces;
        input.computed.n_pieces = done[i].n_pieces;
        input.computed.cancelled = done[i].cancelled;
        if (done[i].failure) {
            input.computed.failed = done[i].failure->why;
            input.computed.said = done[i].failure->stderr_;
        }
        input.computed.more = i + 1 < n;
        loop_step(l, &input);
    }
}

/* A program that had failed was tested again. */
static void on_retested(void *ctx, uint32_t program, const struct self_test *test,
                        const struct program_failure *why)
{
    struct agent_loop *l = ctx;
    struct agent_input input = {.type = AGENT_TESTED, .tested = {.program = program}};
    input.tested.failed = why ? why->why : NULL;
    input.tested.said = why ? why->stderr_ : NULL;
    input.tested.test = test->test;
    input.tested.rate = test->rate;
    if (!why)
        pool_offer(l->pool, program, test->test, test->rate);
    loop_step(l, &input);
}

/* ---- the end ---- */

static void on_signal(uv_signal_t *h, int signum)
{
    struct agent_loop *l = h->data;
    if (l->signalled && signum == SIGHUP)
        return; /* a closing terminal may send it twice */
    if (signum == SIGHUP && !l->terminal) {
        log_info("SIGHUP, but no terminal has closed: it goes on");
        return;
    }
    if (l->signalled)
        _exit(128 + signum);
    l->signalled = true;
    loop_step(l, &(struct agent_input){.type = AGENT_DRAIN});
}

/* The children of programs are waited for by the threads that have started them. */
static bool is_ours(void *ctx, pid_t pid)
{
    (void)ctx;
    return child_is_ours(pid);
}

static void on_child(uv_signal_t *h, int signum)
{
    (void)h, (void)signum;
    first_process_reap(is_ours, NULL);
}

static void on_lifetime(uv_timer_t *h)
{
    log_info("its lifetime is over");
    loop_step(h->data, &(struct agent_input){.type = AGENT_DRAIN});
}

static void close_handles(struct agent_loop *l)
{
    retests_close(&l->retests);
    uv_handle_t *handles[] = {
        (uv_handle_t *)&l->deadline,  (uv_handle_t *)&l->poll_endpoint,
        (uv_handle_t *)&l->computed,  (uv_handle_t *)&l->idle,
        (uv_handle_t *)&l->turn_end,  (uv_handle_t *)&l->term,
        (uv_handle_t *)&l->interrupt, (uv_handle_t *)&l->hangup,
        (uv_handle_t *)&l->child,     (uv_handle_t *)&l->lifetime,
    };
    late_signals_ignore();
    for (size_t i = 0; i < ARRAY_SIZE(handles); i++)
        uv_close(handles[i], NULL);
    conn_loop_free(l->conns);
}

static struct agent_teller teller_of(const struct agent_loop *l)
{
    return (struct agent_teller){l->agent, &l->config->agent, l->endpoint.where};
}

static void loop_leave(struct agent_loop *l, const struct agent_effect *e)
{
    struct agent_teller teller = teller_of(l);
    agent_log_exit(&teller, e);
    l->over = true;
    l->status = e->exit.status;
    pool_free(l->pool); /* joins the threads: nothing wakes the loop from here on */
    l->pool = NULL;
    if (l->conn)
        conn_close(l->conn);
    close_handles(l);
}

/* ---- effects ---- */

static void apply_effect(struct agent_loop *l, const struct agent_effect *e)
{
    switch (e->type) {
    case AGENT_CONNECT:
        assert(!l->conn);
        find_and_dial(l);
        return;
    case AGENT_SEND:
        conn_send(l->conn, &e->message);
        return;
    case AGENT_CLOSE:
        conn_close(l->conn);
        return;
    case AGENT_ASSIGN: {
        struct pool_grant g = {
            .id = e->assign.grant,
            .seed = e->assign.seed,
            .first = e->assign.first,
            .count = e->assign.count,
            .leases = e->assign.leases,
            .lease_log2 = e->assign.lease_log2,
            .program = e->assign.program,
            .arg = e->assign.arg,
            .score = e->assign.score,
        };
        pool_assign(l->pool, e->assign.thread, &g);
        return;
    }
    case AGENT_UNASSIGN:
        pool_unassign(l->pool, e->assign.thread, e->assign.grant, e->assign.leases);
        return;
    case AGENT_EVENT: {
        struct agent_teller teller = teller_of(l);
        agent_log_event(&teller, e);
        return;
    }
    case AGENT_TEST:
        retests_begin(&l->retests, e->test.program,
                      &l->config->offers->items[e->test.program - 1]);
        return;
    case AGENT_DIE:
        kill(getpid(), SIGKILL);
        return;
    case AGENT_EXIT:
        loop_leave(l, e);
        return;
    }
}

static void loop_step(struct agent_loop *l, struct agent_input *input)
{
    struct agent_update update;
    if (l->over)
        return;
    assert(!l->stepping);
    l->stepping = true;
    input->now_ms = (int64_t)uv_now(&l->loop);
    agent_step(l->agent, input, &update);
    for (size_t i = 0; i < update.n; i++)
        apply_effect(l, &update.effects[i]);
    l->stepping = false;
    set_deadline(l, update.deadline_ms);
}

/* ---- the beginning ---- */

static void open_handles(struct agent_loop *l)
{
    int error = uv_loop_init(&l->loop);
    error = error ? error : uv_timer_init(&l->loop, &l->deadline);
    error = error ? error : uv_timer_init(&l->loop, &l->poll_endpoint);
    error = error ? error : uv_timer_init(&l->loop, &l->lifetime);
    error = error ? error : uv_async_init(&l->loop, &l->computed, on_computed);
    error = error ? error : uv_idle_init(&l->loop, &l->idle);
    error = error ? error : uv_check_init(&l->loop, &l->turn_end);
    error = error ? error : uv_signal_init(&l->loop, &l->term);
    error = error ? error : uv_signal_init(&l->loop, &l->interrupt);
    error = error ? error : uv_signal_init(&l->loop, &l->hangup);
    error = error ? error : uv_signal_init(&l->loop, &l->child);
    error = error ? error : retests_open(&l->retests, &l->loop, on_retested, l);
    error = error ? error : uv_signal_start(&l->term, on_signal, SIGTERM);
    error = error ? error : uv_signal_start(&l->interrupt, on_signal, SIGINT);
    if (!error && !term_is_outlived())
        error = uv_signal_start(&l->hangup, on_signal, SIGHUP);
    if (!error && first_process_is())
        error = uv_signal_start(&l->child, on_child, SIGCHLD);
    if (error) { /* out of descriptors before the first connection */
        fprintf(stderr, "piworker: cannot start: %s\n", uv_strerror(error));
        _exit(EXIT_LOCAL);
    }
    l->terminal = term_controls();
    l->conns = conn_loop_new(&l->loop);
    l->deadline.data = l->poll_endpoint.data = l->computed.data = l->idle.data = l;
    l->turn_end.data = l->term.data = l->interrupt.data = l->hangup.data = l;
    l->lifetime.data = l;
    if (l->config->lifetime_ms > 0)
        uv_timer_start(&l->lifetime, on_lifetime, (uint64_t)l->config->lifetime_ms, 0);
}

static void loop_run(struct agent_loop *l)
{
    const struct pool_config pool = {
        .threads = l->config->agent.threads,
        .kernel = l->config->kernel,
        .offers = l->config->offers,
        .wake = wake_loop,
        .ctx = l,
    };
    int error = pool_new(&pool, &l->pool);
    if (error) {
        fprintf(stderr,
                "piworker: cannot start %" PRIu32 " threads: %s\n"
                "hint: use fewer --threads, or raise the limit (ulimit -u)\n",
                pool.threads, uv_strerror(error));
        l->over = true;
        l->status = EXIT_LOCAL;
        close_handles(l);
    }
    for (uint32_t i = 0; i < l->config->offers->n && !error; i++)
        pool_offer(l->pool, i + 1, l->config->tests[i].test, l->config->tests[i].rate);
    loop_step(l, &(struct agent_input){.type = AGENT_TICK});
    uv_run(&l->loop, UV_RUN_DEFAULT);
}

int agent_loop_run(const struct agent_loop_config *config)
{
    struct agent_loop *l = mem_zero(1, sizeof(*l));
    struct agent_config agent = config->agent;
    l->config = config;
    agent.proof = l->endpoint.token;
    agent.proof_bytes = config->endpoint.plaintext ? 0 : sizeof(l->endpoint.token);
    l->agent = agent_new(&agent);
    open_handles(l);
    loop_run(l);
    int error = uv_loop_close(&l->loop);
    assert(error == 0);
    (void)error;
    int status = l->status;
    agent_free(l->agent);
    explicit_bzero(&l->endpoint, sizeof(l->endpoint));
    free(l);
    return status;
}
