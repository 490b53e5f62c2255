// SPDX-License-Identifier: MIT
/*
 * Splits the range into one share per thread, adds up the counts and prints the result.
 * The calling thread computes the first share.
 */
#include "worker/serial.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/estimate.h"
#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/cli/term.h"
#include "common/kernel/kernel.h"
#include "common/program/offer.h"
#include "common/program/self_test.h"

enum { CHUNK = 1 << 22 }; /* trials between two looks at the clock */

static const double bar_seconds = 0.1, /* on a terminal: a line so often */
    tell_after = 1, tell_from = 60,    /* elsewhere: once, if it takes longer */
    chunk_seconds = 0.2;               /* a program is looked at so often */

/* Of all shares.  The calling thread shows it. */
struct course {
    atomic_uint_least64_t done;
    atomic_bool stop;
    int stop_fd; /* for programs: can be read then */
    uint64_t trials, chunk;
    double start, next; /* seconds: when it began, when it is shown again */
    bool bar;
};

struct serial_share {
    const struct serial_options *options;
    struct course *progress;
    unsigned number; /* 0 is the calling thread's, which shows the course */
    pthread_t thread;
    uint64_t first, count;
    uint64_t hits; /* valid if rc is 0 */
    int rc;
    struct program_failure failure; /* valid if rc is -EPROTO */
};

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void show_progress(struct course *p)
{
    char rate[FORMAT_MAX], left[FORMAT_MAX];
    double now = seconds_now(), elapsed = now - p->start;
    double done = (double)atomic_load(&p->done), trials = (double)p->trials;
    double to_go = elapsed * (trials - done) / done;
    if (now < p->next)
        return;
    format_rate(rate, sizeof(rate), done / elapsed);
    format_duration(left, sizeof(left), (int64_t)(1000 * fmin(to_go, 1e15)));
    p->next = p->bar ? now + bar_seconds : INFINITY;
    if (p->bar)
        fprintf(stderr, TERM_REDRAW "%5.1f %%  %s  eta %s", 100 * done / trials, rate,
                left);
    else if (to_go > tell_from)
        fprintf(stderr, "piworker: about %s to go, at %s\n", left, rate);
}

static void stop_all(struct course *p)
{
    atomic_store(&p->stop, true);
    eventfd_write(p->stop_fd, 1);
}

/* By the program if there is one, else by the kernel. */
static int count_chunk(struct serial_share *s, struct counter *program, uint64_t first,
                       uint64_t n, uint64_t *ret_hits)
{
    const struct serial_options *o = s->options;
    if (!program)
        return kernel_count(o->kernel, o->seed, first, n, 0, NULL, &s->progress->stop,
                            ret_hits);
    const struct program_call call = {.seed = o->seed,
                                      .arg = o->arg,
                                      .score = o->test->scores,
                                      .cancel_fd = s->progress->stop_fd};
    return program_count(program, &call, first, n, n, NULL, ret_hits, &s->failure);
}

static struct counter *share_program(const struct serial_share *s)
{
    const struct serial_options *o = s->options;
    if (!o->offer)
        return NULL;
    return program_new(&(struct program_config){.name = o->offer->name,
                                                .command = o->offer->command,
                                                .thread = s->number,
                                                .test = o->test->test,
                                                .rate = o->test->rate});
}

static void *share_run(void *arg)
{
    struct serial_share *s = arg;
    struct course *p = s->progress;
    struct counter *program = share_program(s);
    for (uint64_t at = 0; at < s->count && s->rc == 0;) {
        uint64_t hits, n = s->count - at < p->chunk ? s->count - at : p->chunk;
        s->rc = count_chunk(s, program, s->first + at, n, &hits);
        if (s->rc)
            break;
        s->hits += hits;
        at += n;
        atomic_fetch_add(&p->done, n);
        if (s->number == 0)
            show_progress(p);
    }
    if (s->rc == -EPROTO)
        stop_all(p);
    program_free(program);
    return NULL;
}

/* Fills shares 0 to n - 1; their sizes differ by at most one trial. */
static void split_range(struct serial_share *shares, unsigned n,
                        const struct serial_options *options, struct course *progress)
{
    uint64_t first = options->first, each = options->trials / n;
    for (unsigned i = 0; i < n; i++) {
        uint64_t count = each + (i < options->trials % n);
        shares[i] = (struct serial_share){options, progress, .number = i,
                                          .first = first, .count = count};
        first += count;
    }
    assert(first == options->first + options->trials);
}

static struct course course_from(const struct serial_options *o, double start)
{
    bool bar = term_is(STDERR_FILENO);
    double chunk = o->offer ? fmax(1, chunk_seconds * o->test->rate) : CHUNK;
    return (struct course){.trials = o->trials,
                           .chunk = (uint64_t)fmin(chunk, CHUNK),
                           .start = start,
                           .next = start + (bar ? bar_seconds : tell_after),
                           .bar = bar,
                           .stop_fd = -1};
}

