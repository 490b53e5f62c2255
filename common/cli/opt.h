// SPDX-License-Identifier: MIT
/*
 * Command lines.  Each program and each pictl subcommand defines its options in one
 * table of struct opt.  Parsing, defaults from the environment, error messages with
 * suggestions and --help all come from that table.  Precedence: flag, environment,
 * config file (common/cli/opt_config.h), then the default that the caller stored in the
 * values.  Of options that exclude each other, what comes first in that order holds;
 * two from the same place are an error.
 *
 * The variable of an option is PI_ and its name.  Options of subcommands have none:
 * they say what is asked for.
 *
 * Errors are two lines on stderr and exit status 2, never a usage dump.  Strings in
 * the values point into argv or the environment (borrowed for the life of the
 * process); an opt_list owns its array.  Not pure: reads the environment, uses getopt's
 * globals and prints.  Call it from one thread.
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
/* Programs include only opt.h. */
#include "common/cli/opt_help.h"
#include "common/cli/opt_message.h"
#include "common/cli/opt_table.h"
#include "common/cli/opt_value.h"

enum opt_source { OPT_UNSET, OPT_FROM_CONFIG, OPT_FROM_ENV, OPT_FROM_FLAG };

/* Where to store a table's values, and the source of each.  Start with {.at = &values}.
 * The same object may pass through opt_parse twice (pictl's common options before and
 * after the subcommand): values that a flag has set stay. */
struct opt_values {
    void *at;
    enum opt_source from[OPT_MAX];
};

struct opt_list {
    const char **items;
    size_t n;
    char *text; /* copy of the environment's value, into which items point */
};

void opt_list_release(struct opt_list *list);

struct opt_operands {
    int n;
    char **items; /* ends with NULL; borrowed from argv */
};

/* True: values and *ret_operands are filled.  False: help, the version or an error has
 * been printed; exit with *ret_status.  common is NULL if the command has no common
 * options.  May permute argv. */
MUST_USE bool opt_parse(const struct opt_command *command, int argc, char **argv,
                        struct opt_values *values, struct opt_values *common,
                        struct opt_operands *ret_operands, int *ret_status);

/* Parses text and stores it as the option's value.  Does not record the source. subject
 * names the option in an error message.  0 or an exit status. */
MUST_USE int opt_set(const struct opt_command *command, const struct opt *opt,
                     struct opt_values *values, const char *subject, const char *text,
                     enum opt_source source);

/* Another option of the group of option i that was given, by a source from `least` to
 * `most`; or NULL.  A flag that was set to false is not given. */
const struct opt *opt_rival(const struct opt *options, const struct opt_values *values,
                            size_t i, enum opt_source least, enum opt_source most);

/* Rejects options that exclude each other, both from that source.  0 or an exit status.
 */
MUST_USE int opt_check_groups(const struct opt_command *command,
                              const struct opt *options,
                              const struct opt_values *values, enum opt_source source);

/* How an error message names an option whose value came from this source: "--listen",
 * "PI_LISTEN" or "listen in the config file".  Returns ret. */
enum { OPT_SUBJECT_BYTES = 80 };
const char *opt_subject(const struct opt *opt, enum opt_source source,
                        char ret[OPT_SUBJECT_BYTES]);

/* The source of an option's value.  The name must be in the table. */
enum opt_source opt_source(const struct opt *options, const struct opt_values *values,
                           const char *name);

#endif
