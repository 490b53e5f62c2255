// SPDX-License-Identifier: MIT
/*
 * The simplest store: a list of records, to which transactions are applied record by
 * record.  Fails the test if a row overlaps another, or if a CLEAR splits one.  Owns
 * its memory.
 */
#ifndef TESTS_LIB_NAIVE_DISK_H
#define TESTS_LIB_NAIVE_DISK_H

#include "server/core/record.h"

struct disk {
    struct record *at;
    size_t n, capacity;
};

/* Empties the disk and frees its memory. */
void disk_release(struct disk *d);

void disk_apply(struct disk *d, const struct record *r);

/* Applies the records, then empties the list but not its capacity. */
void disk_take(struct disk *d, struct record_list *records);

/* The number of records of that type of the job. */
size_t disk_count(const struct disk *d, enum record_type type, uint64_t job);

/* The row of the job that starts there, or NULL.  This pointer and the next function's
 * are valid until the disk changes. */
const struct row_record *disk_row_at(const struct disk *d, uint64_t job,
                                     uint64_t first);

/* The job's own record, or NULL. */
const struct record *disk_job(const struct disk *d, uint64_t job);

#endif
