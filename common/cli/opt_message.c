// SPDX-License-Identifier: MIT
/*
 * Error messages for command lines, all in one form: what and why, then what to do.
 * User input is escaped before it is shown.  Owns no memory; writes to stderr.
 */
#include "common/cli/opt_message.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/cli/opt_table.h"
#include "common/cli/term.h"

enum {
    SHOWN_MAX = 80, /* bytes of an escaped word in a message */
    HINT_MAX = 200,
    MESSAGE_MAX = 2000,
    WORDS_MAX = 16, /* words of a choice */
};

static bool as_json;

void opt_messages_as_json(bool yes)
{
    as_json = yes;
}

static void put_message(const char *code, const char *hint, const char *message)
{
    struct json_writer w = json_to_stream(stderr);
    json_begin_object(&w, NULL);
    json_begin_object(&w, code ? "error" : "note");
    if (code)
        json_put_text(&w, "code", code);
    json_put_text(&w, "message", message);
    json_put_text(&w, "hint", hint);
    json_end(&w);
    json_end_line(&w);
}

void opt_message(const char *program, const char *code, const char *hint,
                 const char *format, va_list args)
{
    if (as_json) {
        char message[MESSAGE_MAX];
        vsnprintf(message, sizeof(message), format, args);
        put_message(code, hint, message);
        return;
    }
    fprintf(stderr, "%s: ", program);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    if (hint && *hint)
        fprintf(stderr, "hint: %s\n", hint);
}

int opt_usage_error(const struct opt_command *command, const char *hint,
                    const char *format, ...)
{
    char help[HINT_MAX];
    va_list args;
    va_start(args, format);
    snprintf(help, sizeof(help), "Try '%s%s%s --help'.", command->program,
             command->name ? " " : "", command->name ? command->name : "");
    opt_message(command->program, "USAGE", !hint && as_json ? help : hint, format,
                args);
    va_end(args);
    if (!hint && !as_json)
        fprintf(stderr, "%s\n", help);
    return EXIT_USAGE;
}

/* kind: what the word should be; it precedes the word in the message. */
static int report_unknown(const struct opt_command *command, const char *hint,
                          const char *kind, const char *word, const char *const *words,
                          size_t n)
{
    char shown[SHOWN_MAX];
    term_typed(shown, sizeof(shown), word);
    const char *near = opt_suggest(word, words, n);
    if (near)
        return opt_usage_error(command, hint, "unknown %s '%s'; did you mean '%s'?",
                               kind, shown, near);
    return opt_usage_error(command, hint, "unknown %s '%s'", kind, shown);
}

