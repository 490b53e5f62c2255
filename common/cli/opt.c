// SPDX-License-Identifier: MIT
/*
 * Translates the tables for getopt_long() and stores the values that it finds at each
 * option's offset.  Messages and help come from opt_message.c and opt_help.c; only the
 * version is printed here.  Owns the arrays of opt_lists and nothing else.
 */
#include "common/cli/opt.h"

#include <assert.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/format.h"
#include "common/cli/term.h"

/*
 * What getopt_long() returns for a long option: above all letters, first the option's
 * index in the two tables, then the two options that are in no table.
 */
enum {
    CODE_OPTION = 256,
    CODE_HELP = CODE_OPTION + 2 * OPT_MAX,
    CODE_VERSION,
    CODE_MAX,
    NAMES_MAX = CODE_MAX - CODE_OPTION,
    SHOWN_MAX = 80, /* bytes of an escaped word in a message */
};

/* A table during parsing. */
struct opt_table {
    const struct opt *options;
    struct opt_values *values;
    size_t n;
};

struct parse {
    const struct opt_command *command;
    struct opt_table tables[2];         /* the command's, the common one */
    struct option longs[NAMES_MAX + 1]; /* for getopt_long(); ends with zeros */
    size_t n_longs;
    char letters[2 + 2 * NAMES_MAX + 1]; /* short options: "+:n:hV" */
    size_t n_letters;
};

void opt_list_release(struct opt_list *list)
{
    free(list->items);
    free(list->text);
    *list = (struct opt_list){0};
}

static void list_append(struct opt_list *list, const char *item)
{
    list->items = mem_resize(list->items, list->n + 1, sizeof(*list->items));
    list->items[list->n++] = item;
}

static void list_split(struct opt_list *list, const char *text, char separator)
{
    const char between[] = {separator ? separator : ',', '\0'};
    size_t size = strlen(text) + 1;
    list->text = mem_resize(list->text, size, 1);
    memcpy(list->text, text, size);
    char *rest = NULL;
    for (char *item = strtok_r(list->text, between, &rest); item;
         item = strtok_r(NULL, between, &rest))
        list_append(list, item);
}

/* Stores a whole number, as int or uint64_t. */
MUST_USE static enum opt_error set_whole(const struct opt *opt, void *at,
                                         const char *text)
{
    uint64_t min, max, number;
    opt_range(opt, &min, &max);
    enum opt_error error = opt_number_within(text, min, max, &number);
    if (error)
        return error;
    if (opt->kind == OPT_INT) {
        assert(number <= INT_MAX);
        memcpy(at, &(int){(int)number}, sizeof(int));
    } else {
        memcpy(at, &number, sizeof(number));
    }
    return OPT_OK;
}

MUST_USE static enum opt_error set_duration(const struct opt *opt, void *at,
                                            const char *text)
{
    uint64_t min, max;
    int64_t ms;
    opt_range(opt, &min, &max);
    enum opt_error error = opt_duration_within(text, (int64_t)min, (int64_t)max, &ms);
    if (!error)
        memcpy(at, &ms, sizeof(ms));
    return error;
}

/* Parses text and stores the value. */
MUST_USE static enum opt_error set_value(const struct opt *opt, void *at,
                                         const char *text, enum opt_source source)
{
    enum opt_error error = OPT_OK;
    int word;
    double real;
    if (*text == '\0')
        return OPT_EMPTY;
    switch (opt->kind) {
    case OPT_FLAG:
        error = opt_choice(text, OPT_FLAG_WORDS, &word);
        if (!error)
            *(bool *)at = word % 2 == 1;
        break;
    case OPT_STRING:
        *(const char **)at = text;
        break;
    case OPT_LIST:
        if (source == OPT_FROM_ENV)
            list_split(at, text, opt->separator);
        else
            list_append(at, text);
        break;
    case OPT_TRIALS:
    case OPT_NUMBER:
    case OPT_INT:
        error = set_whole(opt, at, text);
        break;
    case OPT_REAL:
        error = opt_real(text, opt->low, opt->high, &real);
        if (!error)
            memcpy(at, &real, sizeof(real));
        break;
    case OPT_DURATION:
        error = set_duration(opt, at, text);
        break;
    case OPT_CHOICE:
        error = opt_choice(text, opt->metavar, &word);
        if (!error)
            memcpy(at, &word, sizeof(word));
        break;
    }
    return error;
}

