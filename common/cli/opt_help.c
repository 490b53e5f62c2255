// SPDX-License-Identifier: MIT
/*
 * Builds the help text in a buffer on the stack, then prints or measures it, so a test
 * measures what users read.  Owns no memory.
 */
#include "common/cli/opt_help.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/opt_table.h"

enum {
    TEXT_SIZE = 8192, /* far longer than any help text; a bug beyond */
    SYNOPSIS_SIZE = 128,
    SYNOPSIS_MAX = 34, /* columns; a longer one only shifts its own help to the right */
    GAP = 2,
};

struct text {
    char bytes[TEXT_SIZE];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *text,
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text->bytes + text->len, TEXT_SIZE - text->len, format, args);
    va_end(args);
    assert(n >= 0 && (size_t)n < TEXT_SIZE - text->len);
    text->len += (size_t)n;
}

/* Appends "-t, --threads N" at buf + at; returns the new end. */
static size_t add_option(char buf[SYNOPSIS_SIZE], size_t at, const struct opt *opt)
{
    char letter[] = {'-', opt->letter, ',', ' ', '\0'};
    int n = snprintf(buf + at, SYNOPSIS_SIZE - at, "%s%s--%s%s%s", at > 0 ? ", " : "",
                     opt->letter ? letter : "", opt->name, opt->metavar ? " " : "",
                     opt->metavar ? opt->metavar : "");
    assert(n > 0 && (size_t)n < SYNOPSIS_SIZE - at);
    return at + (size_t)n;
}

/* Writes the options that share a line: those without help, and the next one with help.
 * Returns the last of them. */
static const struct opt *synopsis(const struct opt *opt, char buf[SYNOPSIS_SIZE])
{
    size_t at = add_option(buf, 0, opt);
    while (!opt->help && opt[1].name)
        at = add_option(buf, at, ++opt);
    return opt;
}

static void append_options(struct text *text, const struct opt *options)
{
    char buf[SYNOPSIS_SIZE];
    size_t column = 0;
    for (const struct opt *opt = options; opt && opt->name; opt++) {
        opt = synopsis(opt, buf);
        size_t width = strlen(buf);
        if (width > column && width <= SYNOPSIS_MAX)
            column = width;
    }
    for (const struct opt *opt = options; opt && opt->name; opt++) {
        opt = synopsis(opt, buf);
        append(text, "  %-*s%*s%s\n", (int)column, buf, GAP, "",
               opt->help ? opt->help : "");
    }
}

static void append_lines(struct text *text, const char *const *lines)
{
    for (; lines && *lines; lines++)
        append(text, "%s%s\n", **lines ? "  " : "", *lines);
}

static void write_help(struct text *text, const struct opt_command *command)
{
    const char *space = command->name ? " " : "";
    const char *name = command->name ? command->name : "";
    if (command->examples) {
        append(text, "Examples:\n");
        append_lines(text, command->examples);
        append(text, "\n");
    }
    append(text, "Usage: %s%s%s %s\n%s\n\n", command->program, space, name,
           command->usage, command->summary);
    append_options(text, command->options);
    append(text, "  -h, --help%s%s%s\n",
           command->versions ? ", -V, --version; man " : "",
           command->versions ? command->program : "",
           command->versions ? " says more" : "");
    if (command->common)
        append(text, "  and the options of '%s --help'\n", command->program);
    if (command->notes) {
        append(text, "\n");
        append_lines(text, command->notes);
    }
    if (command->more)
        append(text, "More: %s\n", command->more);
}

void opt_help_print(const struct opt_command *command)
{
    struct text text = {.len = 0};
    write_help(&text, command);
    fputs(text.bytes, stdout);
}

int opt_help_lines(const struct opt_command *command, int *ret_columns)
{
    struct text text = {.len = 0};
    write_help(&text, command);
    int lines = 0, columns = 0, column = 0;
    for (const char *c = text.bytes; *c; c++) {
        column = *c == '\n' ? 0 : column + 1;
        columns = column > columns ? column : columns;
        lines += *c == '\n';
    }
    if (ret_columns)
        *ret_columns = columns;
    return lines;
}
