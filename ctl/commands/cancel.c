// SPDX-License-Identifier: MIT
/* pictl cancel, pause and resume: requests about a job. */
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "common/wire/wire.h"
#include "ctl/commands/subcommands.h"

static int run_job_verb(const struct subcommand *s, enum request_verb verb,
                        struct ctl *ctl, int argc, char **argv)
{
    struct msg_request r = {.verb = verb};
    struct opt_operands operands;
    struct replies replies;
    char id[JOB_ID_BYTES];
    int status;
    if (!ctl_parse(ctl, s, argc, argv, NULL, &operands, &status))
        return status;
    if (!ctl_job_operand(s, &operands, &r.job))
        return EXIT_USAGE;
    status = ctl_call(ctl, &r, REPLY_JOB, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        json_job(stdout, &replies.job);
    else if (status == EXIT_DONE)
        printf("%s %s\n", job_id_text(id, replies.job.number),
               job_state_name(replies.job.state));
    replies_release(&replies);
    return status;
}

#define COMMAND(verb, does)                                                            \
    {                                                                                  \
        .program = "pictl", .name = verb, .usage = "JOB", .summary = does,             \
        .common = ctl_common_options, .operand = "JOB", .min_operands = 1,             \
        .max_operands = 1                                                              \
    }

static const struct opt_command cancel =
    COMMAND("cancel", "Ends a job; leases that are out are dropped.");
static const struct opt_command pause_ =
    COMMAND("pause", "Leases nothing more of a job; what is out still counts.");
static const struct opt_command resume =
    COMMAND("resume", "Goes on with a paused job.");

static int cancel_run(struct ctl *ctl, int argc, char **argv)
{
    return run_job_verb(&subcommand_cancel, REQUEST_CANCEL, ctl, argc, argv);
}

static int pause_run(struct ctl *ctl, int argc, char **argv)
{
    return run_job_verb(&subcommand_pause, REQUEST_PAUSE, ctl, argc, argv);
}

static int resume_run(struct ctl *ctl, int argc, char **argv)
{
    return run_job_verb(&subcommand_resume, REQUEST_RESUME, ctl, argc, argv);
}

const struct subcommand subcommand_cancel = {.command = &cancel, .run = cancel_run};
const struct subcommand subcommand_pause = {.command = &pause_, .run = pause_run};
const struct subcommand subcommand_resume = {.command = &resume, .run = resume_run};
