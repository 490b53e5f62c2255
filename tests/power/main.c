// SPDX-License-Identifier: MIT
/*
 * Is the store as durable as it claims?  Runs the real database (server/store) on a
 * disk in memory (tests/lib/power_disk.h), whose power is cut at any write or sync, and
 * whose calls fail one after another.  After each cut the file is opened again.  Its
 * state must be exactly the one after the last transaction that had returned, or after
 * the one in flight, and every invariant of --check must hold.
 *
 *     power --cuts N [--seed S]     so many power cuts; exit 1 if one loses data; and
 *                                   other files beside a log, which must stay apart
 *     power --prove                 tests this test: it must find what NORMAL, OFF and
 *                                   a disk that ignores syncs lose, and FULL does not
 *     power --faults                each write, sync, truncation, open and allocation
 *                                   fails once, with every kind of error; --share K/N:
 *                                   of the calls each Nth, from the Kth
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/store/check.h"
#include "server/store/database.h"
#include "tests/lib/power_disk.h"
#include "tests/power/power.h"

enum {
    CUT_WITHIN = 120, /* the power is cut within so many operations */
    WORLD_CUTS = 100, /* then a new world begins on an empty disk */
    FAULT_TRANSACTIONS = 3,
    FAULT_TIDY = 2, /* after this one the log is copied */
    DISK_LIVES = 4,
    START_OPERATIONS = 60, /* about as many as a start needs */
    TIDY_ONE_IN = 6,       /* transactions to one tidy, even if the log is short */
    CUTS_A_SWAP = 5,       /* power cuts to one swap of files */
};

struct load *load;
char error[600];

/* ---- checking ---- */

struct collected {
    struct record *at;
    size_t n, capacity;
};

static void collect(void *ctx, const struct record *r)
{
    struct collected *c = ctx;
    if (c->n == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 256;
        c->at = mem_resize(c->at, c->capacity, sizeof(*c->at));
    }
    c->at[c->n++] = *r;
}

long state_of(struct database *d, size_t made)
{
    static struct collected c;
    c.n = 0;
    if (database_read(d, collect, &c) < 0)
        return -1;
    uint64_t digest = load_digest(c.at, c.n);
    for (size_t i = made + 1; i-- > 0;)
        if (load->digests[i] == digest)
            return (long)i;
    return -1;
}

enum verdict judge(struct database **ret, size_t kept, size_t made, size_t *ret_at)
{
    struct error why;
    if (database_open(PATH, ret, &why) < 0) { /* which also checks every invariant */
        snprintf(error, sizeof(error), "%s", why.what);
        return INCONSISTENT;
    }
    long at = state_of(*ret, made);
    if (at < 0) {
        snprintf(error, sizeof(error), "a state that never was");
        return INCONSISTENT;
    }
    *ret_at = (size_t)at;
    if ((size_t)at >= kept)
        return SOUND;
    snprintf(error, sizeof(error), "%zu transactions had returned, %ld are there", kept,
             at);
    return LOST;
}

/* ---- power cuts ---- */

static void set_synchronous(struct world *w)
{
    char text[64];
    snprintf(text, sizeof(text), "PRAGMA synchronous = %s", w->synchronous);
    if (w->synchronous &&
        sqlite3_exec(database_handle(w->database), text, NULL, NULL, NULL) != SQLITE_OK)
        abort();
}

void tidy(struct world *w)
{
    if (rng_below(&disk.rng, TIDY_ONE_IN) == 0 && database_tidy(w->database, 1) < 0 &&
        !disk.off)
        abort();
}

enum run {
    CUT,     /* the power is off */
    AT_END,  /* the world is used up */
    REFUSED, /* refused by the database while the power was on */
};

static enum run run_to_cut(struct world *w, struct tally_of *t)
{
    disk.cut_at = disk.operations + 1 + rng_below(&disk.rng, CUT_WITHIN);
    while (!disk.off) {
        /* Repeats the transaction that the last cut interrupted. */
        if (w->kept == load->n_made && !load_next(load))
            return AT_END;
        if (database_write(w->database, load->records.items, load->records.n) == 0) {
            w->kept++;
            t->transactions++;
            tidy(w);
        } else if (!disk.off) {
            snprintf(error, sizeof(error), "refused while there was power: %s",
                     database_why(w->database));
            return REFUSED;
        }
    }
    return CUT;
}

void world_begin(struct world *w, uint64_t seed, bool liar)
{
    struct error why;
    disk_wipe();
    load_init(load, seed);
    w->kept = 0;
    if (database_open(PATH, &w->database, &why) < 0) {
        fprintf(stderr, "power: %s\n", why.what);
        exit(1);
    }
    set_synchronous(w);
    disk.liar = liar;
}