int opt_set(const struct opt_command *command, const struct opt *opt,
            struct opt_values *values, const char *subject, const char *text,
            enum opt_source source)
{
    enum opt_error error = set_value(opt, (char *)values->at + opt->at, text, source);
    return error ? opt_value_error(command, opt, subject, text, error) : 0;
}

/* Sets option i of a table and records the source.  0 or an exit status. */
static int set_option(const struct parse *parse, const struct opt_table *table,
                      size_t i, const char *text, enum opt_source source)
{
    const struct opt *opt = &table->options[i];
    char subject[OPT_SUBJECT_BYTES];
    int status = opt_set(parse->command, opt, table->values,
                         opt_subject(opt, source, subject), text, source);
    if (status == 0)
        table->values->from[i] = source;
    return status;
}

static void add_long(struct parse *parse, const char *name, bool takes_value, int code)
{
    assert(parse->n_longs < NAMES_MAX);
    parse->longs[parse->n_longs++] = (struct option){
        .name = name,
        .has_arg = takes_value ? required_argument : no_argument,
        .val = code,
    };
}

static void add_letter(struct parse *parse, char letter, bool takes_value)
{
    assert(parse->n_letters + 2 < sizeof(parse->letters));
    parse->letters[parse->n_letters++] = letter;
    if (takes_value)
        parse->letters[parse->n_letters++] = ':';
}

/* Fills longs and letters from the tables. */
static void build_getopt_tables(struct parse *parse)
{
    if (parse->command->stops_at_operand)
        add_letter(parse, '+', false);
    add_letter(parse, ':', false); /* return ':' for a missing value */
    for (size_t t = 0; t < ARRAY_SIZE(parse->tables); t++) {
        struct opt_table *table = &parse->tables[t];
        for (const struct opt *opt = table->options; opt && opt->name; opt++) {
            assert(table->n < OPT_MAX && table->values);
            bool takes_value = opt->kind != OPT_FLAG;
            assert(takes_value == (opt->metavar != NULL));
            add_long(parse, opt->name, takes_value,
                     CODE_OPTION + (int)(t * OPT_MAX + table->n++));
            if (opt->letter)
                add_letter(parse, opt->letter, takes_value);
            if (opt->letter_too)
                add_letter(parse, opt->letter_too, takes_value);
        }
    }
    add_long(parse, "help", false, CODE_HELP);
    add_letter(parse, 'h', false);
    if (parse->command->versions) {
        add_long(parse, "version", false, CODE_VERSION);
        add_letter(parse, 'V', false);
    }
}

/* The code of a short option; 0 if there is none. */
static int code_of_letter(const struct parse *parse, int letter)
{
    for (size_t t = 0; t < ARRAY_SIZE(parse->tables); t++)
        for (size_t i = 0; i < parse->tables[t].n; i++)
            if (parse->tables[t].options[i].letter == letter ||
                parse->tables[t].options[i].letter_too == letter)
                return CODE_OPTION + (int)(t * OPT_MAX + i);
    return letter == 'h' ? CODE_HELP : letter == 'V' ? CODE_VERSION : 0;
}

static const struct opt_table *table_of(const struct parse *parse, int code,
                                        size_t *ret_i)
{
    assert(code >= CODE_OPTION && code < CODE_HELP);
    size_t place = (size_t)(code - CODE_OPTION);
    *ret_i = place % OPT_MAX;
    return &parse->tables[place / OPT_MAX];
}

/* The hint for an option of other programs; NULL: not known there either. */
static const char *hint_elsewhere(const struct opt_command *command, const char *word)
{
    const struct opt_elsewhere *e = command->elsewhere;
    while (e && e->typed && strcmp(e->typed, word) != 0)
        e++;
    return e ? e->hint : NULL;
}

