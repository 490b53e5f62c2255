// SPDX-License-Identifier: MIT
/*
 * A disk in memory under SQLite, as a VFS named "power" that is made the default one.
 * Unsynced writes are a list of pieces of at most a sector.  In a power cut each of
 * them survives, is lost, or survives in part.  A failed sync drops them, as the kernel
 * does: they can still be read, but no later sync writes them.
 *
 * One disk per process; the test sets the faults in `disk`.
 */
#ifndef TESTS_LIB_POWER_DISK_H
#define TESTS_LIB_POWER_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/rng.h"

struct power_disk {
    struct rng rng;
    uint64_t operations;      /* writes, syncs, cuts, opens, deletions so far */
    uint64_t cut_at, fail_at; /* number of the operation; 0: never */
    int fail_code;            /* result code of SQLite */
    bool off;                 /* after the power cut */
    bool full;                /* writes fail */
    bool over_quota;          /* the same with EDQUOT, which SQLITE_FULL is not for */
    bool liar;                /* a sync does nothing and reports success */
    atomic_bool stalled;      /* syncs block */
};
extern struct power_disk disk;

/* From now on SQLite opens every database on this disk. */
void disk_install(uint64_t seed);

/* An empty disk without faults. */
void disk_wipe(void);

/* The content of a file, which the caller frees; NULL: it is not there.  And a file
 * with that content, synced; NULL: it is gone. */
uint8_t *disk_get(const char *name, size_t *ret_n);
void disk_put(const char *name, const uint8_t *bytes, size_t n);

/* The power comes back: decides what is left of each file. */
void disk_power_on(void);

#endif
