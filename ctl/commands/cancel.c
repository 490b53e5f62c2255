// SPDX-License-Identifier: MIT
/* pictl cancel, pause and resume: requests about a job, or about all. */
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "common/wire/wire.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/job_operand.h"

struct verb_options {
    bool all;
};

static const struct opt options[] = {
    {.name = "all",
     .help = "every job that has not ended",
     .kind = OPT_FLAG,
     .at = offsetof(struct verb_options, all)},
    OPT_END,
};

#define COMMAND(verb, does)                                                            \
    {                                                                                  \
        .program = "pictl", .name = verb, .usage = "JOB | --all", .summary = does,     \
        .options = options, .common = ctl_common_options, .operand = "JOB",            \
        .max_operands = 1                                                              \
    }

static const struct opt_command cancel =
    COMMAND("cancel", "Ends a job; leases that are out are dropped.");
static const struct opt_command pause_ =
    COMMAND("pause", "Leases nothing more of a job; what is out still counts.");
static const struct opt_command resume =
    COMMAND("resume", "Goes on with a paused job.");

static void print_state(const struct job_view *j)
{
    char id[JOB_ID_BYTES];
    printf("%s %s\n", job_id_text(id, j->number), job_state_name(j->state));
}

static int one_job(struct ctl *ctl, enum request_verb verb, uint64_t job)
{
    struct replies replies;
    int status = ctl_call(ctl, &(struct msg_request){.verb = verb, .job = job},
                          REPLY_JOB, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        json_job(stdout, &replies.job);
    else if (status == EXIT_DONE)
        print_state(&replies.job);
    replies_release(&replies);
    return status;
}

/* Whether the verb would change the job. */
static bool changes(enum request_verb verb, const struct job_view *j)
{
    bool paused = j->state == JOB_PAUSED;
    return !job_view_ended(j->state) &&
           (verb == REQUEST_CANCEL || (verb == REQUEST_PAUSE && !paused) ||
            (verb == REQUEST_RESUME && paused));
}

/* Stops at the first failure, but goes on behind a job that has ended meanwhile. */
static int each_job(struct ctl *ctl, enum request_verb verb, struct replies *list)
{
    struct replies one;
    size_t n = 0;
    int status = EXIT_DONE;
    for (size_t i = 0; i < list->n_jobs && (!status || status == EXIT_NO); i++) {
        if (!changes(verb, &list->jobs[i]))
            continue;
        struct msg_request r = {.verb = verb, .job = list->jobs[i].number};
        int failed = ctl_call(ctl, &r, REPLY_JOB, &one);
        status = failed ? failed : status;
        if (!failed)
            list->jobs[n++] = job_view_copy(&list->arena, &one.job);
        if (!failed && !ctl->options.json)
            print_state(&one.job);
        replies_release(&one);
    }
    if (n == 0 && status == EXIT_DONE)
        ctl_error_as("NO_SUCH_JOB", NULL, "there is no such job");
    if (ctl->options.json && (status == EXIT_DONE || status == EXIT_NO))
        json_jobs(stdout, list->jobs, n);
    return status;
}

static int all_jobs(struct ctl *ctl, enum request_verb verb)
{
    struct replies list;
    int status = job_list(ctl, &list);
    if (status == EXIT_DONE)
        status = each_job(ctl, verb, &list);
    replies_release(&list);
    return status;
}

static int run_job_verb(const struct subcommand *s, enum request_verb verb,
                        struct ctl *ctl, int argc, char **argv)
{
    struct verb_options o = {.all = false};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    uint64_t job;
    int status;
    if (!ctl_parse(ctl, s, argc, argv, &values, &operands, &status))
        return status;
    if (o.all == (operands.n > 0))
        return opt_usage_error(s->command, "name one job, or say --all",
                               o.all ? "%s: both a job and --all given"
                                     : "%s: no JOB given",
                               s->command->name);
    if (o.all)
        return all_jobs(ctl, verb);
    status = job_operand(ctl, s, &operands, &job);
    return status ? status : one_job(ctl, verb, job);
}

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

const struct subcommand subcommand_cancel = {
    .command = &cancel, .run = cancel_run, .operand = OPERAND_JOB};
const struct subcommand subcommand_pause = {
    .command = &pause_, .run = pause_run, .operand = OPERAND_JOB};
const struct subcommand subcommand_resume = {
    .command = &resume, .run = resume_run, .operand = OPERAND_JOB};
