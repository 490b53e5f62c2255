// SPDX-License-Identifier: MIT
/* pictl rm: removes a job that has ended. */
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/wire/wire.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/job_operand.h"

static const char *const examples[] = {
    "pictl rm j-3",
    "pictl cancel j-3 && pictl rm j-3",
    NULL,
};

static const char *const notes[] = {
    "Its ledger and its answers go with it; its number is not used again.",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "rm",
    .usage = "JOB",
    .summary = "Removes a job that is done, cancelled or failed, for good.",
    .examples = examples,
    .notes = notes,
    .common = ctl_common_options,
    .operand = "JOB",
    .min_operands = 1,
    .max_operands = 1,
};

static int rm_run(struct ctl *ctl, int argc, char **argv)
{
    struct msg_request r = {.verb = REQUEST_RM};
    struct opt_operands operands;
    struct replies replies;
    char id[JOB_ID_BYTES];
    int status;
    if (!ctl_parse(ctl, &subcommand_rm, argc, argv, NULL, &operands, &status))
        return status;
    status = job_operand(ctl, &subcommand_rm, &operands, &r.job);
    if (status)
        return status;
    status = ctl_call(ctl, &r, REPLY_DONE, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        printf("{}\n");
    else if (status == EXIT_DONE)
        printf("%s removed\n", job_id_text(id, r.job));
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_rm = {
    .command = &command, .run = rm_run, .operand = OPERAND_JOB};
