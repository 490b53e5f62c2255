// SPDX-License-Identifier: MIT
/*
 * pictl completion: prints a completion script for a shell.  It is generated from the
 * tables of options, so it always matches the program.
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

static void put_operands(const struct command_table *t, const struct subcommand *c)
{
    if (c->operand == OPERAND_COMMAND) {
        putchar(' ');
        put_commands(t);
    }
    if (c->operand_words)
        printf(" %s", c->operand_words);
}

static bool has_option(const struct opt_command *c, const struct opt *option)
{
    for (const struct opt *o = c->options; o && o->name; o++)
        if (strcmp(o->name, option->name) == 0)
            return true;
    return false;
}

/* Prints each option that takes a value once.  The word after it is neither an option
 * nor a command. */
static void put_valued(const struct command_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct opt *options = t->items[i]->command->options;
        for (const struct opt *o = options; o && o->name; o++) {
            bool listed = o->kind == OPT_FLAG;
            for (size_t j = 0; j < i && !listed; j++)
                listed = has_option(t->items[j]->command, o);
            if (!listed)
                printf("|--%s", o->name);
            if (!listed && o->letter)
                printf("|-%c", o->letter);
        }
    }
}

/* The function that bash and zsh share: maps the typed words to candidates. */
static void put_function(const struct command_table *t)
{
    printf("_pictl_words() {\n"
           "    local command='' skip='' word\n"
           "    for word in \"${typed[@]}\"; do\n"
           "        if [ -n \"$skip\" ]; then skip=''; continue; fi\n"
           "        case \"$word\" in\n"
           "            --coordinator|--contact-file|--join-file) skip=1 ;;\n"
           "            -*) ;;\n"
           "            *) command=$word; break ;;\n"
           "        esac\n"
           "    done\n"
           "    case \"$previous\" in\n"
           "        --contact-file|--join-file) files=1; return ;;\n"
           "        --coordinator");
    put_valued(t);
    printf(") return ;;\n"
           "    esac\n"
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
        printf("'%s ;;\n", t->items[i]->operand == OPERAND_FILE ? "; files=1" : "");
    }
    printf("    esac\n"
           "}\n");
}

static void put_bash(const struct command_table *t)
{
    printf("# bash completion for pictl: source <(pictl completion bash)\n");
    put_function(t);
    printf("_pictl() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} found='' files=''\n"
           "    local previous=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local typed=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
           "    _pictl_words\n"
           "    COMPREPLY=($(compgen -W \"$found\" ${files:+-f} -- \"$current\"))\n"
           "}\n"
           "complete -F _pictl pictl\n");
}

static void put_zsh(const struct command_table *t)
{
    printf("#compdef pictl\n"
           "# zsh completion for pictl: pictl completion zsh > a folder of "
           "fpath/_pictl\n");
    put_function(t);
    printf("_pictl() {\n"
           "    local found='' files='' previous=${words[CURRENT-1]}\n"
           "    local -a typed\n"
           "    (( CURRENT > 2 )) && typed=(\"${(@)words[2,CURRENT-1]}\")\n"
           "    _pictl_words\n"
           "    compadd -- ${=found}\n"
           "    [ -n \"$files\" ] && _files\n"
           "}\n"
           "if [ \"$funcstack[1]\" = _pictl ]; then _pictl; else compdef _pictl pictl; "
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
            printf(strcmp(o->metavar, "F") == 0 ? " -r -F" : " -x");
        if (o->help) {
            printf(" -d ");
            put_quoted(o->help);
        }
        putchar('\n');
    }
}

static void put_fish(const struct command_table *t)
{
    char condition[80];
    printf("# fish completion for pictl\n"
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
        if (t->items[i]->operand == OPERAND_FILE)
            printf("complete -c pictl -n %s -F\n", condition);
        else if (t->items[i]->operand || t->items[i]->operand_words) {
            printf("complete -c pictl -n %s -a '", condition);
            put_operands(t, t->items[i]);
            printf("'\n");
        }
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
