// SPDX-License-Identifier: MIT
/*
 * The ledger once more, as an array with one entry for each 65,536 trials, where every
 * question is answered by looking at all of them.  Only for ranges of whole units:
 * first, end and limit are numbers of units.
 */
#ifndef TESTS_LIB_LEDGER_MODEL_H
#define TESTS_LIB_LEDGER_MODEL_H

#include "server/core/ledger.h"
#include "tests/lib/naive_disk.h"
#include "tests/lib/seeded.h"

enum {
    UNITS = 320, /* up to where cells are eight units wide */
    WORKERS = 4,
    THE_JOB = 9,
};

#define UNIT (UINT64_C(1) << 16)

enum unit_state { UNIT_FREE, UNIT_LEASED, UNIT_PENDING, UNIT_ROW, UNIT_UNWANTED };

struct unit {
    enum unit_state state;
    bool flight, verified;
    uint64_t grant;                  /* leased */
    uint64_t worker, hits;           /* pending, row; worker 0: settled */
    uint64_t lease_first, lease_end; /* free again: the bounds it was leased in; or 0 */
    uint32_t log2;                   /* and how its grant was cut */
};

struct model {
    struct unit at[UNITS];
    uint64_t limit;
    bool open; /* the job's end is not known: it lies beyond all units */
    bool hold;
};

/* All below the limit free. */
struct model model_new(uint64_t limit);

/* The end of the cell that the unit lies in. */
uint64_t unit_cell_end(uint64_t unit);

/* Hits of a unit, whoever counts them. */
uint64_t unit_hits(uint64_t unit);

/* How many in [first, end) are in that state; whether the grant has all of them. */
uint64_t model_count(const struct model *m, uint64_t first, uint64_t end,
                     enum unit_state state);
bool model_all_owned(const struct model *m, uint64_t grant, uint64_t first,
                     uint64_t end);

/* What ledger_fate() must say. */
enum fate model_fate(const struct model *m, uint64_t first, uint64_t end);

/* Unit i is nobody's again; it was leased in those bounds, 0 and 0: never. */
void model_free(struct model *m, uint64_t i, uint64_t lease_first, uint64_t lease_end);

/* As the ledger's functions of these names. */
void model_settle_all(struct model *m);
void model_flush(struct model *m);
void model_durable(struct model *m);

/* The new limit; nothing is pending, in flight or leased. */
void model_set_limit(struct model *m, uint64_t limit, uint64_t cut_first,
                     uint64_t cut_end);

/* Rows on the disk, and shares, are those of the ledger. */
void compare_disk(const struct ledger *l, const struct disk *d);

/* The ledger, which is sound, says what the model says. */
void compare_all(const struct model *m, const struct ledger *l);

#endif
