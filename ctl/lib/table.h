// SPDX-License-Identifier: MIT
/*
 * A text table: columns as narrow as possible, no trailing spaces.  Widths are counted
 * in UTF-8 characters.  Pure except for the output stream.  The table owns copies of
 * all strings.
 */
#ifndef CTL_LIB_TABLE_H
#define CTL_LIB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/base/arena.h"

enum { TABLE_COLUMNS_MAX = 12 };

struct column {
    const char *head; /* static */
    bool right;       /* right-aligned */
    int leaves;       /* in a terminal that is too narrow: 1 first, then 2; 0: never */
};

struct ctl_table {
    const struct column *columns;
    size_t n_columns;
    const char **cells; /* row by row */
    const char **colours;
    size_t n_cells, room;
    struct arena arena;
};

/* Borrows columns for the life of the table. */
void table_init(struct ctl_table *t, const struct column *columns, size_t n_columns);
void table_release(struct ctl_table *t);

/* Appends a cell, row by row.  Its text must not contain a newline. */
__attribute__((format(printf, 2, 3))) void table_cell(struct ctl_table *t,
                                                      const char *format, ...);

/* The same with a colour ("\033[32m", static; NULL: none), used if the table is printed
 * with colour. */
__attribute__((format(printf, 3, 4))) void
table_cell_coloured(struct ctl_table *t, const char *colour, const char *format, ...);

/* Prints heads and rows, in at most `width` columns if leaving out whole ones is enough
 * (0: however wide).  Every row must be complete. */
void table_print(const struct ctl_table *t, FILE *out, bool colour, unsigned width);

#endif
