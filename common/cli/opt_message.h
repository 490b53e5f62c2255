// SPDX-License-Identifier: MIT
/*
 * What is said about a wrong command line: one line what and why, one line what to do,
 * on stderr, and never a usage dump.  Owns no memory.
 */
#ifndef COMMON_CLI_OPT_MESSAGE_H
#define COMMON_CLI_OPT_MESSAGE_H

#include <stddef.h>

#include "common/cli/opt_value.h"

struct opt;
struct opt_command;

/* Two lines on stderr, "pictl: WHAT" and "hint: HINT" ("Try ... --help" where hint is
 * NULL); returns EXIT_USAGE.  Foreign text in it must have been escaped. */
int opt_usage_error(const struct opt_command *command, const char *hint,
                    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a word that is none of the n: "unknown command 'sbumit'; did you mean
 * 'submit'?".  kind is "command". */
int opt_unknown(const struct opt_command *command, const char *kind, const char *word,
                const char *const *words, size_t n);

/* The one of n words that was probably meant: it begins with `word`, or differs from it
 * by a third of the letters at most (a swap counts one).  NULL: none is near. */
const char *opt_suggest(const char *word, const char *const *words, size_t n);

/* Says what is wrong with the value `text` of an option; subject is what the user knows
 * it by, "--trials" or "PI_KERNEL".  Returns EXIT_USAGE. */
int opt_value_error(const struct opt_command *command, const struct opt *opt,
                    const char *subject, const char *text, enum opt_error error);

/* Says that an option came without its value. */
int opt_missing_value(const struct opt_command *command, const struct opt *opt);

#endif
