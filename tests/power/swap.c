// SPDX-License-Identifier: MIT
/*
 * Another file beside a log: no log may come into a file that it does not belong to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/power_disk.h"
#include "tests/power/power.h"

/* A file of this world as it was after `at` transactions: a backup, or a copy that was
 * made of the file alone while it was in use. */
struct earlier {
    bool backup;
    uint8_t *bytes;
    size_t n, at;
};

static struct earlier earlier_take(const struct world *w)
{
    struct earlier e = {.backup = rng_below(&disk.rng, 2), .at = w->kept};
    if (!e.backup)
        e.bytes = disk_get(PATH, &e.n);
    else if (database_snapshot(w->database, &e.bytes, &e.n) < 0)
        abort();
    return e;
}

/* What it has with that log beside it, as state_of(); -1: it does not open, -ESTALE:
 * since the log is not its own. */
static long earlier_open(const struct earlier *e, const uint8_t *log, size_t n)
{
    struct database *d = NULL;
    struct error why;
    disk_put(PATH, e->bytes, e->n);
    disk_put(PATH "-wal", log, n);
    disk_put(PATH "-journal", NULL, 0);
    int err = database_open(PATH, &d, &why);
    if (err < 0)
        snprintf(error, sizeof(error), "%s", why.what);
    long at = err == -ESTALE ? err : err < 0 ? -1 : state_of(d, load->n_made);
    database_close(d);
    return at;
}

/* Puts it in the place of the file after a crash.  Beside the log it must be refused,
 * or keep what it has, or be what the file is, so that all of the log comes into it. */
static enum verdict earlier_put(const struct world *w, const struct earlier *e)
{
    size_t n = 0;
    uint8_t *log = disk_get(PATH "-wal", &n);
    long then = (long)e->at, alone = earlier_open(e, NULL, 0);
    long beside = earlier_open(e, log, n);
    free(log);
    /* A later transaction may have changed nothing. */
    bool same = alone >= 0 && load->digests[alone] == load->digests[then];
    if (alone >= 0 && (e->backup ? same : same || alone <= then) &&
        (beside == -ESTALE || beside == alone || beside == (long)w->kept))
        return SOUND;
    snprintf(error, sizeof(error),
             "%s of %ld transactions has %ld alone, and %ld beside the log of %zu",
             e->backup ? "a backup" : "a copy", then, alone, beside, w->kept);
    return INCONSISTENT;
}

struct tally_of swap_files(uint64_t worlds, uint64_t seed)
{
    enum { TRANSACTIONS = 40 };
    struct tally_of t = {0};
    for (; t.cuts < worlds; t.cuts++) {
        struct world w = {.synchronous = NULL};
        struct earlier e = {.bytes = NULL};
        world_begin(&w, seed + t.cuts, false);
        size_t take = rng_below(&disk.rng, TRANSACTIONS);
        size_t restart = rng_below(&disk.rng, TRANSACTIONS);
        if (rng_below(&disk.rng, 2)) { /* a copy of late; the power goes at a start */
            take = TRANSACTIONS - 1 - rng_below(&disk.rng, 4);
            restart = TRANSACTIONS - 1;
        }
        for (size_t i = 0; i < TRANSACTIONS; i++) {
            if (!load_next(load) ||
                database_write(w.database, load->records.items, load->records.n) < 0)
                abort();
            w.kept++;
            tidy(&w);
            if (i == take)
                e = earlier_take(&w);
            if (i == restart) {
                database_close(w.database);
                if (judge(&w.database, w.kept, load->n_made, &w.kept) != SOUND)
                    abort();
            }
        }
        disk.off = true; /* killed */
        database_close(w.database);
        w.database = NULL;
        disk_power_on();
        enum verdict v = earlier_put(&w, &e);
        if (v != SOUND)
            fprintf(stderr, "power: world %llu: %s\n",
                    (unsigned long long)(seed + t.cuts), error);
        t.of[v]++;
        free(e.bytes);
        world_end(&w);
    }
    disk_wipe();
    return t;
}
