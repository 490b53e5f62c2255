// SPDX-License-Identifier: MIT
/*
 * Splits the range into one share per thread, adds up the counts and prints the result.
 * The calling thread computes the first share.
 */
#include "worker/serial.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/estimate.h"
#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/kernel/kernel.h"

struct serial_share {
    const struct serial_options *options;
    const atomic_bool *stop;
    pthread_t thread;
    uint64_t first, count;
    uint64_t hits; /* valid if rc is 0 */
    int rc;
};

static void *share_run(void *arg)
{
    struct serial_share *s = arg;
    s->rc = kernel_count(s->options->kernel, s->options->seed, s->first, s->count, 0,
                         NULL, s->stop, &s->hits);
    return NULL;
}

/* Fills shares 0 to n - 1; their sizes differ by at most one trial. */
static void split_range(struct serial_share *shares, uint64_t n,
                        const struct serial_options *options, const atomic_bool *stop)
{
    uint64_t first = options->first, each = options->trials / n;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t count = each + (i < options->trials % n);
        shares[i] =
            (struct serial_share){options, stop, .first = first, .count = count};
        first += count;
    }
    assert(first == options->first + options->trials);
}

static int count_hits(const struct serial_options *options, unsigned threads,
                      uint64_t *ret_hits)
{
    atomic_bool stop = false;
    struct serial_share *shares = mem_zero(threads, sizeof(*shares));
    split_range(shares, threads, options, &stop);

    unsigned started = 1;
    int rc = 0;
    while (started < threads && rc == 0) {
        struct serial_share *s = &shares[started];
        rc = -pthread_create(&s->thread, NULL, share_run, s);
        if (rc == 0)
            started++;
    }
    if (rc < 0)
        atomic_store(&stop, true);
    share_run(&shares[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(shares[i].thread, NULL);

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

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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
    fprintf(out, "stderr         %s\n", format_stderr(buf, sizeof(buf), e->stderr_));
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
    int rc = count_hits(options, threads, &hits);
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
