// SPDX-License-Identifier: MIT
/*
 * A model of the ledger: an array with an entry for each unit of 65,536 trials,
 * searched from end to end.  first, end and limit count units.
 */
#ifndef TESTS_LIB_LEDGER_MODEL_H
#define TESTS_LIB_LEDGER_MODEL_H

#include "server/core/ledger.h"
#include "tests/lib/naive_disk.h"
#include "tests/lib/seeded.h"

enum {
    UNITS = 320, /* enough for cells eight units wide */
    WORKERS = 4,
    THE_JOB = 9,
};

#define UNIT (UINT64_C(1) << 16)

enum unit_state { UNIT_FREE, UNIT_LEASED, UNIT_PENDING, UNIT_ROW, UNIT_UNWANTED };

struct unit {
    enum unit_state state;
    bool flight, verified;
    uint64_t grant;                  /* leased */
    uint64_t worker, hits;           /* pending, row */
    uint64_t lease_first, lease_end; /* free again: bounds of its last lease; or 0 */
    int64_t kept_ms;                 /* until then these bounds are kept */
    uint32_t log2;                   /* lease size of its last grant */
};

struct model {
    struct unit at[UNITS];
    uint64_t limit;
    bool open; /* the job has no known end within the units */
    bool hold;
};

/* All units below the limit are free. */
struct model model_new(uint64_t limit);

/* The end of the cell that contains the unit. */
uint64_t unit_cell_end(uint64_t unit);

/* The made-up hits of a unit. */
uint64_t unit_hits(uint64_t unit);

/* The number of units in [first, end) in that state; whether the grant has them all. */
uint64_t model_count(const struct model *m, uint64_t first, uint64_t end,
                     enum unit_state state);
bool model_all_owned(const struct model *m, uint64_t grant, uint64_t first,
                     uint64_t end);

/* The right result of ledger_fate(). */
enum fate model_fate(const struct model *m, uint64_t first, uint64_t end);

/* Unit i becomes free.  The bounds are those of its last lease; 0 and 0: none. */
void model_free(struct model *m, uint64_t i, uint64_t lease_first, uint64_t lease_end);

/* The same as the functions of ledger.h with these names. */
void model_flush(struct model *m);
void model_durable(struct model *m);

/* Sets the limit.  Nothing may be pending, in flight or leased. */
void model_set_limit(struct model *m, uint64_t limit, uint64_t cut_first,
                     uint64_t cut_end);

/* Rows on the disk and shares must be those of the ledger. */
void compare_disk(const struct ledger *l, const struct disk *d);

/* The ledger must be consistent and agree with the model. */
void compare_all(const struct model *m, const struct ledger *l);

#endif
