// SPDX-License-Identifier: MIT
#include "common/program/program.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "common/base/format.h"
#include "common/program/answers.h"

enum {
    REQUEST_BYTES =
        sizeof("count  18446744073709551615 70368744177664 ") + 20 + ARG_BYTES + 2,
    LEAVE_MS = 250,  /* a child whose input has ended may tidy up for so long */
    CANCEL_MS = 500, /* a child that is nearly done may take so long */
};
static const double cancel_seconds = 0.1; /* it is nearly done */
/* Answers gather for this part of what is predicted, if that is so long, and not
 * longer. */
static const double gather_part = 0.5, gather_least = 200e-6, gather_seconds = 0.02;
static const double test_seconds = 1; /* the test at each start takes no longer */

struct counter {
    struct program_config config;
    char **environment;
    struct program_child child;
    struct answers answers;
    bool owes;   /* the child was asked, and has not answered all */
    double rate; /* trials/s, as last seen; 0: nothing is known */
};

/* A count under way.  Offsets are from `first`. */
struct counting {
    const struct program_call *call;
    uint64_t first, count, piece;
    uint64_t *sub; /* or NULL */
    uint64_t hits, asked, answered;
    char requests[8 * REQUEST_BYTES + 4096]; /* the last ends at `asked` */
    size_t request_bytes, sent;
    int64_t until_ms;
    bool cancelled; /* nothing more is asked */
};

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int64_t now_ms(void)
{
    return (int64_t)(1e3 * seconds_now());
}

struct counter *program_new(const struct program_config *config)
{
    struct counter *p = mem_zero(1, sizeof(*p));
    p->config = *config;
    p->rate = config->rate;
    p->environment = child_environment(config->name, config->thread);
    if (p->config.patience_ms == 0)
        p->config.patience_ms = PROGRAM_PATIENCE_MS;
    return p;
}

void program_restart(struct counter *p)
{
    child_stop(&p->child, p->owes ? 0 : LEAVE_MS);
    p->answers.n = 0;
    p->owes = false;
}

void program_free(struct counter *p)
{
    if (!p)
        return;
    program_restart(p);
    child_environment_free(p->environment);
    free(p);
}

/* ---- failures ---- */

/* The last line of stderr that is not empty often says it best. */
static void quote_last_line(const char *lines, char ret[120])
{
    const char *line = strrchr(lines, '\n');
    line = line ? line + 1 : lines;
    ret[0] = '\0';
    if (*line)
        snprintf(ret, 120, ": \"%.*s\"", 115, line);
}

/* Ends the child.  Why: how it has ended by itself, if it has (silent: it may have),
 * else `what`. */
static int fail(struct counter *p, struct program_failure *ret, bool silent,
                const char *hint, const char *what)
{
    char how[CHILD_HOW_BYTES], said[120];
    if (silent && child_end(&p->child, how)) {
        what = how;
        hint = "it is to answer request after request until its input ends";
    }
    program_restart(p);
    child_last_lines(&p->child, ret->stderr_);
    quote_last_line(ret->stderr_, said);
    snprintf(ret->why, sizeof(ret->why), "%s%s", what, said);
    ret->hint = hint;
    return -EPROTO;
}

#define ANSWER_HINT "each request gets one line, FIRST HITS, and nothing else on stdout"

static int fail_answer(struct counter *p, struct program_failure *ret,
                       const char *shown, const char *problem)
{
    char what[PROGRAM_WHY_BYTES];
    snprintf(what, sizeof(what), "answered \"%s\"%s", shown, problem);
    return fail(p, ret, false, ANSWER_HINT, what);
}

static int fail_time(struct counter *p, struct program_failure *ret,
                     const struct counting *c)
{
    char what[PROGRAM_WHY_BYTES], took[FORMAT_MAX], shown[ANSWER_BYTES] = "";
    uint64_t first, hits;
    double trials = fmin((double)c->piece, (double)(c->count - c->answered));
    double limit = (double)p->config.patience_ms;
    if (p->rate > 0)
        limit += 1e4 * trials / p->rate;
    format_duration(took, sizeof(took), (int64_t)fmin(limit, 1e15));
    if (answers_next(&p->answers, &first, &hits, shown) == ANSWER_NONE && *shown)
        snprintf(what, sizeof(what), "did not end the line \"%s\" within %s", shown,
                 took);
    else
        snprintf(what, sizeof(what), "did not answer within %s", took);
    return fail(p, ret, true, "does it flush its output after each answer?", what);
}

/* ---- asking ---- */

static void set_time_out(const struct counter *p, struct counting *c)
{
    double trials = fmin((double)c->piece, (double)(c->count - c->answered));
    double ms = (double)p->config.patience_ms;
    if (p->rate > 0)
        ms += 1e4 * trials / p->rate;
    c->until_ms = now_ms() + (int64_t)fmin(ms, 1e15);
}

