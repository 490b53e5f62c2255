// SPDX-License-Identifier: MIT
/*
 * The table: for each way to lie and length of a job so many runs, on all processors,
 * and whether their shares are within the bound.
 */
#include "tests/sim/lies.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/base.h"

enum { ROWS_MAX = 128, DRAWS_A_JOB = 100, FAULTS_SHOWN = 3 };

/* Standard errors of a job by which a quiet answer is off once in a thousand at most,
 * and never. */
#define FAR 2.0
#define TOO_FAR 3.0

/* Shares of an answer that may be lies: how often it is more than each of them. */
static const double levels[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1};

enum { LEVELS = ARRAY_SIZE(levels) };

static const struct {
    const char *name;
    uint64_t trials;
    uint32_t lease_log2;
} lengths[] = {
    /* some 800 results each: narrow ones at first, no lease is wider than a cell */
    {"1e8", UINT64_C(763) << 17, 17},
    {"1e10", UINT64_C(597) << 24, 24},
    {"1e12", UINT64_C(466) << 31, 31},
};

struct row {
    struct lies_setting set;
    const char *length;
    uint64_t runs, faults, said, found, quiet_wrong, far, doubt, above[LEVELS];
    double worst, lied, audits, rework, rework_most;
};

/* Shared by the processes that fill them. */
static struct row *rows;
static size_t n_rows;

/* ---- one row ---- */

static void add_run(struct row *w, uint64_t seed)
{
    struct lies_end e;
    lies_run(&w->set, seed, &e);
    bool crowd = liar_kinds[w->set.model].identities > 1;
    double lied = e.doubt ? 0 : crowd ? e.lied : e.lied_most;
    w->runs++;
    w->said += e.said;
    w->found += e.found;
    w->doubt += e.doubt;
    w->quiet_wrong += !e.doubt && e.error > 0;
    w->far += !e.doubt && e.error > FAR;
    w->worst = fmax(w->worst, e.doubt ? 0 : e.error);
    w->lied = fmax(w->lied, lied);
    w->audits += e.audits;
    w->rework += e.rework;
    w->rework_most = fmax(w->rework_most, e.rework);
    for (size_t i = 0; i < LEVELS; i++)
        w->above[i] += lied >= levels[i];
    if (e.fault && w->faults++ < FAULTS_SHOWN)
        fprintf(stderr, "lies: \"%s\", %s, seed %llu: %s\n",
                liar_kinds[w->set.model].name, w->length, (unsigned long long)seed,
                e.fault);
}

/*
 * How often the lies in an answer that is not in doubt may be a share y of it or more.
 * One identity's: nothing of them was drawn, e^(-100 y).  A crowd's: no more than two
 * of them were found, and each has as many draws at least as in a Poisson process of
 * 100 y draws.
 */
static double bound(const struct row *w, double y)
{
    double draws = DRAWS_A_JOB * y;
    double of_liars = liar_kinds[w->set.model].liars;
    if (w->set.model == LIAR_CROWD)
        return exp(-draws) * (1 + draws + draws * draws / 2);
    return fmin(1, of_liars * exp(-draws));
}

/* The first level at which lies are more frequent than the bound, by more than four
 * standard errors and a run; or NULL. */
static const double *out_of_bound(const struct row *w)
{
    double n = (double)w->runs;
    for (size_t i = 0; i < LEVELS && w->set.audit == AUDIT_ADAPTIVE; i++) {
        double p = bound(w, levels[i]);
        if ((double)w->above[i] > n * p + 4 * sqrt(n * p * (1 - p)) + 1)
            return &levels[i];
    }
    return NULL;
}

static bool print_row(const struct row *w)
{
    double n = (double)w->runs;
    const char *how = w->set.gross ? "gross" : "small";
    printf("%-21s %-5s %-4s %6.1f %6.1f %6.1f %7.2f %8.4f %7.2f %7.2f %7.2f\n",
           liar_kinds[w->set.model].name, w->set.audit == AUDIT_ALL ? "all" : how,
           w->length, 100 * (double)w->found / n, 100 * (double)w->quiet_wrong / n,
           100 * (double)w->doubt / n, w->worst, 100 * w->lied, 100 * w->audits / n,
           100 * w->rework / n, 100 * w->rework_most);
    const double *level = out_of_bound(w);
    if (level)
        fprintf(stderr,
                "lies: \"%s\", %s, %s: more than %g of an answer are lies too "
                "often\n",
                liar_kinds[w->set.model].name, how, w->length, *level);
    bool far = w->worst > TOO_FAR || w->far > w->runs / 1000 + 1;
    if (far)
        fprintf(stderr, "lies: \"%s\", %s, %s: an answer is %.2f standard errors off\n",
                liar_kinds[w->set.model].name, how, w->length, w->worst);
    return !level && !far && w->faults == 0 && w->said > 0;
}

/* ---- all of them ---- */

static void add_row(enum liar_model m, bool gross, enum audit_policy audit,
                    size_t length)
{
    rows[n_rows++] = (struct row){.set = {.model = m,
                                          .gross = gross,
                                          .audit = audit,
                                          .trials = lengths[length].trials,
                                          .lease_log2 = lengths[length].lease_log2},
                                  .length = lengths[length].name};
}

static void make_rows(void)
{
    size_t bytes = ROWS_MAX * sizeof(*rows);
    rows = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (rows == MAP_FAILED)
        _exit(1);
    for (enum liar_model m = 0; m < LIAR_MODELS; m++) {
        for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
            add_row(m, false, AUDIT_ADAPTIVE, i);
            if (liar_kinds[m].gross)
                add_row(m, true, AUDIT_ADAPTIVE, i);
        }
        add_row(m, false, AUDIT_ALL, 0);
    }
}

/* Each process fills rows of its own.  With --audit all nothing is left to chance, so
 * fewer runs do. */
static void fill_rows(uint64_t runs, size_t process, size_t processes)
{
    for (size_t i = process; i < n_rows; i += processes) {
        uint64_t n = rows[i].set.audit == AUDIT_ALL ? (runs + 3) / 4 : runs;
        for (uint64_t seed = 1; seed <= n; seed++)
            add_run(&rows[i], seed);
    }
}

static bool fill_all(uint64_t runs)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = processors > 1 ? (size_t)processors : 1;
    bool good = true;
    for (size_t i = 0; i < n; i++)
        if (fork() == 0) {
            fill_rows(runs, i, n);
            _exit(0);
        }
    for (int status; wait(&status) > 0;)
        good &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return good;
}

int lies_table(uint64_t runs)
{
    make_rows();
    bool good = fill_all(runs);
    printf("%-21s %-5s %-4s %6s %6s %6s %7s %8s %7s %7s %7s\n", "model", "lies", "job",
           "found", "wrong", "doubt", "worst", "y", "audits", "rework", "most");
    for (size_t i = 0; i < n_rows; i++)
        good &= rows[i].runs > 0 && print_row(&rows[i]);
    return !good;
}
