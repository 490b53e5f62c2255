// SPDX-License-Identifier: MIT
/*
 * Command lines.  One table of struct opt a program, and one a pictl subcommand, is
 * all that is said about its options: parsing, defaults from the environment, error
 * messages with suggestions and --help come from it.  Flag beats environment beats
 * config file (common/cli/opt_config.h) beats the default that the caller put into the
 * values beforehand.
 *
 * Errors are two lines on stderr and exit status 2, never a usage dump.  Strings in
 * the values point into argv or the environment (borrowed for the life of the
 * process); an opt_list owns its array.  Not pure: reads the environment and
 * getopt's globals, prints; call it from one thread.
 *
 *     struct picoord_options options = {.spawn = 0};
 *     struct opt_values values = {.at = &options};
 *     struct opt_operands operands;
 *     int status;
 *     if (!opt_parse(&command, argc, argv, &values, NULL, &operands, &status))
 *         return status;
 */
#ifndef COMMON_CLI_OPT_H
#define COMMON_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/base.h"
/* A program includes this one. */
#include "common/cli/opt_help.h"
#include "common/cli/opt_message.h"
#include "common/cli/opt_value.h"

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

enum opt_source { OPT_UNSET, OPT_FROM_CONFIG, OPT_FROM_ENV, OPT_FROM_FLAG };

/* Where a table's values go, and where each came from.  Start with {.at = &values};
 * the same object may pass through opt_parse twice (pictl's common options before and
 * after the subcommand): what a flag has set stays. */
struct opt_values {
    void *at;
    enum opt_source from[OPT_MAX];
};

struct opt_list {
    const char **items;
    size_t n;
    char *text; /* the copy of the environment's value that the items point into */
};

void opt_list_release(struct opt_list *list);

struct opt_operands {
    int n;
    char **items; /* ends with NULL; borrowed from argv */
};

/* True: values and *ret_operands are filled, go on.  False: help, version or an error
 * has been printed, exit with *ret_status.  common is NULL where command has none.
 * argv may be permuted. */
MUST_USE bool opt_parse(const struct opt_command *command, int argc, char **argv,
                        struct opt_values *values, struct opt_values *common,
                        struct opt_operands *ret_operands, int *ret_status);

/* Sets one option; subject is what the user knows it by, in an error.  Does not note
 * the source.  0 or an exit status. */
MUST_USE int opt_set(const struct opt_command *command, const struct opt *opt,
                     struct opt_values *values, const char *subject, const char *text,
                     enum opt_source source);

/* The range of an option that holds whole numbers or a duration, defaults filled in. */
void opt_range(const struct opt *opt, uint64_t *ret_min, uint64_t *ret_max);

/* Where the value of `name` came from.  The name must be in the table. */
enum opt_source opt_source(const struct opt *options, const struct opt_values *values,
                           const char *name);

#endif
