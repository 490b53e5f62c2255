// SPDX-License-Identifier: MIT
/*
 * Rows of a ledger: their tags, how neighbours merge, sums over them.  Pure.
 */
#ifndef SERVER_CORE_ROWS_H
#define SERVER_CORE_ROWS_H

#include "server/core/ledger.h"

/* The tag of a row: its author's share and its state. */
static inline uint64_t row_tag(size_t share, enum row_state state)
{
    return (uint64_t)share << 2 | state;
}

static inline size_t tag_share(uint64_t tag)
{
    return (size_t)(tag >> 2);
}

static inline enum row_state tag_state(uint64_t tag)
{
    return (enum row_state)(tag & 3);
}

static inline bool tag_verified(uint64_t tag)
{
    return tag_state(tag) == ROW_VERIFIED || tag_state(tag) == ROW_DOUBTFUL;
}

/*
 * Adds a row, or a range that will be one.  It merges with neighbours of the same tag
 * within its cell and below the ceiling; a row that is audited whole keeps its bounds.
 * Returns the resulting row.
 */
struct span row_merge(struct span_set *set, struct span x, uint64_t ceiling);

/* The state of the row at this place becomes `state`.  Returns the row that results. */
struct span row_retag(struct ledger *l, struct span_at at, enum row_state state,
                      struct record_list *to);

/* The records that remove the rows within [first, end), and that insert a row. */
void record_clear(const struct ledger *l, uint64_t first, uint64_t end,
                  struct record_list *to);
void record_row(const struct ledger *l, const struct span *x, struct record_list *to);

/* Adds a row to a tally. */
void tally_add(struct tally *t, const struct span *row);

/* Marks the share's record to be written in the next flush. */
void share_changed(struct ledger *l, size_t share);

/* The share has a provisional row at `first`. */
void share_provisional(struct ledger *l, size_t share, uint64_t first);

/* Hits of [0, end); end must be the end of a row, and all below it counted. */
uint64_t rows_prefix_hits(const struct ledger *l, uint64_t end);

#endif
