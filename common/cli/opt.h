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
#include "common/cli/opt_table.h"
#include "common/cli/opt_value.h"

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

/* Where the value of `name` came from.  The name must be in the table. */
enum opt_source opt_source(const struct opt *options, const struct opt_values *values,
                           const char *name);

#endif
