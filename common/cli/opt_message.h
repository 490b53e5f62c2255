// SPDX-License-Identifier: MIT
/*
 * Error messages for command lines, on stderr: one line says what is wrong and why, one
 * line what to do; never a usage dump.  Owns no memory.
 */
#ifndef COMMON_CLI_OPT_MESSAGE_H
#define COMMON_CLI_OPT_MESSAGE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cli/opt_value.h"

struct opt;
struct opt_command;

/* Whether messages of the functions below are objects of JSON from now on, a line each,
 * on stderr as before: {"error":{"code":"USAGE","message":WHAT,"hint":HINT}}. */
void opt_messages_as_json(bool yes);

/* Prints "pictl: WHAT" and, unless hint is NULL or empty, "hint: HINT"; or as JSON,
 * where code NULL makes a {"note":{...}} of it, which is no error. */
void opt_message(const char *program, const char *code, const char *hint,
                 const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

/* Prints two lines, "pictl: WHAT" and "hint: HINT" ("Try ... --help" if hint is NULL),
 * and returns EXIT_USAGE.  The caller escapes untrusted text. */
int opt_usage_error(const struct opt_command *command, const char *hint,
                    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a word that is not among the n words: "unknown command 'sbumit'; did you
 * mean 'submit'?".  kind is "command". */
int opt_unknown(const struct opt_command *command, const char *kind, const char *word,
                const char *const *words, size_t n);

/* The one of n words that the user probably meant: it begins with `word`, or at most a
 * third of the letters differ (a swap counts as one).  NULL: none is similar. */
const char *opt_suggest(const char *word, const char *const *words, size_t n);

/* Reports a wrong value `text` of an option; subject names the option, "--trials" or
 * "PI_KERNEL".  Returns EXIT_USAGE. */
int opt_value_error(const struct opt_command *command, const struct opt *opt,
                    const char *subject, const char *text, enum opt_error error);

/* Reports an option without its value.  Returns EXIT_USAGE. */
int opt_missing_value(const struct opt_command *command, const struct opt *opt);

#endif