static void add_request(struct counting *c)
{
    uint64_t left = c->count - c->asked, n = left < c->piece ? left : c->piece;
    const char *arg = c->call->arg;
    int bytes = snprintf(c->requests + c->request_bytes, REQUEST_BYTES,
                         "count %" PRIu64 " %" PRIu64 " %" PRIu64 "%s%s\n",
                         c->call->seed, c->first + c->asked, n, *arg ? " " : "", arg);
    assert(bytes > 0 && bytes < REQUEST_BYTES);
    c->request_bytes += (size_t)bytes;
    c->asked += n;
}

/* Prepares the next requests, if the last ones have gone: a lease's fit at once, so
 * that they cost one write.  Whether there are any to send. */
static bool has_request(struct counting *c)
{
    if (c->sent < c->request_bytes)
        return true;
    c->sent = c->request_bytes = 0;
    while (c->asked < c->count && !c->cancelled &&
           c->request_bytes + REQUEST_BYTES <= sizeof(c->requests))
        add_request(c);
    return c->request_bytes > 0;
}

/* A child that does not read, or is dead, is noticed by what it does not answer. */
static void send_requests(struct counter *p, struct counting *c)
{
    while (has_request(c)) {
        ssize_t n =
            write(p->child.in, c->requests + c->sent, c->request_bytes - c->sent);
        if (n <= 0)
            return;
        c->sent += (size_t)n;
    }
}

static int take_answer(struct counter *p, struct counting *c, uint64_t first,
                       uint64_t hits, const char *shown, struct program_failure *ret)
{
    char problem[64];
    uint64_t due = c->first + c->answered, left = c->count - c->answered;
    uint64_t n = left < c->piece ? left : c->piece;
    if (c->answered == c->asked)
        return fail_answer(p, ret, shown, " without being asked");
    if (first != due) {
        snprintf(problem, sizeof(problem),
                 " when the answer for trial %" PRIu64 " was due", due);
        return fail_answer(p, ret, shown, problem);
    }
    if (hits > n << (c->call->score ? UNIT_LOG2 : 0)) {
        snprintf(problem, sizeof(problem), " for %" PRIu64 " trial%s: more than %s", n,
                 n == 1 ? "" : "s", c->call->score ? "65536 each" : "one hit each");
        return fail_answer(p, ret, shown, problem);
    }
    if (c->sub)
        c->sub[c->answered / c->piece] = hits;
    c->hits += hits;
    c->answered += n;
    set_time_out(p, c);
    return 0;
}

static int take_answers(struct counter *p, struct counting *c,
                        struct program_failure *ret)
{
    char shown[ANSWER_BYTES];
    uint64_t first, hits;
    size_t bytes;
    char *room = answers_room(&p->answers, &bytes);
    ssize_t n = read(p->child.out, room, bytes);
    if (n > 0)
        answers_add(&p->answers, (size_t)n);
    for (;;) {
        enum answer a = answers_next(&p->answers, &first, &hits, shown);
        if (a == ANSWER_BAD)
            return fail_answer(p, ret, shown, ", which is no answer");
        if (a == ANSWER_NONE)
            break;
        int err = take_answer(p, c, first, hits, shown, ret);
        if (err < 0)
            return err;
    }
    if (n == 0 && c->answered < c->asked)
        return fail(p, ret, true, NULL, "closed its output");
    return 0;
}

/* What is asked is waited for if that is soon; else the child is ended. */
static int cancel(struct counter *p, struct counting *c)
{
    double left = (double)(c->asked - c->answered);
    c->cancelled = true;
    c->until_ms = now_ms() + CANCEL_MS;
    if (p->rate > 0 && left <= cancel_seconds * p->rate)
        return 0;
    program_restart(p);
    return -ECANCELED;
}

/* Of many short pieces not each answer is worth waking up for: most of them gather in
 * the pipe, which has room for all.  A prediction that is too long is halved by each
 * call. */
static void let_answers_gather(const struct counter *p, struct counting *c)
{
    struct pollfd on[] = {
        {.fd = p->child.err, .events = POLLIN}, /* or its end */
        {.fd = has_request(c) ? p->child.in : -1, .events = POLLOUT},
        {.fd = c->cancelled ? -1 : c->call->cancel_fd, .events = POLLIN},
    };
    double left = (double)(c->asked - c->answered);
    double seconds =
        p->rate > 0 ? fmin(gather_part * left / p->rate, gather_seconds) : 0;
    if (left > (double)c->piece && seconds > gather_least)
        ppoll(on, ARRAY_SIZE(on), &(struct timespec){.tv_nsec = (long)(1e9 * seconds)},
              NULL);
}

