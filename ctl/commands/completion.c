// SPDX-License-Identifier: MIT
/*
 * pictl completion: prints a completion script for a shell, for all three programs.  It
 * is generated from the tables of options, so it always matches the program; what
 * picoord and piworker take, they say themselves.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/commands/subcommands.h"

static const char *const shells[] = {"bash", "zsh", "fish"};

static const char *const examples[] = {
    "source <(pictl completion bash)",
    "pictl completion zsh > ~/.zfunc/_pictl",
    "pictl completion fish > ~/.config/fish/completions/pictl.fish",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "completion",
    .usage = "bash | zsh | fish",
    .summary = "Prints a completion script for a shell.",
    .examples = examples,
    .common = ctl_common_options,
    .operand = "SHELL",
    .min_operands = 1,
    .max_operands = 1,
};

static void put_commands(const struct command_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        printf("%s%s", i > 0 ? " " : "", t->items[i]->command->name);
}

static void put_options(const struct opt *options)
{
    for (const struct opt *o = options; o && o->name; o++)
        printf(" --%s", o->name);
}

static bool has_option(const struct opt_command *c, const struct opt *option)
{
    for (const struct opt *o = c->options; o && o->name; o++)
        if (strcmp(o->name, option->name) == 0)
            return true;
    return false;
}

/* The words of a choice, "text|json", with spaces between. */
static void put_words(const char *metavar)
{
    for (; *metavar; metavar++)
        putchar(*metavar == '|' ? ' ' : *metavar);
}

static bool takes_file(const struct opt *o)
{
    return strcmp(o->metavar, "F") == 0;
}

/* A case for an option that takes a value: what the word after it may be. */
static void put_value(const struct opt *o)
{
    printf("        --%s", o->name);
    if (o->letter)
        printf("|-%c", o->letter);
    printf(") ");
    if (o->kind == OPT_CHOICE) {
        printf("found='");
        put_words(o->metavar);
        printf("'; ");
    } else if (takes_file(o)) {
        printf("files=1; ");
    }
    printf("return ;;\n");
}

/* Each option that takes a value once. */
static void put_values(const struct command_table *t)
{
    for (const struct opt *o = ctl_common_options; o->name; o++)
        if (o->kind != OPT_FLAG)
            put_value(o);
    for (size_t i = 0; i < t->n; i++) {
        const struct opt *options = t->items[i]->command->options;
        for (const struct opt *o = options; o && o->name; o++) {
            bool listed = o->kind == OPT_FLAG;
            for (size_t j = 0; j < i && !listed; j++)
                listed = has_option(t->items[j]->command, o);
            if (!listed)
                put_value(o);
        }
    }
}

static void put_operands(const struct command_table *t, const struct subcommand *s)
{
    if (s->operand & OPERAND_COMMAND) {
        putchar(' ');
        put_commands(t);
    }
    if (s->operand_words)
        printf(" %s", s->operand_words);
    putchar('\'');
    if (s->operand & OPERAND_FILE)
        printf("; files=1");
    if (s->operand & OPERAND_JOB)
        printf("; _pictl_names jobs");
    if (s->operand & OPERAND_WORKER)
        printf("; _pictl_names workers");
    printf(" ;;\n");
}

/* The value that --help shows behind the option before decides what may follow. */
static const char pi_words[] =
    "_pi_words() {\n"
    "    local option='' value='' help\n"
    "    help=$(\"$program\" --help 2>/dev/null | grep '^  -')\n"
    "    case \"$previous\" in\n"
    "        --*) option=\"(.*, )?$previous\" ;;\n"
    "        -?) option=\"($previous), --[a-z-]+\" ;;\n"
    "    esac\n"
    "    [ -z \"$option\" ] || value=$(printf '%s\\n' \"$help\" |\n"
    "        sed -nE \"s/^  $option ([^ ,-][^ ,]*).*/\\\\2/p\" | head -n 1)\n"
    "    case \"$value\" in\n"
    "        '') found=$(printf '%s\\n' \"$help\" | grep -oE -- '--[a-z][a-z-]*' |\n"
    "            tr '\\n' ' ') ;;\n"
    "        F|DIR|NAME=COMMAND) files=1 ;;\n"
    "        *'|'*) found=$(printf %s \"$value\" | tr '|' ' ') ;;\n"
    "    esac\n"
    "}\n";

/*
 * What bash and zsh share.  _pictl_words maps the typed words to candidates, of which
 * jobs and workers are those that the coordinator has.  _pi_words does the same for
 * picoord and piworker, from their --help, which lists all their options: the program
 * that is there says what it takes.
 */
static void put_functions(const struct command_table *t)
{
    printf(
        "_pictl_names() {\n"
        "    found=\"$found $(\"$program\" \"${where[@]}\" \"$1\" --json 2>/dev/null "
        "|\n"
        "        tr '{,' '\\n\\n' | sed -nE "
        "'s/^\"(name|id)\":\"([^\"]+)\"$/\\2/p' |\n"
        "        tr '\\n' ' ')\"\n"
        "}\n"
        "_pictl_words() {\n"
        "    local command='' skip='' word\n"
        "    local -a where\n"
        "    where=()\n"
        "    for word in \"${typed[@]}\"; do\n"
        "        if [ -n \"$skip\" ]; then skip=''; where+=(\"$word\"); continue; fi\n"
        "        case \"$word\" in\n"
        "            --coordinator|--contact-file|--join-file) skip=1 ;;\n"
        "            -*) ;;\n"
        "            *) command=$word; break ;;\n"
        "        esac\n"
        "        where+=(\"$word\")\n"
        "    done\n"
        "    case \"$previous\" in\n");
    put_values(t);
    printf("    esac\n"
           "    case \"$command\" in\n"
           "        '') found='");
    put_commands(t);
    put_options(ctl_common_options);
    printf(" --help --version' ;;\n");
    for (size_t i = 0; i < t->n; i++) {
        const struct opt_command *c = t->items[i]->command;
        printf("        %s) found='--help", c->name);
        put_options(c->options);
        put_options(ctl_common_options);
        put_operands(t, t->items[i]);
    }
    printf("    esac\n}\n%s", pi_words);
}

