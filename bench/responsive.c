// SPDX-License-Identifier: MIT
/*
 * The latency of a worker's event loop while all cores compute.  A loop with a timer of
 * 1 ms runs first alone, then beside a thread pool with one thread per usable core. The
 * pool always has a grant, and wakes the loop after each lease.
 *
 *   responsive [--json FILE]
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "common/kernel/kernel.h"
#include "common/sys/cpu_count.h"
#include "worker/core/agent.h"
#include "worker/pool.h"

enum {
    BEATS = 4000,
    BEAT_MS = 1,
    LEASE_LOG2 = 23, /* at least a millisecond each */
    LEASES = 8,      /* per grant */
};

struct bench {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_async_t computed;
    struct pool *pool; /* NULL: idle */
    uint64_t next, due;
    uint64_t leases, latest;
    uint64_t late[BEATS]; /* ns */
    int n;
};

static void assign(struct bench *b, uint32_t thread)
{
    struct pool_grant g = {
        .id = b->next,
        .first = b->next << (LEASE_LOG2 + 3),
        .count = (uint64_t)LEASES << LEASE_LOG2,
        .leases = (1U << LEASES) - 1,
        .lease_log2 = LEASE_LOG2,
    };
    b->next++;
    pool_assign(b->pool, thread, &g);
}

static void on_computed(uv_async_t *h)
{
    struct bench *b = h->data;
    const struct pool_done *done;
    size_t n = pool_collect(b->pool, &done);
    b->leases += n;
    for (size_t i = 0; i < n; i++)
        if (done[i].lease == LEASES - 1)
            assign(b, done[i].thread);
}

static void wake(void *ctx)
{
    uv_async_send(ctx);
}

static void on_beat(uv_timer_t *h)
{
    struct bench *b = h->data;
    uint64_t now = uv_hrtime();
    if (b->due)
        b->late[b->n++] = now > b->due ? now - b->due : 0;
    if (b->n == BEATS) {
        uv_stop(&b->loop);
        return;
    }
    uv_update_time(&b->loop);
    b->due = uv_hrtime() + (uint64_t)BEAT_MS * 1000000;
    uv_timer_start(h, on_beat, BEAT_MS, 0);
}

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_late(struct bench *b, const char *what, unsigned threads, FILE *json)
{
    qsort(b->late, BEATS, sizeof(b->late[0]), ascending);
    double median = 1e-6 * (double)b->late[BEATS / 2];
    double most = 1e-6 * (double)b->late[BEATS * 999 / 1000];
    double longest = 1e-6 * (double)b->late[BEATS - 1];
    printf("%-24s %8u %8.2f %8.2f %8.2f\n", what, threads, median, most, longest);
    if (json)
        fprintf(json,
                "%s{\"threads\":%u,\"late_ms\":{\"median\":%.3f,\"p999\":%.3f,"
                "\"longest\":%.3f}}",
                threads ? "," : "[", threads, median, most, longest);
}

static void measure(const char *what, unsigned threads, FILE *json)
{
    static struct bench b;
    memset(&b, 0, sizeof(b));
    uv_loop_init(&b.loop);
    uv_timer_init(&b.loop, &b.timer);
    uv_async_init(&b.loop, &b.computed, on_computed);
    b.timer.data = b.computed.data = &b;
    if (threads) {
        struct pool_config config = {
            .threads = threads, .wake = wake, .ctx = &b.computed};
        int error = kernel_choose("auto", &config.kernel);
        assert(error == 0);
        error = pool_new(&config, &b.pool);
        assert(error == 0);
        for (uint32_t t = 0; t < threads; t++)
            for (int i = 0; i < 2; i++)
                assign(&b, t);
    }
    on_beat(&b.timer);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    pool_free(b.pool);
    uv_close((uv_handle_t *)&b.timer, NULL);
    uv_close((uv_handle_t *)&b.computed, NULL);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    uv_loop_close(&b.loop);
    print_late(&b, what, threads, json);
}

int main(int argc, char **argv)
{
    FILE *json = NULL;
    unsigned cores = cpu_count_usable().usable;
    if (argc == 3 && strcmp(argv[1], "--json") == 0 && !(json = fopen(argv[2], "we"))) {
        fprintf(stderr, "responsive: %s: %s\n", argv[2], strerror(errno));
        return 1;
    }
    printf("\n%-24s %8s %8s %8s %8s\n", "A TIMER OF 1 MS, MS LATE", "THREADS", "MEDIAN",
           "99.9 %", "MOST");
    measure("alone", 0, json);
    measure("a thread a core", cores, json);
    measure("two threads a core", 2 * cores, json);
    if (json)
        fprintf(json, "]\n");
    return json && fclose(json) != 0;
}
