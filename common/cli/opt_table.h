// SPDX-License-Identifier: MIT
/*
 * What a table of options says: one line an option, and what surrounds them on a
 * command line.  Pure.
 */
#ifndef COMMON_CLI_OPT_TABLE_H
#define COMMON_CLI_OPT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OPT_MAX = 40, /* options in one table; a bug beyond */
};

enum opt_kind {
    OPT_FLAG,     /* bool; in the environment 1 or 0 */
    OPT_STRING,   /* const char *, not empty */
    OPT_LIST,     /* struct opt_list, one item each time; in the environment a,b,c */
    OPT_TRIALS,   /* uint64_t, 1 .. 2^62 */
    OPT_NUMBER,   /* uint64_t, min .. max (max 0: 2^62) */
    OPT_INT,      /* int, min .. max (max 0: INT_MAX), not negative */
    OPT_REAL,     /* double, low .. high */
    OPT_DURATION, /* int64_t milliseconds, min .. max (max 0: ten years) */
    OPT_CHOICE,   /* int or enum: the index of the word in metavar, "text|json" */
};

struct opt {
    const char *name;    /* long name without dashes; NULL ends the table */
    const char *metavar; /* "N", "DIR"; a choice's words; NULL for a flag */
    const char *help;    /* under a line; NULL: listed on the next option's line */
    const char *env;     /* variable that gives the default, or NULL */
    size_t at;           /* offsetof(struct of values, member) */
    enum opt_kind kind;
    char letter;         /* short form, or 0 */
    unsigned char group; /* options of one group exclude each other; 0: none */
    uint64_t min, max;   /* both included */
    double low, high;    /* of an OPT_REAL, both included */
};

#define OPT_END                                                                        \
    {                                                                                  \
        .name = NULL                                                                   \
    }

/* A program, or one subcommand of it.  Texts are static, lines without newline. */
struct opt_command {
    const char *program;         /* "pictl" */
    const char *name;            /* "submit"; NULL for the program itself */
    const char *usage;           /* what follows the names: "--trials N [OPTION]..." */
    const char *summary;         /* one line */
    const char *versions;        /* "protocol 1, libuv 1.44.2"; NULL: there is no -V */
    const char *more;            /* where to read on: "man pictl"; or NULL */
    const char *const *examples; /* whole lines, ends with NULL; or NULL */
    const char *const *notes;    /* lines after the options: a list of commands */
    const struct opt *options;   /* ends with OPT_END; or NULL */
    const struct opt *common;    /* accepted as well, described elsewhere; or NULL */
    const char *operand;         /* what an operand is: "JOB"; NULL: none is taken */
    int min_operands;
    int max_operands;      /* counts only when there is an operand; < 0: any number */
    bool stops_at_operand; /* what follows the first operand belongs to a subcommand */
};

/* The range of an option that holds whole numbers or a duration, defaults filled in. */
void opt_range(const struct opt *opt, uint64_t *ret_min, uint64_t *ret_max);

#endif
