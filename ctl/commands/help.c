// SPDX-License-Identifier: MIT
/* pictl help: of pictl, of one of its commands, or of the exit codes. */
#include <stdio.h>
#include <string.h>

#include "ctl/commands/subcommands.h"

static const struct opt_command command = {
    .program = "pictl",
    .name = "help",
    .usage = "[COMMAND | exit-codes]",
    .summary = "Explains a command, or the exit codes.",
    .common = ctl_common_options,
    .operand = "COMMAND",
    .max_operands = 1,
};

static const char exit_codes[] =
    "0    done, or stopped on request\n"
    "1    it ran, but the answer is no: job failed or cancelled, verify mismatch\n"
    "2    bad usage or configuration\n"
    "3    coordinator not reached (name, refused, timeout); trying again makes sense\n"
    "4    refused: wrong token or protocol, or what answered is no picoord of yours\n"
    "5    no such job or worker\n"
    "6    --timeout passed first; the job goes on\n"
    "7    a local resource is missing: port taken, storage full, file not readable,\n"
    "     answer not written\n"
    "130  interrupted (143: terminated); the job goes on\n";

static int help_run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    int status;
    if (!ctl_parse(ctl, &subcommand_help, argc, argv, NULL, &operands, &status))
        return status;
    const char *word = operands.n > 0 ? operands.items[0] : NULL;
    if (word && strcmp(word, "exit-codes") == 0) {
        fputs(exit_codes, stdout);
        return EXIT_DONE;
    }
    const struct subcommand *s = word ? ctl_find(ctl->table, word) : NULL;
    if (word && !s)
        return ctl_unknown(ctl->table, word);
    opt_help_print(s ? s->command : ctl->table->command);
    return EXIT_DONE;
}

const struct subcommand subcommand_help = {.command = &command,
                                           .run = help_run,
                                           .operand = OPERAND_COMMAND,
                                           .operand_words = "exit-codes"};