void world_end(struct world *w)
{
    database_close(w->database);
    w->database = NULL;
    load_release(load);
}

static struct tally_of cut_power(uint64_t cuts, uint64_t seed, const char *synchronous,
                                 bool liar, bool loud)
{
    struct tally_of t = {0};
    struct world w = {.synchronous = synchronous};
    while (t.cuts < cuts) {
        bool harmed = false;
        world_begin(&w, seed++, liar);
        for (int i = 0; i < WORLD_CUTS && t.cuts < cuts && !harmed; i++) {
            enum run run = run_to_cut(&w, &t);
            if (run == AT_END)
                break;
            database_close(w.database);
            w.database = NULL;
            disk_power_on();
            /* damage of an earlier cut may show only in a write */
            enum verdict v = INCONSISTENT;
            if (run == CUT)
                v = judge(&w.database, w.kept, load->n_made, &w.kept);
            t.of[v]++;
            t.cuts++;
            harmed = v != SOUND;
            if (harmed && loud)
                fprintf(stderr, "power: world %llu: %s\n", (unsigned long long)seed - 1,
                        error);
            if (!harmed)
                set_synchronous(&w);
        }
        world_end(&w);
    }
    disk_wipe();
    return t;
}

/* ---- what they say ---- */

static void print_cuts(const char *what, const struct tally_of *t)
{
    printf("%-28s %8llu cuts %9llu transactions %6llu lost what was acknowledged "
           "%6llu inconsistent\n",
           what, (unsigned long long)t->cuts, (unsigned long long)t->transactions,
           (unsigned long long)t->of[LOST], (unsigned long long)t->of[INCONSISTENT]);
    fflush(stdout);
}

static int prove(uint64_t seed)
{
    enum { CUTS = 1000 };
    struct tally_of full = cut_power(CUTS, seed, "FULL", false, true);
    struct tally_of normal = cut_power(CUTS, seed, "NORMAL", false, false);
    struct tally_of off = cut_power(CUTS, seed, "OFF", false, false);
    struct tally_of lying = cut_power(CUTS, seed, "FULL", true, false);
    print_cuts("synchronous=FULL", &full);
    print_cuts("synchronous=NORMAL", &normal);
    print_cuts("synchronous=OFF", &off);
    print_cuts("FULL, the disk lies", &lying);
    bool told = full.of[SOUND] == CUTS && normal.of[LOST] > 0 &&
                normal.of[INCONSISTENT] == 0 && off.of[INCONSISTENT] > 0 &&
                lying.of[INCONSISTENT] + lying.of[LOST] > 0;
    printf("power cuts %s the four apart\n", told ? "tell" : "DO NOT tell");
    return told ? 0 : 1;
}

/* ---- faults ---- */

/* The default allocator with a counter, which can fail. */
static sqlite3_mem_methods memory;
static struct {
    uint64_t calls, fail_at;
} allocations;

static bool out_of_memory(void)
{
    return ++allocations.calls == allocations.fail_at;
}

static void *failing_malloc(int bytes)
{
    return out_of_memory() ? NULL : memory.xMalloc(bytes);
}

static void *failing_realloc(void *old, int bytes)
{
    return out_of_memory() ? NULL : memory.xRealloc(old, bytes);
}

static void install_memory(void)
{
    sqlite3_mem_methods failing;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
    failing = memory;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* nothing from a cache */
}

struct fault {
    const char *name;
    int code;    /* the error of the disk; 0: an allocation fails */
    bool passes; /* a second try must succeed */
    int lives;   /* how often each call is tried, with other power cuts after it */
};

static const struct fault faults[] = {
    {"no space", SQLITE_FULL, true, DISK_LIVES},
    {"a write fails", SQLITE_IOERR_WRITE, false, DISK_LIVES},
    {"a sync fails", SQLITE_IOERR_FSYNC, false, DISK_LIVES},
    {"out of memory", 0, true, 1},
};

static bool harm(const struct fault *f, uint64_t k, const char *what)
{
    fprintf(stderr, "power: %s at the %lluth call: %s\n", f->name,
            (unsigned long long)k, what);
    return false;
}

/*
 * One process with one fault: opens the file and writes some transactions.  A temporary
 * failure is tried again once; any other ends the process.  *ret_hit: the fault
 * happened.
 */
