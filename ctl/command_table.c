// SPDX-License-Identifier: MIT
/* The table of subcommands, and pictl's own command line around it. */
#include <stdio.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>
#include <uv.h>

#include "ctl/lib/subcommands.h"

_Static_assert(PROTOCOL_MAX == 1, "the version text says so");

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)

static const char *const examples[] = {
    "pictl submit --trials 200G --wait",
    "pictl status",
    "pictl verify j-1",
    NULL,
};

static const char *const notes[] = {
    "submit   a job             status   how it goes    watch    it to its end",
    "jobs     all of them       history  final answers  ledger   counts by cell",
    "verify   recompute cells   extend   to more trials",
    "cancel, pause, resume JOB  workers  attached   drain, kick, trust WORKER",
    "token    show, rotate      doctor   what is wrong   backup   state to FILE",
    "version  of both           completion bash|zsh|fish   help [COMMAND]",
    NULL,
};

const struct opt ctl_common_options[] = {
    {.name = "coordinator",
     .metavar = "HOST:PORT",
     .help = "default: PI_JOIN, PI_COORDINATOR, else yours here",
     .kind = OPT_STRING,
     .group = 1,
     .at = offsetof(struct ctl_options, coordinator)},
    {.name = "join-file",
     .metavar = "F",
     .help = "a file with an operator's join string",
     .kind = OPT_STRING,
     .group = 1,
     .at = offsetof(struct ctl_options, join_file)},
    {.name = "contact-file",
     .metavar = "F",
     .help = "the one that picoord wrote says where it is",
     .kind = OPT_STRING,
     .group = 1,
     .at = offsetof(struct ctl_options, contact_file)},
    {.name = "plaintext",
     .help = "no TLS, for a picoord that has it so too",
     .kind = OPT_FLAG,
     .at = offsetof(struct ctl_options, plaintext)},
    {.name = "json",
     .help = "answer in JSON; 64-bit integers as strings",
     .kind = OPT_FLAG,
     .at = offsetof(struct ctl_options, json)},
    OPT_END,
};

const struct opt_command ctl_command = {
    .program = "pictl",
    .usage = "[OPTION]... COMMAND",
    .summary = "Submits jobs to picoord and asks how they go. 'pictl help COMMAND' "
               "says more.",
    .versions = "protocol 1, libuv " NUMBER(UV_VERSION_MAJOR) "." NUMBER(
        UV_VERSION_MINOR) "." NUMBER(UV_VERSION_PATCH) ", "
                                                       "protobuf-c " PROTOBUF_C_VERSION,
    .examples = examples,
    .notes = notes,
    .options = ctl_common_options,
    .operand = "COMMAND",
    .min_operands = 1,
    .stops_at_operand = true,
};

const struct subcommand *const ctl_subcommands[] = {
    &subcommand_submit,  &subcommand_status,     &subcommand_watch,
    &subcommand_jobs,    &subcommand_history,    &subcommand_ledger,
    &subcommand_verify,  &subcommand_extend,     &subcommand_cancel,
    &subcommand_pause,   &subcommand_resume,     &subcommand_workers,
    &subcommand_drain,   &subcommand_kick,       &subcommand_trust,
    &subcommand_token,   &subcommand_backup,     &subcommand_doctor,
    &subcommand_version, &subcommand_completion, &subcommand_help,
};

const size_t ctl_n_subcommands = ARRAY_SIZE(ctl_subcommands);

const struct subcommand *ctl_find(const char *name)
{
    for (size_t i = 0; i < ctl_n_subcommands; i++)
        if (strcmp(ctl_subcommands[i]->command->name, name) == 0)
            return ctl_subcommands[i];
    return NULL;
}

int ctl_unknown(const char *word)
{
    const char *words[ARRAY_SIZE(ctl_subcommands)];
    for (size_t i = 0; i < ctl_n_subcommands; i++)
        words[i] = ctl_subcommands[i]->command->name;
    return opt_unknown(&ctl_command, "command", word, words, ctl_n_subcommands);
}
