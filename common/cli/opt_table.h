// SPDX-License-Identifier: MIT
/*
 * Tables of options: one entry an option, and the description of the command that takes
 * them.  Pure.
 */
#ifndef COMMON_CLI_OPT_TABLE_H
#define COMMON_CLI_OPT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OPT_MAX = 40,            /* options in one table; more are a bug */
    OPT_VARIABLE_BYTES = 48, /* "PI_EXIT_WHEN_IDLE" */
};

enum opt_kind {
    OPT_FLAG,     /* bool; OPT_FLAG_WORDS in the environment and in a config file */
    OPT_STRING,   /* const char *, not empty */
    OPT_LIST,     /* struct opt_list, one item per use; in the environment a,b,c */
    OPT_TRIALS,   /* uint64_t, 1 .. 2^62 */
    OPT_NUMBER,   /* uint64_t, min .. max (max 0: 2^62) */
    OPT_INT,      /* int, min .. max (max 0: INT_MAX), not negative */
    OPT_REAL,     /* double, low .. high */
    OPT_DURATION, /* int64_t milliseconds, min .. max (max 0: ten years) */
    OPT_CHOICE,   /* int or enum: the index of the word in metavar, "text|json" */
};

struct opt {
    const char *name;    /* long name without dashes; NULL ends the table */
    const char *metavar; /* "N", "DIR"; the words of a choice; NULL for a flag */
    const char *help;    /* less than a line; NULL: shares the next option's line */
    size_t at;           /* offsetof(struct of values, member) */
    enum opt_kind kind;
    char letter;         /* short form, or 0 */
    char letter_too;     /* another one, which no help shows; or 0 */
    char separator;      /* of a list in the environment; 0: a comma */
    bool no_variable;    /* chooses what is done, or is read elsewhere (opt.h) */
    unsigned char group; /* options of one group exclude each other; 0: no group */
    uint64_t min, max;   /* inclusive */
    double low, high;    /* of an OPT_REAL, inclusive */
};

#define OPT_END                                                                        \
    {                                                                                  \
        .name = NULL                                                                   \
    }

/* What other programs call something that goes otherwise here. */
struct opt_elsewhere {
    const char *typed; /* "port"; a single letter is a short option */
    const char *hint;
};

/* A program or one of its subcommands.  Strings are static, lines without newline. */
struct opt_command {
    const char *program;         /* "pictl" */
    const char *name;            /* "submit"; NULL for the program itself */
    const char *usage;           /* after the names: "--trials N [OPTION]..." */
    const char *summary;         /* one line */
    const char *versions;        /* "protocol 1, libuv 1.44.2"; NULL: no -V */
    const char *more;            /* further reading: "man pictl"; or NULL */
    const char *const *examples; /* lines, ends with NULL; or NULL */
    const char *const *notes;    /* lines after the options: a list of commands */
    const struct opt *options;   /* ends with OPT_END; or NULL */
    const struct opt_elsewhere *elsewhere; /* ends with {NULL}; or NULL */
    const struct opt *common; /* also accepted, but not in the help; or NULL */
    const char *operand;      /* the name of an operand, "JOB"; NULL: takes none */
    int min_operands;
    int max_operands;      /* ignored without operand; < 0: any number */
    bool stops_at_operand; /* the first operand starts a subcommand's arguments */
};

/* What a flag is set by, off and on by turns. */
#define OPT_FLAG_WORDS "false|true|no|yes|off|on|0|1"

/* The environment variable of an option that has one: "PI_AUDIT_CPU" of "audit-cpu". */
void opt_variable(const struct opt *opt, char ret[OPT_VARIABLE_BYTES]);

/* The range of an option with whole numbers or durations (in ms), after defaults. */
void opt_range(const struct opt *opt, uint64_t *ret_min, uint64_t *ret_max);

#endif