static void put_bash(const struct command_table *t)
{
    printf("# bash completion for picoord, piworker and pictl: "
           "source <(pictl completion bash)\n");
    put_functions(t);
    printf("_pi() {\n"
           "    local program=$1 current=${COMP_WORDS[COMP_CWORD]} found='' files=''\n"
           "    local previous=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local typed=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
           "    case \"$program\" in *pictl) _pictl_words ;; *) _pi_words ;; esac\n"
           "    COMPREPLY=($(compgen -W \"$found\" ${files:+-f} -- \"$current\"))\n"
           "}\n"
           "complete -F _pi picoord piworker pictl\n");
}

static void put_zsh(const struct command_table *t)
{
    printf("#compdef picoord piworker pictl\n"
           "# zsh completion: pictl completion zsh > a folder of fpath/_pictl\n");
    put_functions(t);
    printf("_pictl() {\n"
           "    local program=${words[1]} found='' files='' "
           "previous=${words[CURRENT-1]}\n"
           "    local -a typed\n"
           "    (( CURRENT > 2 )) && typed=(\"${(@)words[2,CURRENT-1]}\")\n"
           "    case \"$program\" in *pictl) _pictl_words ;; *) _pi_words ;; esac\n"
           "    compadd -- ${=found}\n"
           "    [ -n \"$files\" ] && _files\n"
           "}\n"
           "if [ \"$funcstack[1]\" = _pictl ]; then _pictl; else\n"
           "    compdef _pictl picoord piworker pictl\n"
           "fi\n");
}

/* Prints a text in single quotes for fish, with \ and ' escaped. */
static void put_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void put_fish_options(const struct opt *options, const char *condition)
{
    for (const struct opt *o = options; o && o->name; o++) {
        printf("complete -c pictl%s%s -l %s", *condition ? " -n " : "", condition,
               o->name);
        if (o->letter)
            printf(" -s %c", o->letter);
        if (o->kind != OPT_FLAG)
            printf(takes_file(o) ? " -r -F" : " -x");
        if (o->kind == OPT_CHOICE) {
            printf(" -a '");
            put_words(o->metavar);
            putchar('\'');
        }
        if (o->help) {
            printf(" -d ");
            put_quoted(o->help);
        }
        putchar('\n');
    }
}

static void put_fish_operands(const struct command_table *t, const struct subcommand *s,
                              const char *condition)
{
    if (s->operand & OPERAND_FILE)
        printf("complete -c pictl -n %s -F\n", condition);
    if (s->operand & (OPERAND_JOB | OPERAND_WORKER))
        printf("complete -c pictl -n %s -f -a '(__pictl_names %s)'\n", condition,
               s->operand & OPERAND_JOB ? "jobs" : "workers");
    if ((s->operand & OPERAND_COMMAND) || s->operand_words) {
        printf("complete -c pictl -n %s -a '", condition);
        if (s->operand & OPERAND_COMMAND)
            put_commands(t);
        printf(" %s'\n", s->operand_words ? s->operand_words : "");
    }
}

static void put_fish(const struct command_table *t)
{
    char condition[80];
    printf(
        "# fish completion for picoord, piworker and pictl\n"
        "function __pictl_names\n"
        "    pictl $argv[1] --json 2>/dev/null | tr '{,' '\\n\\n' |\n"
        "        sed -nE 's/^\"(name|id)\":\"([^\"]+)\"$/\\2/p'\n"
        "end\n"
        "function __pi_options\n"
        "    $argv[1] --help 2>/dev/null | grep '^  -' | grep -oE -- '--[a-z][a-z-]*'\n"
        "end\n"
        "complete -c picoord -a '(__pi_options picoord)'\n"
        "complete -c piworker -a '(__pi_options piworker)'\n"
        "complete -c pictl -f\n"
        "complete -c pictl -s h -l help -d 'Help'\n");
    put_fish_options(ctl_common_options, "");
    for (size_t i = 0; i < t->n; i++) {
        const struct opt_command *c = t->items[i]->command;
        printf("complete -c pictl -n __fish_use_subcommand -a %s -d ", c->name);
        put_quoted(c->summary);
        putchar('\n');
        snprintf(condition, sizeof(condition), "'__fish_seen_subcommand_from %s'",
                 c->name);
        put_fish_options(c->options, condition);
        put_fish_operands(t, t->items[i], condition);
    }
}

static int completion_run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    int status;
    if (!ctl_parse(ctl, &subcommand_completion, argc, argv, NULL, &operands, &status))
        return status;
    const char *shell = operands.items[0];
    if (strcmp(shell, "bash") == 0)
        put_bash(ctl->table);
    else if (strcmp(shell, "zsh") == 0)
        put_zsh(ctl->table);
    else if (strcmp(shell, "fish") == 0)
        put_fish(ctl->table);
    else
        return opt_unknown(&command, "shell", shell, shells, ARRAY_SIZE(shells));
    return EXIT_DONE;
}

const struct subcommand subcommand_completion = {
    .command = &command, .run = completion_run, .operand_words = "bash zsh fish"};
