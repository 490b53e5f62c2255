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
#include <time.h>
#include <unistd.h>

#include "common/base/estimate.h"
#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/cli/term.h"
#include "common/kernel/kernel.h"

enum { CHUNK = 1 << 22 }; /* trials between two looks at the clock */

static const double bar_seconds = 0.1, /* on a terminal: a line so often */
    tell_after = 1, tell_from = 60;    /* elsewhere: once, if it takes longer */

/* Of all shares.  The calling thread shows it. */
struct course {
    atomic_uint_least64_t done;
    atomic_bool stop;
    uint64_t trials;
    double start, next; /* seconds: when it began, when it is shown again */
    bool bar;
};

struct serial_share {
    const struct serial_options *options;
    struct course *progress;
    bool shows; /* it is the calling thread's */
    pthread_t thread;
    uint64_t first, count;
    uint64_t hits; /* valid if rc is 0 */
    int rc;
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

static void *share_run(void *arg)
{
    struct serial_share *s = arg;
    const struct serial_options *o = s->options;
    struct course *p = s->progress;
    for (uint64_t at = 0; at < s->count && s->rc == 0;) {
        uint64_t hits, n = s->count - at < CHUNK ? s->count - at : CHUNK;
        s->rc = kernel_count(o->kernel, o->seed, s->first + at, n, 0, NULL, &p->stop,
                             &hits);
        if (s->rc)
            break;
        s->hits += hits;
        at += n;
        atomic_fetch_add(&p->done, n);
        if (s->shows)
            show_progress(p);
    }
    return NULL;
}

/* Fills shares 0 to n - 1; their sizes differ by at most one trial. */
static void split_range(struct serial_share *shares, uint64_t n,
                        const struct serial_options *options, struct course *progress)
{
    uint64_t first = options->first, each = options->trials / n;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t count = each + (i < options->trials % n);
        shares[i] = (struct serial_share){options, progress, .shows = i == 0,
                                          .first = first, .count = count};
        first += count;
    }
    assert(first == options->first + options->trials);
}

static int count_hits(const struct serial_options *options, unsigned threads,
                      double start, uint64_t *ret_hits)
{
    bool bar = term_is(STDERR_FILENO);
    struct course progress = {.trials = options->trials,
                              .start = start,
                              .next = start + (bar ? bar_seconds : tell_after),
                              .bar = bar};
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
        atomic_store(&progress.stop, true);
    share_run(&shares[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(shares[i].thread, NULL);
    if (bar)
        fputs(TERM_REDRAW, stderr);

    uint64_t hits = 0;
    for (unsigned i = 0; i < threads && rc == 0; i++) {
        rc = shares[i].rc;
        hits += shares[i].hits;
    }
    free(shares);
    if (rc == 0)
        *ret_hits = hits;
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
    json_put_text(&w, "kernel", o->kernel->name);
    json_end_line(&w);
}

static void print_plain(const struct serial_options *o, unsigned threads, uint64_t hits,
                        const struct estimate *e, double rate, FILE *out)
{
    char buf[FORMAT_MAX];
    int decimals = format_decimals_for((e->ci_high - e->ci_low) / 2);
    fprintf(out, "hits           %" PRIu64 "\n", hits);
    fprintf(out, "trials         %" PRIu64 "\n", o->trials);
    fprintf(out, "pi             %.12g\n", e->pi);
    fprintf(out, "stderr         %.2g\n", e->stderr_);
    fprintf(out, "95 %% interval  %.*f to %.*f\n", decimals, e->ci_low, decimals,
            e->ci_high);
    fprintf(out, "seed           %" PRIu64 "\n", o->seed);
    fprintf(out, "first          %" PRIu64 "\n", o->first);
    fprintf(out, "rate           %s (%u thread%s, %s)\n",
            format_rate(buf, sizeof(buf), rate), threads, threads == 1 ? "" : "s",
            o->kernel->name);
}

int serial_run(const struct serial_options *options, FILE *out)
{
    if (options->trials == 0)
        return -EINVAL;
    if (options->first > KERNEL_TRIALS_MAX ||
        options->trials > KERNEL_TRIALS_MAX - options->first)
        return -ERANGE;
    unsigned threads = options->threads ? options->threads : 1;
    if (threads > options->trials)
        threads = (unsigned)options->trials;

    uint64_t hits;
    double start = seconds_now();
    int rc = count_hits(options, threads, start, &hits);
    if (rc != 0)
        return rc;
    double elapsed = seconds_now() - start;
    /* A coarse clock may measure 0 s: then there is no rate. */
    double rate = elapsed > 0 ? (double)options->trials / elapsed : 0;
    struct estimate e = estimate_from(hits, options->trials);
    if (options->json)
        print_json(options, threads, hits, &e, rate, out);
    else
        print_plain(options, threads, hits, &e, rate, out);
    return 0;
}
