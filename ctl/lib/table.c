// SPDX-License-Identifier: MIT
#include "ctl/lib/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

enum { TEXT_SIZE = 512, GAP = 2 };

void table_init(struct ctl_table *t, const struct column *columns, size_t n_columns)
{
    assert(n_columns > 0 && n_columns <= TABLE_COLUMNS_MAX);
    *t = (struct ctl_table){.columns = columns, .n_columns = n_columns};
    arena_init(&t->arena, 0);
}

void table_release(struct ctl_table *t)
{
    free(t->cells);
    free(t->colours);
    arena_release(&t->arena);
    *t = (struct ctl_table){.columns = NULL};
}

static void add_cell(struct ctl_table *t, const char *colour, const char *format,
                     va_list args)
{
    char text[TEXT_SIZE];
    vsnprintf(text, sizeof(text), format, args);
    if (t->n_cells == t->room) {
        t->room = t->room ? 2 * t->room : 64;
        t->cells = mem_resize(t->cells, t->room, sizeof(*t->cells));
        t->colours = mem_resize(t->colours, t->room, sizeof(*t->colours));
    }
    t->colours[t->n_cells] = colour;
    t->cells[t->n_cells++] = arena_printf(&t->arena, "%s", text);
}

void table_cell(struct ctl_table *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_cell(t, NULL, format, args);
    va_end(args);
}

void table_cell_coloured(struct ctl_table *t, const char *colour, const char *format,
                         ...)
{
    va_list args;
    va_start(args, format);
    add_cell(t, colour, format, args);
    va_end(args);
}

/* Counts UTF-8 characters: bytes that are no continuation bytes. */
static size_t count_characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

struct cell {
    const char *text, *colour;
    size_t width; /* of its column */
    bool right;
};

/* *gap: pending spaces, printed only before other text, so no line ends with one. */
static void print_cell(FILE *out, const struct cell *c, size_t *gap)
{
    size_t padding = c->width - count_characters(c->text);
    if (c->right)
        *gap += padding;
    if (*c->text) {
        fprintf(out, "%*s%s%s%s", (int)*gap, "", c->colour ? c->colour : "", c->text,
                c->colour ? "\033[0m" : "");
        *gap = 0;
    }
    *gap += GAP + (c->right ? 0 : padding);
}

static const size_t LEFT_OUT = SIZE_MAX; /* as a width */

static void measure(const struct ctl_table *t, size_t width[TABLE_COLUMNS_MAX])
{
    for (size_t i = 0; i < t->n_columns; i++)
        width[i] = count_characters(t->columns[i].head);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t n = count_characters(t->cells[i]);
        if (n > width[i % t->n_columns])
            width[i % t->n_columns] = n;
    }
}

static size_t total(const struct ctl_table *t, const size_t width[TABLE_COLUMNS_MAX])
{
    size_t sum = 0;
    for (size_t i = 0; i < t->n_columns; i++)
        if (width[i] != LEFT_OUT)
            sum += (sum > 0 ? GAP : 0) + width[i];
    return sum;
}

/* Leaves out columns in their order until the rest fits, or nothing more may go. */
static void narrow(const struct ctl_table *t, size_t width[TABLE_COLUMNS_MAX],
                   unsigned most)
{
    for (int turn = 1; turn <= TABLE_COLUMNS_MAX && total(t, width) > most; turn++)
        for (size_t i = 0; i < t->n_columns; i++)
            if (t->columns[i].leaves == turn)
                width[i] = LEFT_OUT;
}

void table_print(const struct ctl_table *t, FILE *out, bool colour, unsigned most)
{
    size_t width[TABLE_COLUMNS_MAX], gap = 0;
    assert(t->n_cells % t->n_columns == 0);
    measure(t, width);
    if (most > 0)
        narrow(t, width, most);
    for (size_t i = 0; i < t->n_columns + t->n_cells; i++) {
        size_t at = i % t->n_columns;
        bool head = i < t->n_columns;
        size_t j = head ? 0 : i - t->n_columns;
        struct cell c = {
            .text = head ? t->columns[at].head : t->cells[j],
            .colour = head || !colour ? NULL : t->colours[j],
            .width = width[at],
            .right = t->columns[at].right,
        };
        if (width[at] != LEFT_OUT)
            print_cell(out, &c, &gap);
        if (at + 1 == t->n_columns) {
            fputc('\n', out);
            gap = 0;
        }
    }
}