/* The sum; or the first error that is a reason, not the end that followed from it. */
static int add_shares(const struct serial_share *shares, unsigned n, uint64_t *ret_hits,
                      struct program_failure *ret_failure)
{
    uint64_t hits = 0;
    int rc = 0;
    for (unsigned i = 0; i < n && rc != -EPROTO; i++) {
        rc = shares[i].rc ? shares[i].rc : rc;
        hits += shares[i].hits;
        if (rc == -EPROTO)
            *ret_failure = shares[i].failure;
    }
    if (rc == 0)
        *ret_hits = hits;
    return rc;
}

static int count_hits(const struct serial_options *options, unsigned threads,
                      double start, uint64_t *ret_hits,
                      struct program_failure *ret_failure)
{
    struct course progress = course_from(options, start);
    if (options->offer && (progress.stop_fd = eventfd(0, EFD_CLOEXEC)) < 0)
        return -errno;
    struct serial_share *shares = mem_zero(threads, sizeof(*shares));
    split_range(shares, threads, options, &progress);

    unsigned started = 1;
    int rc = 0;
    while (started < threads && rc == 0) {
        struct serial_share *s = &shares[started];
        rc = -pthread_create(&s->thread, NULL, share_run, s);
        if (rc == 0)
            started++;
    }
    if (rc < 0)
        stop_all(&progress);
    share_run(&shares[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(shares[i].thread, NULL);
    if (progress.bar)
        fputs(TERM_REDRAW, stderr);
    if (progress.stop_fd >= 0)
        close(progress.stop_fd);
    if (rc == 0)
        rc = add_shares(shares, threads, ret_hits, ret_failure);
    free(shares);
    return rc;
}

static void print_json(const struct serial_options *o, unsigned threads, uint64_t hits,
                       const struct estimate *e, double rate, FILE *out)
{
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_put_u64(&w, "seed", o->seed);
    json_put_u64(&w, "first", o->first);
    json_put_u64(&w, "trials", o->trials);
    json_put_u64(&w, "hits", hits);
    json_put_double(&w, "pi", e->pi);
    json_put_double(&w, "stderr", e->stderr_);
    json_put_double(&w, "ci_low", e->ci_low);
    json_put_double(&w, "ci_high", e->ci_high);
    json_put_double(&w, "rate", rate);
    json_put_number(&w, "threads", "%u", threads);
    if (o->offer) {
        json_put_text(&w, "program", o->offer->name);
        json_put_text(&w, "arg", o->arg);
        json_put_bool(&w, "score", o->test->scores);
    } else {
        json_put_text(&w, "kernel", o->kernel->name);
    }
    json_end_line(&w);
}

static void print_plain(const struct serial_options *o, unsigned threads, uint64_t hits,
                        const struct estimate *e, double rate, FILE *out)
{
    char buf[FORMAT_MAX];
    int decimals = format_decimals_for((e->ci_high - e->ci_low) / 2);
    fprintf(out, "hits           %" PRIu64 "%s\n", hits,
            o->offer && o->test->scores ? " (of 65536 a trial)" : "");
    fprintf(out, "trials         %" PRIu64 "\n", o->trials);
    fprintf(out, "%-14s %.12g\n", o->offer ? "p" : "pi", e->pi);
    fprintf(out, "stderr         %s\n", format_stderr(buf, sizeof(buf), e->stderr_));
    fprintf(out, "95 %% interval  %.*f to %.*f\n", decimals, e->ci_low, decimals,
            e->ci_high);
    fprintf(out, "seed           %" PRIu64 "\n", o->seed);
    fprintf(out, "first          %" PRIu64 "\n", o->first);
    fprintf(out, "rate           %s (%u thread%s, %s)\n",
            format_rate(buf, sizeof(buf), rate), threads, threads == 1 ? "" : "s",
            o->offer ? o->offer->name : o->kernel->name);
}

uint64_t serial_most(const struct serial_options *options)
{
    return options->offer ? PROGRAM_TRIALS_MAX : KERNEL_TRIALS_MAX;
}

static struct estimate estimate_of(const struct serial_options *o, uint64_t hits)
{
    if (!o->offer)
        return estimate_from(hits, o->trials);
    uint64_t most = o->trials << (o->test->scores ? UNIT_LOG2 : 0);
    return estimate_scaled(hits, most, o->trials, scale_usual(o->offer->name));
}

int serial_run(const struct serial_options *options, FILE *out,
               struct program_failure *ret_failure)
{
    uint64_t most = serial_most(options);
    if (options->trials == 0)
        return -EINVAL;
    if (options->first > most || options->trials > most - options->first)
        return -ERANGE;
    unsigned threads = options->threads ? options->threads : 1;
    if (threads > options->trials)
        threads = (unsigned)options->trials;

    uint64_t hits = 0;
    double start = seconds_now();
    int rc = count_hits(options, threads, start, &hits, ret_failure);
    if (rc != 0)
        return rc;
    double elapsed = seconds_now() - start;
    /* A coarse clock may measure 0 s: then there is no rate. */
    double rate = elapsed > 0 ? (double)options->trials / elapsed : 0;
    struct estimate e = estimate_of(options, hits);
    if (options->json)
        print_json(options, threads, hits, &e, rate, out);
    else
        print_plain(options, threads, hits, &e, rate, out);
    return 0;
}
