// SPDX-License-Identifier: MIT
/* The table of subcommands, and pictl's own command line around it. */
#include "ctl/command_table.h"
#include "ctl/commands/subcommands.h"

#include <protobuf-c/protobuf-c.h>
#include <uv.h>

#include "ctl/commands/subcommands.h"

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
    "jobs     all of them       history  final answers  events   what happened",
    "ledger   counts by cell    verify   recompute cells   workers  attached",
    "extend   to more trials    wait     for several       doctor   what is wrong",
    "cancel, pause, resume, rm JOB  drain, kick, ban, pardon, trust, untrust WORKER",
    "token    show, rotate      backup   state to FILE     version  of both",
    "completion bash|zsh|fish   help [COMMAND]",
    NULL,
};

static const struct opt_command command = {
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

static const struct subcommand *const subcommands[] = {
    &subcommand_submit,  &subcommand_status,     &subcommand_watch,
    &subcommand_wait,    &subcommand_jobs,       &subcommand_history,
    &subcommand_events,  &subcommand_ledger,     &subcommand_verify,
    &subcommand_extend,  &subcommand_cancel,     &subcommand_pause,
    &subcommand_resume,  &subcommand_rm,         &subcommand_workers,
    &subcommand_drain,   &subcommand_kick,       &subcommand_ban,
    &subcommand_pardon,  &subcommand_trust,      &subcommand_untrust,
    &subcommand_token,   &subcommand_backup,     &subcommand_doctor,
    &subcommand_version, &subcommand_completion, &subcommand_help,
};

const struct command_table command_table = {&command, subcommands,
                                            ARRAY_SIZE(subcommands)};
