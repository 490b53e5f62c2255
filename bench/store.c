// SPDX-License-Identifier: MIT
/*
 * The store alone: results per second that become durable, and the latency of a
 * transaction, for several sizes of transactions and three kinds of rows:
 *
 *   one row      adjacent results of one worker: one row grows
 *   a row each   adjacent results of several workers: rows merge when a cell settles
 *   scattered    leases in random order: rows merge late
 *
 * Then a week of 1e15 trials in leases of a second, as fast as possible and without
 * syncs: the number of rows, and the sizes of the file and of the process.
 *
 *     store FOLDER [--week]           measures the disk that FOLDER is on
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <sqlite3.h>

#include "common/base/base.h"
#include "common/base/rng.h"
#include "server/core/ledger_commit.h"
#include "server/store/database.h"

enum {
    WORKERS = 8,
    LEASE_LOG2 = 21,
    SECONDS = 2, /* for each figure */
    SAMPLES = 1 << 20,
    WEEK_LEASE_LOG2 = 27, /* a second at 1.3e8 trials/s */
    WEEK_BATCH = 1000,    /* leases per transaction */
};

#define WEEK_TRIALS UINT64_C(1000000000000000)

enum shape { ONE_ROW, A_ROW_EACH, SCATTERED };

struct bench {
    struct database *database;
    struct ledger ledger;
    struct record_list records;
    struct rng rng;
    struct job_record job;
    char path[512];
    double *samples; /* milliseconds per transaction */
    size_t n_samples;
    size_t turn, most_rows;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "store: %s\n", what);
    exit(1);
}

/* ---- one transaction ---- */

static void count_lease(struct bench *b, enum shape shape, uint32_t log2)
{
    size_t worker = shape == ONE_ROW ? 0 : b->turn++ % WORKERS;
    struct wanted w = {.trials = 1,
                       .log2 = log2,
                       .leases = 1,
                       .grant = 1 + worker,
                       .worker = 1 + worker};
    struct taken t;
    char name[16];
    /* The first cells are narrower than a lease, so start where they are wide enough.
     */
    w.from = UINT64_C(1) << (log2 + 5);
    if (shape == SCATTERED)
        w.from += rng_below(&b->rng, UINT64_C(1) << 18) << log2;
    if (!ledger_take(&b->ledger, &w, &t))
        fail("nothing is left to count");
    snprintf(name, sizeof(name), "worker-%zu", worker);
    size_t share = ledger_share(&b->ledger, 1 + worker, name);
    ledger_count(&b->ledger, w.grant, t.first, t.first + t.count,
                 (uint64_t)(0.785 * (double)t.count), share, true);
}

static void commit(struct bench *b)
{
    b->records.n = 0;
    b->job.elapsed_ms++;
    record_push(&b->records,
                &(struct record){.type = RECORD_JOB, .job = 1, .job_ = b->job});
    ledger_flush(&b->ledger, &b->records);
    ledger_settle(&b->ledger, &b->records);
    double start = now_s();
    if (database_write(b->database, b->records.items, b->records.n) < 0)
        fail(database_why(b->database));
    if (b->n_samples < SAMPLES)
        b->samples[b->n_samples++] = 1e3 * (now_s() - start);
    if (database_tidy(b->database, 1000) < 0)
        fail(database_why(b->database));
    ledger_durable(&b->ledger);
    if (b->ledger.rows.n > b->most_rows)
        b->most_rows = b->ledger.rows.n;
}

static void begin(struct bench *b, const char *folder)
{
    static const uint8_t seed[32] = {1};
    struct error why;
    snprintf(b->path, sizeof(b->path), "%s/picoord-bench-store.db", folder);
    remove(b->path);
    if (database_open(b->path, &b->database, &why) < 0)
        fail(why.what);
    rng_init(&b->rng, seed);
    ledger_init(&b->ledger, 1, TRIALS_MAX / 2,
                NULL); /* TRIALS_MAX would mean: no known end */
    b->job = (struct job_record){.state = JOB_RUNNING,
                                 .rule = STOP_TRIALS,
                                 .trials = TRIALS_MAX / 2,
                                 .weight = 1};
    b->n_samples = b->turn = b->most_rows = 0;
}

static void end(struct bench *b)
{
    database_close(b->database);
    ledger_release(&b->ledger);
    remove(b->path);
}

/* ---- tables ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(struct bench *b, double q)
{
    qsort(b->samples, b->n_samples, sizeof(*b->samples), ascending);
    return b->samples[(size_t)(q * (double)(b->n_samples - 1))];
}

static void measure(struct bench *b, const char *folder, enum shape shape, size_t batch)
{
    static const char *const names[] = {"one row", "a row each", "scattered"};
    uint64_t results = 0;
    begin(b, folder);
    double start = now_s();
    while (now_s() - start < SECONDS) {
        for (size_t i = 0; i < batch; i++)
            count_lease(b, shape, LEASE_LOG2);
        commit(b);
        results += batch;
    }
    double seconds = now_s() - start;
    printf("%-12s %8zu %12.0f %10.2f %10.2f %10.2f %9zu\n", names[shape], batch,
           (double)results / seconds, quantile(b, 0.5), quantile(b, 0.99),
           quantile(b, 1), b->most_rows);
    fflush(stdout);
    end(b);
}

static long size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) < 0 ? 0 : (long)st.st_size;
}

static void week(struct bench *b, const char *folder)
{
    struct rusage usage;
    char log[sizeof(b->path) + 8];
    long most = 0, most_log = 0;
    begin(b, folder);
    snprintf(log, sizeof(log), "%s-wal", b->path);
    sqlite3_exec(database_handle(b->database), "PRAGMA synchronous = OFF", NULL, NULL,
                 NULL);
    double start = now_s();
    uint64_t leases = 0;
    while (b->ledger.rows.total < WEEK_TRIALS) {
        for (size_t i = 0; i < WEEK_BATCH; i++)
            count_lease(b, A_ROW_EACH, WEEK_LEASE_LOG2);
        leases += WEEK_BATCH;
        commit(b);
        most = size_of(b->path) > most ? size_of(b->path) : most;
        most_log = size_of(log) > most_log ? size_of(log) : most_log;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "\n1e15 trials in %llu leases, %.0f s: at most %zu rows in memory, file %.1f "
        "MB, log %.1f MB, process %.1f MB; at the end %zu rows\n",
        (unsigned long long)leases, now_s() - start, b->most_rows, (double)most / 1e6,
        (double)most_log / 1e6, (double)usage.ru_maxrss / 1e3, b->ledger.rows.n);
    end(b);
}

int main(int argc, char **argv)
{
    static const size_t batches[] = {1, 100, 10000};
    static struct bench b;
    if (argc < 2) {
        fprintf(stderr, "usage: store FOLDER [--week]\n");
        return 2;
    }
    b.samples = mem_zero(SAMPLES, sizeof(*b.samples));
    printf("\nthe store in %s\n%-12s %8s %12s %10s %10s %10s %9s\n", argv[1], "ROWS",
           "RESULTS", "RESULTS/S", "p50 ms", "p99 ms", "MOST ms", "AT MOST");
    for (enum shape shape = ONE_ROW; shape <= SCATTERED; shape++)
        for (size_t i = 0; i < ARRAY_SIZE(batches); i++)
            measure(&b, argv[1], shape, batches[i]);
    if (argc > 2 && !strcmp(argv[2], "--week"))
        week(&b, argv[1]);
    free(b.samples);
    free(b.records.items);
    return 0;
}
