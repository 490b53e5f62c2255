// SPDX-License-Identifier: MIT
/*
 * A disk in memory under SQLite, as a VFS named "power" that is made the default one.
 * What was written and not synced is a list of pieces of at most a sector.  A power cut
 * lets each of them survive, or not, or in part; a sync that fails forgets them, as the
 * kernel does: they can still be read, but no later sync writes them.
 *
 * One disk a process; what shall go wrong is set in `disk`.
 */
#ifndef TESTS_LIB_POWER_DISK_H
#define TESTS_LIB_POWER_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/rng.h"

struct power_disk {
    struct rng rng;
    uint64_t operations;      /* writes, syncs, cuts, opens, deletions so far */
    uint64_t cut_at, fail_at; /* the operation at which it happens; 0 never */
    int fail_code;            /* of SQLite */
    bool off;                 /* the power is */
    bool full;                /* nothing may be written */
    bool liar;                /* a sync does nothing and says that it did */
    atomic_bool stalled;      /* syncs do not end */
};
extern struct power_disk disk;

/* From now on every connection that is opened is on this disk. */
void disk_install(uint64_t seed);

/* An empty disk, and nothing goes wrong. */
void disk_wipe(void);

/* The power comes back: what is left of each file. */
void disk_power_on(void);

#endif