/* typed: "--trails" or "--trails=value". */
static int unknown_long(const struct parse *parse, const char *typed)
{
    const char *names[NAMES_MAX];
    char word[SHOWN_MAX], shown[SHOWN_MAX];
    for (size_t i = 0; i < parse->n_longs; i++)
        names[i] = parse->longs[i].name;
    snprintf(word, sizeof(word), "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
    const char *hint = hint_elsewhere(parse->command, word);
    const char *near = opt_suggest(word, names, parse->n_longs);
    format_escape_str(shown, sizeof(shown), word);
    if (near && !hint)
        return opt_usage_error(parse->command, NULL,
                               "unknown option '--%s'; did you mean '--%s'?", shown,
                               near);
    return opt_usage_error(parse->command, hint, "unknown option '--%s'", shown);
}

/* getopt_long() returned '?': an unknown option, or a value for a flag. */
static int reject_option(const struct parse *parse, const char *typed)
{
    if (optopt == 0)
        return unknown_long(parse, typed);
    if (optopt >= CODE_OPTION)
        return opt_usage_error(parse->command, NULL, "%.*s takes no value",
                               (int)strcspn(typed, "="), typed);
    char shown[SHOWN_MAX], letter[] = {(char)optopt, '\0'};
    return opt_usage_error(parse->command, hint_elsewhere(parse->command, letter),
                           "unknown option '-%s'",
                           format_escape_str(shown, sizeof(shown), letter));
}

/*
 * getopt_long() accepts abbreviations of long names.  They are errors here: a script
 * that uses one would break once a second option has the same prefix.
 */
static bool is_abbreviated(const struct parse *parse, char **argv, int code)
{
    const char *typed = argv[optind - 1];
    if (optarg == typed) /* the value is a separate argument */
        typed = argv[optind - 2];
    if (typed[0] != '-' || typed[1] != '-')
        return false;
    for (size_t i = 0; i < parse->n_longs; i++)
        if (parse->longs[i].val == code)
            return strlen(parse->longs[i].name) != strcspn(typed + 2, "=");
    return false;
}

static void print_version(const struct opt_command *command)
{
    printf("%s %s (%s) %s\n", command->program, PI_VERSION, PI_COMMIT,
           command->versions);
}

/* Handles one result of getopt_long().  0: continue; -1: help or version was printed;
 * otherwise an exit status. */
static int handle_code(struct parse *parse, int code, char **argv)
{
    const char *typed = argv[optind - 1];
    size_t i;
    if (code == '?')
        return reject_option(parse, typed);
    bool missing = code == ':';
    if (missing)
        code = optopt;
    else if (code >= CODE_OPTION && is_abbreviated(parse, argv, code))
        return unknown_long(parse, optarg == typed ? argv[optind - 2] : typed);
    if (code < CODE_OPTION)
        code = code_of_letter(parse, code);
    if (code == CODE_HELP) {
        opt_help_print(parse->command);
        return -1;
    }
    if (code == CODE_VERSION) {
        print_version(parse->command);
        return -1;
    }
    const struct opt_table *table = table_of(parse, code, &i);
    if (missing)
        return opt_missing_value(parse->command, &table->options[i]);
    return set_option(parse, table, i, optarg ? optarg : "1", OPT_FROM_FLAG);
}

static bool is_given(const struct opt *opt, const struct opt_values *values)
{
    return opt->kind != OPT_FLAG || *(bool *)((char *)values->at + opt->at);
}

const struct opt *opt_rival(const struct opt *options, const struct opt_values *values,
                            size_t i, enum opt_source least, enum opt_source most)
{
    unsigned char group = options[i].group;
    for (size_t j = 0; options[j].name && group > 0; j++)
        if (j != i && options[j].group == group && values->from[j] >= least &&
            values->from[j] <= most && is_given(&options[j], values))
            return &options[j];
    return NULL;
}

const char *opt_subject(const struct opt *opt, enum opt_source source,
                        char ret[OPT_SUBJECT_BYTES])
{
    if (source == OPT_FROM_ENV)
        opt_variable(opt, ret);
    else if (source == OPT_FROM_CONFIG)
        snprintf(ret, OPT_SUBJECT_BYTES, "%s in the config file", opt->name);
    else
        snprintf(ret, OPT_SUBJECT_BYTES, "--%s", opt->name);
    return ret;
}

int opt_check_groups(const struct opt_command *command, const struct opt *options,
                     const struct opt_values *values, enum opt_source source)
{
    char one[OPT_SUBJECT_BYTES], two[OPT_SUBJECT_BYTES];
    for (size_t i = 0; options && options[i].name; i++) {
        const struct opt *other;
        if (values->from[i] != source || !is_given(&options[i], values))
            continue;
        other = opt_rival(options, values, i, source, source);
        if (other)
            return opt_usage_error(
                command, "give one of them", "%s and %s exclude each other",
                opt_subject(&options[i], source, one), opt_subject(other, source, two));
    }
    return 0;
}

/* Sets options from the environment, unless a flag has set or excluded them.  0 or an
 * exit status. */
static int read_environment(const struct parse *parse, const struct opt_table *table)
{
    char variable[OPT_VARIABLE_BYTES];
    for (size_t i = 0; i < table->n; i++) {
        const struct opt *opt = &table->options[i];
        opt_variable(opt, variable);
        const char *text = opt->no_variable ? NULL : getenv(variable);
        if (!text || !*text || table->values->from[i] != OPT_UNSET ||
            opt_rival(table->options, table->values, i, OPT_FROM_FLAG, OPT_FROM_FLAG))
            continue;
        int status = set_option(parse, table, i, text, OPT_FROM_ENV);
        if (status)
            return status;
    }
    return opt_check_groups(parse->command, table->options, table->values,
                            OPT_FROM_ENV);
}

/* What is left to do with a table once all flags have been read.  Common options that
 * stand before a subcommand are not complete: its own parsing reads the environment. */
static int finish_table(const struct parse *parse, size_t t)
{
    const struct opt_table *table = &parse->tables[t];
    bool of_subcommand = t == 0 && parse->command->name;
    int status =
        opt_check_groups(parse->command, table->options, table->values, OPT_FROM_FLAG);
    if (status || of_subcommand || parse->command->stops_at_operand)
        return status;
    return read_environment(parse, table);
}

static int check_operands(const struct opt_command *command,
                          const struct opt_operands *operands)
{
    char shown[SHOWN_MAX];
    int max = command->operand ? command->max_operands : 0;
    if (command->stops_at_operand)
        max = -1; /* the subcommand checks them */
    if (operands->n < command->min_operands)
        return opt_usage_error(command, NULL, "%s%sno %s given",
                               command->name ? command->name : "",
                               command->name ? ": " : "", command->operand);
    if (max >= 0 && operands->n > max)
        return opt_usage_error(command, NULL, "unexpected '%s'",
                               term_typed(shown, sizeof(shown), operands->items[max]));
    return 0;
}

static int parse_all(struct parse *parse, int argc, char **argv,
                     struct opt_operands *operands)
{
    int code, status = 0;
    build_getopt_tables(parse);
    opterr = 0;
    optind = 0; /* resets getopt, which pictl runs twice */
    while (!status &&
           (code = getopt_long(argc, argv, parse->letters, parse->longs, NULL)) != -1)
        status = handle_code(parse, code, argv);
    if (status)
        return status;
    for (size_t t = 0; t < ARRAY_SIZE(parse->tables) && !status; t++)
        status = finish_table(parse, t);
    *operands = (struct opt_operands){.n = argc - optind, .items = argv + optind};
    return status ? status : check_operands(parse->command, operands);
}

bool opt_parse(const struct opt_command *command, int argc, char **argv,
               struct opt_values *values, struct opt_values *common,
               struct opt_operands *ret_operands, int *ret_status)
{
    struct parse parse = {
        .command = command,
        .tables = {{.options = command->options, .values = values},
                   {.options = command->common, .values = common}},
    };
    struct opt_operands operands;
    int status = parse_all(&parse, argc, argv, &operands);
    if (status) {
        *ret_status = status < 0 ? 0 : status;
        return false;
    }
    *ret_operands = operands;
    return true;
}

enum opt_source opt_source(const struct opt *options, const struct opt_values *values,
                           const char *name)
{
    size_t i = 0;
    while (options[i].name && strcmp(options[i].name, name) != 0)
        i++;
    assert(options[i].name);
    return values->from[i];
}
