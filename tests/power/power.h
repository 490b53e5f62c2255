// SPDX-License-Identifier: MIT
/*
 * Shared by the files of the power cuts: worlds, which are a database on a disk in
 * memory with transactions, and what is said of their files.
 */
#ifndef TESTS_POWER_POWER_H
#define TESTS_POWER_POWER_H

#include "server/store/database.h"
#include "tests/power/load.h"

#define PATH "a disk in memory/state.db"

enum verdict {
    SOUND,
    LOST,         /* an earlier state: acknowledged data is lost */
    INCONSISTENT, /* no state that ever was, or a file that cannot be opened */
    VERDICTS
};

struct tally_of {
    uint64_t cuts, of[VERDICTS];
    uint64_t transactions;
};

struct world {
    struct database *database;
    size_t kept; /* transactions that returned */
    const char *synchronous;
};

extern struct load *load;
extern char error[600]; /* of the last verdict other than SOUND */

void world_begin(struct world *w, uint64_t seed, bool liar);
void world_end(struct world *w);

/* Copies the log into the file now and then, as a long one is copied. */
void tidy(struct world *w);

/* Number of transactions after which the state was like this; -1: none. */
long state_of(struct database *d, size_t made);

/* After a crash: `kept` transactions have returned, one more may have been in flight.
 * *ret_at: how many the file holds. */
enum verdict judge(struct database **ret, size_t kept, size_t made, size_t *ret_at);

/* So many worlds in which, after a crash, another file takes the place of the one that
 * the log belongs to. */
struct tally_of swap_files(uint64_t worlds, uint64_t seed);

#endif
