// SPDX-License-Identifier: MIT
/*
 * A store as simple as can be: a list of records, to which the records of a transaction
 * are applied one by one.  Fails the test where a row would overlap another, or a CLEAR
 * cut one.  Owns its memory.
 */
#ifndef TESTS_LIB_NAIVE_DISK_H
#define TESTS_LIB_NAIVE_DISK_H

#include "server/core/record.h"

struct disk {
    struct record *at;
    size_t n, capacity;
};

/* Empty again, and without memory. */
void disk_release(struct disk *d);

void disk_apply(struct disk *d, const struct record *r);

/* Applies the records and empties the list, whose memory it keeps. */
void disk_take(struct disk *d, struct record_list *records);

/* How many records of that type the job has. */
size_t disk_count(const struct disk *d, enum record_type type, uint64_t job);

/* The row of the job that starts there, or NULL.  It and the next one live until the
 * disk changes. */
const struct row_record *disk_row_at(const struct disk *d, uint64_t job,
                                     uint64_t first);

/* The job's own record, or NULL. */
const struct record *disk_job(const struct disk *d, uint64_t job);

#endif