int opt_unknown(const struct opt_command *command, const char *kind, const char *word,
                const char *const *words, size_t n)
{
    return report_unknown(command, NULL, kind, word, words, n);
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The number of insertions, deletions, replacements and adjacent swaps from a to b. */
static size_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    size_t rows = strlen(a), columns = strlen(b);
    if (rows > LONGEST || columns > LONGEST)
        return SIZE_MAX; /* too long for a typing error */
    size_t d[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= rows; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        for (size_t j = 1; j <= columns; j++) {
            bool same = a[i - 1] == b[j - 1];
            d[i][j] = min_size(d[i - 1][j] + 1, d[i][j - 1] + 1);
            d[i][j] = min_size(d[i][j], d[i - 1][j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = min_size(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[rows][columns];
}

const char *opt_suggest(const char *word, const char *const *words, size_t n)
{
    size_t len = strlen(word);
    const char *best = NULL;
    size_t least = len / 3 + 1; /* at most a third of the letters may differ */
    for (size_t i = 0; i < n && len > 1; i++) {
        if (strncmp(word, words[i], len) == 0)
            return words[i];
        size_t distance = edit_distance(word, words[i]);
        if (distance < least) {
            least = distance;
            best = words[i];
        }
    }
    return best;
}

/* A bound of a range: powers of two as such. */
static const char *range_end(char *buf, size_t size, uint64_t value)
{
    if (value == OPT_NUMBER_MAX)
        snprintf(buf, size, "2^62");
    else if (value == OPT_NUMBER_MAX - 1)
        snprintf(buf, size, "2^62 - 1");
    else if (value == UINT64_MAX)
        snprintf(buf, size, "2^64 - 1");
    else
        snprintf(buf, size, "%" PRIu64, value);
    return buf;
}

/* "500ms", "2h", as users type durations; the maximum in words. */
static const char *typed_duration(char *buf, size_t size, uint64_t ms)
{
    if (ms == OPT_DURATION_MAX)
        snprintf(buf, size, "10 years");
    else if (ms % 3600000 == 0 && ms > 0)
        snprintf(buf, size, "%" PRIu64 "h", ms / 3600000);
    else if (ms % 1000 == 0)
        snprintf(buf, size, "%" PRIu64 "s", ms / 1000);
    else
        snprintf(buf, size, "%" PRIu64 "ms", ms);
    return buf;
}

/* The hint that says which values an option takes. */
static void describe_values(const struct opt *opt, const char *subject,
                            char hint[HINT_MAX])
{
    char low[FORMAT_MAX], high[FORMAT_MAX];
    uint64_t min, max;
    opt_range(opt, &min, &max);
    switch (opt->kind) {
    case OPT_FLAG:
        snprintf(hint, HINT_MAX, "%s takes true or false, yes or no, on or off, 1 or 0",
                 subject);
        break;
    case OPT_STRING:
    case OPT_LIST:
        snprintf(hint, HINT_MAX, "%s takes a value, %s", subject, opt->metavar);
        break;
    case OPT_TRIALS:
    case OPT_NUMBER:
    case OPT_INT:
        snprintf(hint, HINT_MAX, "%s takes a whole number from %s to %s%s", subject,
                 range_end(low, sizeof(low), min), range_end(high, sizeof(high), max),
                 max < 200000 ? "" : ", such as 200000, 2e5, 200k or 10G");
        break;
    case OPT_REAL:
        snprintf(hint, HINT_MAX, "%s takes a number from %g to %g", subject, opt->low,
                 opt->high);
        break;
    case OPT_DURATION:
        if (opt->min == 0 && opt->max == 0)
            snprintf(hint, HINT_MAX, "%s takes a duration, such as 500ms, 30s, 2h",
                     subject);
        else
            snprintf(hint, HINT_MAX,
                     "%s takes a duration from %s to %s, such as 500ms, 30s, 2h",
                     subject, typed_duration(low, sizeof(low), min),
                     typed_duration(high, sizeof(high), max));
        break;
    case OPT_CHOICE:
        snprintf(hint, HINT_MAX, "%s takes %s", subject, opt->metavar);
        break;
    }
}

/* Reports a word that is not among an option's words. */
static int report_unknown_choice(const struct opt_command *command,
                                 const struct opt *opt, const char *subject,
                                 const char *text, const char *hint)
{
    char copy[HINT_MAX];
    const char *words[WORDS_MAX];
    size_t n = 0;
    char *rest = NULL;
    snprintf(copy, sizeof(copy), "%s", opt->metavar);
    for (char *word = strtok_r(copy, "|", &rest); word && n < WORDS_MAX;
         word = strtok_r(NULL, "|", &rest))
        words[n++] = word;
    return report_unknown(command, hint, subject, text, words, n);
}

int opt_value_error(const struct opt_command *command, const struct opt *opt,
                    const char *subject, const char *text, enum opt_error error)
{
    char hint[HINT_MAX], shown[SHOWN_MAX];
    describe_values(opt, subject, hint);
    if (error == OPT_EMPTY)
        return opt_usage_error(command, hint, "%s is empty", subject);
    if (opt->kind == OPT_CHOICE)
        return report_unknown_choice(command, opt, subject, text, hint);
    return opt_usage_error(command, hint, "%s '%s' %s", subject,
                           term_typed(shown, sizeof(shown), text),
                           opt_error_text(error));
}

int opt_missing_value(const struct opt_command *command, const struct opt *opt)
{
    char hint[HINT_MAX], subject[SHOWN_MAX];
    snprintf(subject, sizeof(subject), "--%s", opt->name);
    describe_values(opt, subject, hint);
    return opt_usage_error(command, hint, "%s needs a value", subject);
}
