// SPDX-License-Identifier: MIT
#include "tests/lib/naive_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/base.h"

void disk_release(struct disk *d)
{
    free(d->at);
    *d = (struct disk){0};
}

static void disk_push(struct disk *d, const struct record *r)
{
    if (d->n == d->capacity) {
        d->capacity = d->capacity ? 2 * d->capacity : 64;
        d->at = mem_resize(d->at, d->capacity, sizeof(*d->at));
    }
    d->at[d->n++] = *r;
}

static uint64_t row_end(const struct record *r)
{
    return r->row.first + r->row.count;
}

static void disk_clear(struct disk *d, const struct record *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->n; i++) {
        struct record *x = &d->at[i];
        if (x->type == RECORD_ROW && x->job == r->job && x->row.first < r->clear.end &&
            row_end(x) > r->clear.first) {
            assert_true(x->row.first >= r->clear.first && row_end(x) <= r->clear.end);
            continue;
        }
        d->at[kept++] = *x;
    }
    d->n = kept;
}

static void disk_row(struct disk *d, const struct record *r)
{
    assert_true(r->row.count > 0 && r->row.hits <= r->row.count);
    for (size_t i = 0; i < d->n; i++) {
        const struct record *x = &d->at[i];
        if (x->type == RECORD_ROW && x->job == r->job)
            assert_true(x->row.first >= row_end(r) || row_end(x) <= r->row.first);
    }
    disk_push(d, r);
}

static bool disk_same_key(const struct record *a, const struct record *b)
{
    return a->type == b->type && a->job == b->job &&
           (a->type == RECORD_JOB || a->type == RECORD_PROGRAM ||
            a->share.worker == b->share.worker);
}

static void disk_replace(struct disk *d, const struct record *r)
{
    for (size_t i = 0; i < d->n; i++)
        if (disk_same_key(&d->at[i], r)) {
            d->at[i] = *r;
            return;
        }
    disk_push(d, r);
}

static void disk_standing(struct disk *d, const struct record *r)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].type == RECORD_STANDING &&
            d->at[i].standing.worker == r->standing.worker &&
            !strcmp(d->at[i].standing.program, r->standing.program)) {
            d->at[i] = *r;
            return;
        }
    disk_push(d, r);
}

/* There must be exactly one. */
static void disk_audited(struct disk *d, uint64_t id)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].type != RECORD_AUDIT || d->at[i].audit.id != id)
            d->at[kept++] = d->at[i];
    assert_int_equal(kept + 1, d->n);
    d->n = kept;
}

/* There must be one that has ended.  Of records of this type the highest is kept.
 */
static void disk_rm(struct disk *d, const struct record *r)
{
    size_t kept = 0, ended = 0;
    struct record highest = *r;
    for (size_t i = 0; i < d->n; i++) {
        const struct record *x = &d->at[i];
        ended += x->type == RECORD_JOB && x->job == r->job && x->job_.state >= JOB_DONE;
        if (x->type == RECORD_RM && x->job > highest.job)
            highest = *x;
        if (x->job != r->job && x->type != RECORD_RM)
            d->at[kept++] = *x;
    }
    assert_int_equal(ended, 1);
    d->n = kept;
    disk_push(d, &highest);
}

static void disk_pardon(struct disk *d, uint64_t worker)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].type != RECORD_BAN || d->at[i].ban.worker != worker)
            d->at[kept++] = d->at[i];
    d->n = kept;
}

void disk_apply(struct disk *d, const struct record *r)
{
    switch (r->type) {
    case RECORD_JOB:
    case RECORD_PROGRAM:
    case RECORD_SHARE:
        disk_replace(d, r);
        break;
    case RECORD_CLEAR:
        disk_clear(d, r);
        break;
    case RECORD_ROW:
        disk_row(d, r);
        break;
    case RECORD_STANDING:
        disk_standing(d, r);
        break;
    case RECORD_AUDITED:
        disk_audited(d, r->audited);
        break;
    case RECORD_RM:
        disk_rm(d, r);
        break;
    case RECORD_PARDON:
        disk_pardon(d, r->pardoned);
        break;
    case RECORD_BAN:
    case RECORD_ANSWER:
    case RECORD_AUDIT:
        disk_push(d, r);
        break;
    }
}

const struct row_record *disk_row_at(const struct disk *d, uint64_t job, uint64_t first)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].type == RECORD_ROW && d->at[i].job == job &&
            d->at[i].row.first == first)
            return &d->at[i].row;
    return NULL;
}

size_t disk_count(const struct disk *d, enum record_type type, uint64_t job)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        n += d->at[i].type == type && d->at[i].job == job;
    return n;
}

const struct record *disk_job(const struct disk *d, uint64_t job)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].type == RECORD_JOB && d->at[i].job == job)
            return &d->at[i];
    return NULL;
}

void disk_take(struct disk *d, struct record_list *records)
{
    for (size_t i = 0; i < records->n; i++)
        disk_apply(d, &records->items[i]);
    records->n = 0;
}
