// SPDX-License-Identifier: MIT
/* pictl extend: continues a job to more trials. */
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/follow.h"
#include "ctl/lib/job_operand.h"
#include "ctl/lib/wait.h"

struct extend_options {
    uint64_t trials;
    bool wait;
    int64_t timeout_ms;
};

static const struct opt options[] = {
    {.name = "trials",
     .metavar = "N",
     .help = "how many it is to have in all",
     .kind = OPT_TRIALS,
     .letter = 'n',
     .at = offsetof(struct extend_options, trials)},
    {.name = "wait",
     .help = "until it has ended; print the result",
     .kind = OPT_FLAG,
     .at = offsetof(struct extend_options, wait)},
    {.name = "timeout",
     .metavar = "D",
     .help = "--wait no longer than this; the job goes on",
     .kind = OPT_DURATION,
     .min = 1,
     .at = offsetof(struct extend_options, timeout_ms)},
    OPT_END,
};

static const char *const examples[] = {
    "pictl extend j-3 --trials 400G --wait",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "extend",
    .usage = "JOB --trials N [OPTION]...",
    .summary = "Carries a job on to more trials; nothing is computed again.",
    .examples = examples,
    .options = options,
    .common = ctl_common_options,
    .operand = "JOB",
    .min_operands = 1,
    .max_operands = 1,
};

static int extend_job(struct ctl *ctl, const struct extend_options *o, uint64_t job)
{
    struct msg_request r = {.verb = REQUEST_EXTEND, .job = job, .trials = o->trials};
    struct replies replies;
    char id[JOB_ID_BYTES];
    int status = ctl_call(ctl, &r, REPLY_JOB, &replies);
    if (status == EXIT_DONE && o->wait)
        status = wait_for_job(ctl, &replies.job, follow_deadline(ctl, o->timeout_ms));
    else if (status == EXIT_DONE && ctl->options.json)
        json_job(stdout, &replies.job);
    else if (status == EXIT_DONE)
        printf("%s\n", job_id_text(id, job));
    replies_release(&replies);
    return status;
}

static int extend_run(struct ctl *ctl, int argc, char **argv)
{
    struct extend_options o = {.timeout_ms = -1};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    uint64_t job;
    int status;
    if (!ctl_parse(ctl, &subcommand_extend, argc, argv, &values, &operands, &status))
        return status;
    if (o.trials == 0)
        return opt_usage_error(&command, "say how many trials it is to have in all",
                               "extend: --trials N is missing");
    if (o.timeout_ms >= 0 && !o.wait)
        return opt_usage_error(&command, "add --wait",
                               "--timeout is for who waits for the job");
    status = job_operand(ctl, &subcommand_extend, &operands, &job);
    return status ? status : extend_job(ctl, &o, job);
}

const struct subcommand subcommand_extend = {
    .command = &command, .run = extend_run, .operand = OPERAND_JOB};