static bool one_life(const struct fault *f, uint64_t k, size_t *ret_kept)
{
    struct database *d = NULL;
    struct error why;
    uint64_t *fail_at = f->code ? &disk.fail_at : &allocations.fail_at;
    *fail_at = (f->code ? disk.operations : allocations.calls) + k;
    disk.fail_code = f->code;
    int err = database_open(PATH, &d, &why);
    if (err < 0 && !*why.what)
        return harm(f, k, "refused without a sentence");
    if (err < 0 && database_open(PATH, &d, &why) < 0)
        return harm(f, k, "does not open when the fault is over");
    for (int i = 0; i < FAULT_TRANSACTIONS; i++) {
        load_next(load);
        err = database_write(d, load->records.items, load->records.n);
        if (err < 0 && f->passes != database_may_retry(err))
            return harm(f, k, "taken for another kind of fault");
        if (err < 0 && f->passes)
            err = database_write(d, load->records.items, load->records.n);
        if (err < 0 && f->passes)
            return harm(f, k, "the second try fails too");
        if (err < 0)
            break;
        ++*ret_kept;
        err = database_tidy(d, i == FAULT_TIDY ? 1 : INT_MAX);
        if (err < 0 && !database_may_retry(err))
            break;
    }
    *fail_at = 0;
    disk.off = err < 0; /* then the process ends: nothing more is written */
    database_close(d);
    disk.off = false;
    return true;
}

/* Cuts the power during the next start; nothing was acknowledged since. */
static void start_and_cut(size_t kept)
{
    struct database *d = NULL;
    size_t at;
    disk.cut_at = disk.operations + 1 + rng_below(&disk.rng, START_OPERATIONS);
    (void)judge(&d, kept, load->n_made, &at);
    disk.off = true;
    database_close(d);
    disk_power_on();
}

/* Injects the fault; then the process is started again, continues, and loses its
 * power. */
static bool one_fault(const struct fault *f, uint64_t k)
{
    struct database *d = NULL;
    size_t kept = 0;
    disk_wipe();
    load_init(load, 1);
    bool well = one_life(f, k, &kept);
    if (well && rng_below(&disk.rng, 2))
        start_and_cut(kept);
    if (well && judge(&d, kept, load->n_made, &kept) != SOUND)
        well = harm(f, k, error);
    database_close(d);
    d = NULL;
    disk_power_on();
    if (well && judge(&d, kept, load->n_made, &kept) != SOUND)
        well = harm(f, k, error);
    database_close(d);
    load_release(load);
    return well;
}

static int fail_each(uint64_t first, uint64_t stride)
{
    int status = 0;
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        const struct fault *f = &faults[i];
        uint64_t k = first, calls;
        for (;; k += stride) {
            uint64_t before;
            for (int life = 1; life < f->lives; life++)
                status |= !one_fault(f, k);
            before = f->code ? disk.operations : allocations.calls;
            status |= !one_fault(f, k);
            calls = (f->code ? disk.operations : allocations.calls) - before;
            if (k >= calls)
                break; /* it would have come after the last call */
        }
        printf("%-16s at 1 in %llu of %llu calls: %s\n", f->name,
               (unsigned long long)stride, (unsigned long long)k,
               status ? "HARM" : "no harm");
        fflush(stdout);
        if (status)
            break;
    }
    return status;
}

/* ---- main ---- */

int main(int argc, char **argv)
{
    uint64_t cuts = 0, seed = 1, first = 1, stride = 1;
    bool proof = false, each = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--cuts") && i + 1 < argc)
            cuts = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--share") && i + 1 < argc) {
            if (sscanf(argv[++i], "%" SCNu64 "/%" SCNu64, &first, &stride) != 2)
                first = 0;
        } else
            proof |= !strcmp(argv[i], "--prove"), each |= !strcmp(argv[i], "--faults");
    }
    if ((!cuts && !proof && !each) || first < 1 || stride < first) {
        fprintf(
            stderr,
            "usage: power --cuts N [--seed S] | --prove | --faults [--share K/N]\n");
        return 2;
    }
    if (each)
        install_memory();
    disk_install(seed);
    load = mem_zero(1, sizeof(*load));
    int status = proof ? prove(seed) : 0;
    if (each)
        status |= fail_each(first, stride);
    if (cuts) {
        clock_t begin = clock();
        struct tally_of t = cut_power(cuts, seed, NULL, false, true);
        print_cuts("power cuts", &t);
        printf("%.0f a processor second\n",
               (double)cuts * CLOCKS_PER_SEC / (double)(clock() - begin + 1));
        status |= t.of[SOUND] != t.cuts;
        t = status ? (struct tally_of){0} : swap_files(cuts / CUTS_A_SWAP + 1, seed);
        printf("%llu other files beside a log, %llu of which took it for theirs\n",
               (unsigned long long)t.cuts, (unsigned long long)t.of[INCONSISTENT]);
        status |= t.of[SOUND] != t.cuts;
    }
    free(load);
    return status;
}
