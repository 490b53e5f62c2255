// SPDX-License-Identifier: MIT
/*
 * Rows of the ledger: how neighbours merge, sums over them, and their records.
 */
#include "server/core/rows.h"
#include <assert.h>

uint64_t rows_prefix_hits(const struct ledger *l, uint64_t end)
{
    uint64_t hits = 0;
    if (end == 0)
        return 0;
    size_t cell = cell_of(end - 1);
    for (size_t i = 0; i < cell; i++)
        hits += l->cells[i].hits;
    struct span_at at;
    span_find(&l->rows, cell_first(cell), &at);
    for (; span_valid(&l->rows, at); at = span_next(&l->rows, at)) {
        const struct span *x = span_get(&l->rows, at);
        if (x->first >= end)
            break;
        assert(x->end <= end);
        hits += x->value;
    }
    return hits;
}

struct span row_merge(struct span_set *set, struct span x, uint64_t ceiling)
{
    size_t cell = cell_of(x.first);
    uint64_t low = cell_first(cell), high = cell_first(cell + 1);
    if (tag_state(x.tag) == ROW_WHOLE)
        return span_add(set, x, x.first, x.end);
    return span_add(set, x, low, high < ceiling ? high : ceiling);
}

struct span row_retag(struct ledger *l, struct span_at at, enum row_state state,
                      struct record_list *to)
{
    struct span x = *span_get(&l->rows, at);
    span_erase(&l->rows, at);
    x.tag = row_tag(tag_share(x.tag), state);
    struct span row = row_merge(&l->rows, x, l->limit);
    if (row.first < l->prefix && row.end >= l->prefix)
        l->prefix_row = row.value;
    record_clear(l, row.first, row.end, to);
    record_row(l, &row, to);
    return row;
}

void record_clear(const struct ledger *l, uint64_t first, uint64_t end,
                  struct record_list *to)
{
    struct record *r = record_add(to, RECORD_CLEAR, l->job);
    r->clear.first = first;
    r->clear.end = end;
}

void record_row(const struct ledger *l, const struct span *x, struct record_list *to)
{
    record_add(to, RECORD_ROW, l->job)->row =
        (struct row_record){.first = x->first,
                            .count = x->end - x->first,
                            .hits = x->value,
                            .author = l->shares[tag_share(x->tag)].worker,
                            .verified = tag_verified(x->tag),
                            .doubtful = tag_state(x->tag) == ROW_DOUBTFUL};
}

void share_changed(struct ledger *l, size_t share)
{
    if (l->shares[share].dirty)
        return;
    l->shares[share].dirty = true;
    *VEC_PUSH(&l->dirty) = share;
}

void share_provisional(struct ledger *l, size_t share, uint64_t first)
{
    struct share *s = &l->shares[share];
    if (!s->provisional || first < s->provisional_from)
        s->provisional_from = first;
    s->provisional = true;
}

void tally_add(struct tally *t, const struct span *x)
{
    t->done += x->end - x->first;
    t->hits += x->value;
    if (tag_verified(x->tag)) {
        t->verified_done += x->end - x->first;
        t->verified_hits += x->value;
    }
    if (tag_state(x->tag) == ROW_DOUBTFUL)
        t->doubtful += x->end - x->first;
}
