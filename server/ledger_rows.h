// SPDX-License-Identifier: MIT
/*
 * What the two halves of the ledger share: tags of rows, and how gaps are freed.
 * Private to server/ledger*.c; pure.
 */
#ifndef SERVER_LEDGER_ROWS_H
#define SERVER_LEDGER_ROWS_H

#include "server/ledger.h"

/* A row's tag: its author's share, and whether it is verified. */
static inline uint64_t row_tag(size_t share, bool verified)
{
    return (uint64_t)share << 1 | verified;
}

static inline size_t tag_share(uint64_t tag)
{
    return (size_t)(tag >> 1);
}

static inline bool tag_verified(uint64_t tag)
{
    return tag & 1;
}

/* Adds a row to a tally. */
void tally_add(struct tally *t, const struct span *row);

/* [first, end) below the limit is free; leases of that log2 keep their bounds. */
void ledger_free(struct ledger *l, uint64_t first, uint64_t end, uint32_t log2);

#endif
