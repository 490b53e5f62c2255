// SPDX-License-Identifier: MIT
/*
 * A table for people: columns only as wide as they need to be, numbers to the right,
 * no space at the ends of lines.  Widths are counted in characters of UTF-8.  Pure but
 * for the stream it is printed to.  The table owns copies of all texts.
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
    bool right;       /* aligned to the right */
};

struct ctl_table {
    const struct column *columns;
    size_t n_columns;
    const char **cells; /* rows, one after the other */
    const char **colours;
    size_t n_cells, room;
    struct arena arena;
};

/* columns is borrowed as long as the table lives. */
void table_init(struct ctl_table *t, const struct column *columns, size_t n_columns);
void table_release(struct ctl_table *t);

/* The next cell, row by row; its text must not contain a newline. */
__attribute__((format(printf, 2, 3))) void table_cell(struct ctl_table *t,
                                                      const char *format, ...);

/* The same in a colour ("\033[32m", static) where the table is printed with colour;
 * NULL: none. */
__attribute__((format(printf, 3, 4))) void
table_cell_coloured(struct ctl_table *t, const char *colour, const char *format, ...);

/* Prints heads and rows; every row must be complete. */
void table_print(const struct ctl_table *t, FILE *out, bool colour);

#endif
