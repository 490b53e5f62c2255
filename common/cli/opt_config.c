// SPDX-License-Identifier: MIT
#include "common/cli/opt_config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

#include "common/base/exit.h"
#include "common/base/format.h"

enum { SHOWN_MAX = 80, SUBJECT_MAX = 400 };

struct config {
    const struct opt_command *command;
    struct opt_values *values;
    const char *excluded;
    char path[256]; /* for display */
    FILE *file;
    unsigned line; /* number of the current line */
    bool within;   /* its end has not been read */
    int status;
};

/* Copies that the values point into. */
static struct config_string {
    struct config_string *next;
    char text[];
} * config_strings;

static const char *keep_string(const char *text)
{
    size_t size = strlen(text) + 1;
    struct config_string *s = mem_resize(NULL, 1, sizeof(*s) + size);
    memcpy(s->text, text, size);
    s->next = config_strings;
    config_strings = s;
    return s->text;
}

static bool is_word_of(const char *word, const char *words)
{
    size_t n = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static int unknown_name(const struct config *c, const char *name)
{
    const char *names[OPT_MAX];
    char shown[SHOWN_MAX];
    size_t n = 0;
    for (const struct opt *o = c->command->options; o->name; o++)
        if (!is_word_of(o->name, c->excluded))
            names[n++] = o->name;
    const char *near = opt_suggest(name, names, n);
    format_escape_str(shown, sizeof(shown), name);
    if (near)
        return opt_usage_error(c->command, NULL,
                               "%s:%u: unknown option '%s'; did you mean '%s'?",
                               c->path, c->line, shown, near);
    return opt_usage_error(c->command, NULL, "%s:%u: unknown option '%s'", c->path,
                           c->line, shown);
}

static int set_from_line(struct config *c, const char *name, const char *value)
{
    char subject[SUBJECT_MAX];
    size_t i = 0;
    while (c->command->options[i].name &&
           strcmp(c->command->options[i].name, name) != 0)
        i++;
    const struct opt *opt = &c->command->options[i];
    if (!opt->name || is_word_of(name, c->excluded))
        return unknown_name(c, name);
    if (c->values->from[i] > OPT_FROM_CONFIG ||
        opt_rival(c->command->options, c->values, i, OPT_FROM_ENV, OPT_FROM_FLAG))
        return 0;
    snprintf(subject, sizeof(subject), "%s:%u: %s", c->path, c->line, name);
    c->values->from[i] = OPT_FROM_CONFIG;
    return opt_set(c->command, opt, c->values, subject, keep_string(value),
                   OPT_FROM_CONFIG);
}

/* A reader for inih that counts lines, since inih does not pass the number on.  Reads a
 * line, or the next part of a line that is longer than the buffer. */
static char *read_line(char *buf, int size, void *stream)
{
    struct config *c = stream;
    if (!fgets(buf, size, c->file))
        return NULL;
    c->line += !c->within;
    c->within = !strchr(buf, '\n');
    return buf;
}

/* A handler for inih: one setting.  After an error it ignores the rest. */
static int on_line(void *user, const char *section, const char *name, const char *value)
{
    struct config *c = user;
    if (c->status)
        return 1;
    if (*section)
        c->status = opt_usage_error(c->command, "take the line in brackets out",
                                    "%s:%u: there are no sections", c->path, c->line);
    else
        c->status = set_from_line(c, name, value);
    return 1;
}

int opt_config(const struct opt_command *command, struct opt_values *values,
               const char *path, const char *excluded)
{
    struct config c = {.command = command, .values = values, .excluded = excluded};
    format_escape_str(c.path, sizeof(c.path), path);
    c.file = fopen(path, "re");
    if (!c.file) {
        char why[FORMAT_MAX];
        fprintf(stderr, "%s: cannot read the config file %s: %s\n", command->program,
                c.path, format_error(why, sizeof(why), -errno));
        fprintf(stderr, "hint: give another --config, or none\n");
        return EXIT_LOCAL;
    }
    int line = ini_parse_stream(read_line, &c, on_line, &c);
    fclose(c.file);
    if (c.status)
        return c.status;
    if (line != 0)
        return opt_usage_error(command, "one `name = value` a line",
                               "%s:%d: this is no setting", c.path, line);
    return opt_check_groups(command, command->options, values, OPT_FROM_CONFIG);
}

/* ---- printing ---- */

static bool is_zero(const struct opt *opt, const void *at)
{
    switch (opt->kind) {
    case OPT_STRING:
        return !*(const char *const *)at;
    case OPT_TRIALS:
    case OPT_NUMBER:
        return *(const uint64_t *)at == 0;
    case OPT_INT:
        return *(const int *)at == 0;
    case OPT_REAL:
        return *(const double *)at <= 0;
    case OPT_DURATION:
        return *(const int64_t *)at <= 0;
    case OPT_LIST:
        return true;
    case OPT_FLAG:
    case OPT_CHOICE:
        break;
    }
    return false;
}

/* Not of lists. */
static const char *value_text(const struct opt *opt, const void *at, char *buf,
                              size_t size)
{
    const char *word = opt->metavar;
    buf[0] = '\0';
    switch (opt->kind) {
    case OPT_FLAG:
        return *(const bool *)at ? "true" : "false";
    case OPT_STRING:
        return *(const char *const *)at;
    case OPT_TRIALS:
    case OPT_NUMBER:
        snprintf(buf, size, "%" PRIu64, *(const uint64_t *)at);
        break;
    case OPT_INT:
        snprintf(buf, size, "%d", *(const int *)at);
        break;
    case OPT_REAL:
        snprintf(buf, size, "%.17g", *(const double *)at);
        break;
    case OPT_DURATION:
        snprintf(buf, size, "%" PRId64 "ms", *(const int64_t *)at);
        break;
    case OPT_CHOICE:
        for (int i = 0; i < *(const int *)at; i++)
            word = strchr(word, '|') + 1;
        snprintf(buf, size, "%.*s", (int)strcspn(word, "|"), word);
        break;
    case OPT_LIST:
        break;
    }
    return buf;
}

/* What such a file cannot hold is a comment: control characters, which would end the
 * line or move the cursor, and what reads like a comment. */
static void print_line(bool comment, const char *name, const char *value,
                       const char *source)
{
    char shown[4 * PATH_MAX];
    bool plain = *value != ';' && !strstr(value, " ;");
    for (const char *c = value; *c; c++)
        plain &= (unsigned char)*c >= ' ' && *c != '\x7f';
    if (!plain)
        value = format_escape_str(shown, sizeof(shown), value);
    printf("%s%-*s = %-32s ; %s\n", comment || !plain ? "; " : "",
           comment || !plain ? 13 : 15, name, value, source);
}

void opt_config_print(const struct opt_command *command,
                      const struct opt_values *values, const char *excluded)
{
    for (size_t i = 0; command->options[i].name; i++) {
        const struct opt *opt = &command->options[i];
        const void *at = (const char *)values->at + opt->at;
        enum opt_source from = values->from[i];
        bool comment =
            is_word_of(opt->name, excluded) || (from == OPT_UNSET && is_zero(opt, at));
        char buf[FORMAT_MAX], variable[OPT_VARIABLE_BYTES];
        opt_variable(opt, variable);
        const char *source = from == OPT_FROM_FLAG     ? "flag"
                             : from == OPT_FROM_ENV    ? variable
                             : from == OPT_FROM_CONFIG ? "config file"
                                                       : "default";
        const struct opt_list *list = opt->kind == OPT_LIST ? at : NULL;
        for (size_t k = 0; list && k < list->n; k++)
            print_line(comment, opt->name, list->items[k], source);
        if (!list || list->n == 0)
            print_line(comment, opt->name,
                       list || (comment && from == OPT_UNSET)
                           ? ""
                           : value_text(opt, at, buf, sizeof(buf)),
                       source);
    }
}
