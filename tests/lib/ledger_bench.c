// SPDX-License-Identifier: MIT
#include "tests/lib/ledger_bench.h"

#include <stdlib.h>

struct bench bench_new(uint64_t trials)
{
    struct bench b = {0};
    seeded(0);
    ledger_init(&b.l, THE_JOB, trials, NULL);
    b.share = ledger_share(&b.l, 1, "one");
    return b;
}

struct bench bench_far(uint64_t trials)
{
    struct bench b = bench_new(trials);
    assert_true(ledger_adopt(&b.l, 99, 0, FAR * UNIT));
    return b;
}

void bench_free(struct bench *b)
{
    ledger_release(&b->l);
    disk_release(&b->d);
    free(b->out.items);
}

struct taken bench_take(struct bench *b, uint64_t grant, uint64_t from, uint64_t trials,
                        uint32_t log2)
{
    struct wanted w = {.from = from,
                       .trials = trials,
                       .log2 = log2,
                       .leases = GRANT_LEASES,
                       .grant = grant,
                       .worker = grant,
                       .now_ms = b->now_ms};
    struct taken t;
    assert_true(ledger_take(&b->l, &w, &t));
    ledger_check(&b->l);
    return t;
}

void expect_taken(struct taken t, uint64_t first, uint64_t count, uint32_t log2)
{
    assert_int_equal(t.first, first);
    assert_int_equal(t.count, count);
    assert_int_equal(t.log2, log2);
}

void bench_flush(struct bench *b)
{
    ledger_flush(&b->l, &b->out);
    disk_take(&b->d, &b->out);
    ledger_settle(&b->l, &b->out);
    disk_take(&b->d, &b->out);
    ledger_check(&b->l);
    compare_disk(&b->l, &b->d);
}

void bench_commit(struct bench *b)
{
    bench_flush(b);
    ledger_durable(&b->l);
    ledger_check(&b->l);
}

uint64_t hits_of(uint64_t first, uint64_t end)
{
    uint64_t sum = 0;
    for (uint64_t t = first; t < end; t += UNIT)
        sum += unit_hits(t / UNIT);
    return sum;
}

void bench_count(struct bench *b, uint64_t grant, uint64_t first, uint64_t end)
{
    ledger_count(&b->l, grant, first, end, hits_of(first, end), b->share, true);
    ledger_check(&b->l);
}

void bench_fill(struct bench *b, uint64_t first, uint64_t end)
{
    assert_true(ledger_adopt(&b->l, 77, first, end));
    bench_count(b, 77, first, end);
    bench_commit(b);
}
