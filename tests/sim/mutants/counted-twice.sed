# server/core/ledger.c: what is being written may be counted again
s/if (gap == count)$/if (gap == count || span_overlap(\&l->rows, first, end) == count)/