/* Waits for something to happen, and does what is due.  0, -ECANCELED or -EPROTO. */
static int turn(struct counter *p, struct counting *c, struct program_failure *ret)
{
    struct pollfd on[] = {
        {.fd = p->child.out, .events = POLLIN},
        {.fd = p->child.err, .events = POLLIN},
        {.fd = has_request(c) ? p->child.in : -1, .events = POLLOUT},
        {.fd = c->cancelled ? -1 : c->call->cancel_fd, .events = POLLIN},
    };
    int64_t ms = c->until_ms - now_ms();
    let_answers_gather(p, c);
    poll(on, ARRAY_SIZE(on), ms < 0 ? 0 : ms > 1000000 ? 1000000 : (int)ms);
    if (on[1].revents)
        child_hear(&p->child);
    if (on[2].revents & POLLOUT)
        send_requests(p, c);
    int err = on[0].revents ? take_answers(p, c, ret) : 0;
    if (!err && on[3].revents)
        err = cancel(p, c);
    if (!err && c->answered < c->asked && now_ms() >= c->until_ms)
        err = fail_time(p, ret, c);
    return err;
}

/* Asks a child that is there for what is not answered yet. */
static int run(struct counter *p, struct counting *c, struct program_failure *ret)
{
    double begun = seconds_now(), took;
    uint64_t before = c->answered;
    int err = 0;
    c->asked = c->answered;
    c->sent = c->request_bytes = 0;
    p->owes = true;
    set_time_out(p, c);
    send_requests(p, c);
    while (!err && c->answered < (c->cancelled ? c->asked : c->count))
        err = turn(p, c, ret);
    if (c->cancelled && err == -EPROTO)
        err = -ECANCELED; /* as it would be if the child had been ended at once */
    if (err)
        return err;
    p->owes = false;
    took = seconds_now() - begun;
    if (took > 0)
        p->rate = (double)(c->answered - before) / took;
    return c->cancelled ? -ECANCELED : 0;
}

/* ---- starting ---- */

uint64_t program_test(const uint64_t counts[PROGRAM_TEST_TRIALS])
{
    char text[PROGRAM_TEST_TRIALS * 24] = "";
    unsigned char hash[SHA256_DIGEST_LENGTH];
    uint64_t test = 0;
    size_t n = 0;
    for (int i = 0; i < PROGRAM_TEST_TRIALS; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%" PRIu64 "\n", counts[i]);
    SHA256((const unsigned char *)text, n, hash);
    for (int i = 0; i < 8; i++)
        test = test << 8 | hash[i];
    return test;
}

/* Whether the command still is what has passed the self-test. */
static int test_again(struct counter *p, const struct program_call *call,
                      struct program_failure *ret)
{
    uint64_t counts[PROGRAM_TEST_TRIALS];
    /* A score may be more than a hit, so the test takes both. */
    struct program_call test = {PROGRAM_TEST_SEED, "", true, call->cancel_fd};
    struct counting c = {
        .call = &test, .count = PROGRAM_TEST_TRIALS, .piece = 1, .sub = counts};
    char what[PROGRAM_WHY_BYTES];
    int err = run(p, &c, ret);
    if (err < 0 || program_test(counts) == p->config.test)
        return err;
    snprintf(what, sizeof(what),
             "is not what it was: its test is %016" PRIx64 " now, not %016" PRIx64,
             program_test(counts), p->config.test);
    return fail(p, ret, false, "start the worker again", what);
}

/* A child that waits for a request.  One that has ended since its last answer is
 * replaced; one that has said more than it was asked for has failed. */
static int ready(struct counter *p, const struct program_call *call,
                 struct program_failure *ret)
{
    char what[PROGRAM_WHY_BYTES], why[FORMAT_MAX];
    size_t bytes;
    if (p->child.pid) {
        char *room = answers_room(&p->answers, &bytes);
        ssize_t n = read(p->child.out, room, bytes);
        answers_add(&p->answers, n > 0 ? (size_t)n : 0);
        if (p->answers.n > 0) {
            char shown[ANSWER_BYTES];
            uint64_t first, hits;
            (void)!answers_next(&p->answers, &first, &hits, shown);
            return fail_answer(p, ret, shown, " without being asked");
        }
        if (n != 0)
            return 0;
    }
    program_restart(p);
    int err = child_start(&p->child, p->config.command, p->environment);
    if (err < 0) {
        snprintf(what, sizeof(what), "cannot be started: %s",
                 format_error(why, sizeof(why), err));
        return fail(p, ret, false, NULL, what);
    }
    if (p->config.rate >= PROGRAM_TEST_TRIALS / test_seconds)
        return test_again(p, call, ret);
    return 0;
}

int program_count(struct counter *p, const struct program_call *call, uint64_t first,
                  uint64_t count, uint64_t piece, uint64_t *sub, uint64_t *ret_hits,
                  struct program_failure *ret_failure)
{
    struct counting c = {
        .call = call, .first = first, .count = count, .piece = piece, .sub = sub};
    uint64_t failed_at = UINT64_MAX;
    assert(count >= 1 && piece >= 1 && first <= PROGRAM_TRIALS_MAX &&
           count <= PROGRAM_TRIALS_MAX - first);
    assert(strlen(call->arg) <= ARG_BYTES);
    for (;;) {
        int err = ready(p, call, ret_failure);
        err = err ? err : run(p, &c, ret_failure);
        if (!err)
            *ret_hits = c.hits;
        if (err != -EPROTO || p->config.once || c.answered == failed_at)
            return err;
        failed_at = c.answered;
    }
}
