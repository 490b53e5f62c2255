// SPDX-License-Identifier: MIT
/*
 * What the two halves of the ledger share: tags of rows, and how gaps are freed.
 * Private to server/ledger*.c; pure.
 */
#ifndef SERVER_CORE_LEDGER_COMMIT_H
#define SERVER_CORE_LEDGER_COMMIT_H

#include "server/core/ledger.h"

/* A row's tag: its author's share, and its state. */
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
    return tag_state(tag) == ROW_VERIFIED;
}

/*
 * Adds a row, or a range that will be one, to the set: it merges with its neighbours
 * of the same tag within the cell and below the ceiling.  One that is audited whole
 * keeps its bounds.
 */
struct span row_merge(struct span_set *set, struct span x, uint64_t ceiling);

/* Adds a row to a tally. */
void tally_add(struct tally *t, const struct span *row);

/* [first, end) below the limit is free; leases of that log2 keep their bounds. */
void ledger_free(struct ledger *l, uint64_t first, uint64_t end, uint32_t log2);

void share_changed(struct ledger *l, size_t share);

#endif
