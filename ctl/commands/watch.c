// SPDX-License-Identifier: MIT
/* pictl watch: a job's progress until it has ended. */
#include <stdio.h>
#include <unistd.h>

#include "ctl/commands/subcommands.h"
#include "ctl/lib/follow.h"
#include "ctl/lib/job_operand.h"

struct watch_options {
    int64_t interval_ms, timeout_ms;
};

static const struct opt options[] = {
    {.name = "interval",
     .metavar = "D",
     .help = "between two lines: 100ms to 60s; 200ms for a bar, else 5s",
     .kind = OPT_DURATION,
     .letter = 'i',
     .min = 100,
     .max = 60000,
     .at = offsetof(struct watch_options, interval_ms)},
    {.name = "timeout",
     .metavar = "D",
     .help = "watch no longer than this; the job goes on",
     .kind = OPT_DURATION,
     .min = 1,
     .at = offsetof(struct watch_options, timeout_ms)},
    OPT_END,
};

static const char *const examples[] = {
    "pictl watch",
    "pictl watch j-3 --interval 5s | cat",
    "pictl watch --timeout 10m; echo $?    # 0 done, 6 time is up",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "watch",
    .usage = "[JOB] [OPTION]...",
    .summary = "Shows a job's progress until it has ended: a bar on a terminal, else "
               "lines.",
    .examples = examples,
    .options = options,
    .common = ctl_common_options,
    .operand = "JOB",
    .max_operands = 1,
};

static int watch_run(struct ctl *ctl, int argc, char **argv)
{
    struct watch_options o = {.interval_ms = 0, .timeout_ms = -1};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    struct follow_options follow = {.out = stdout, .json = ctl->options.json};
    int status;
    if (!ctl_parse(ctl, &subcommand_watch, argc, argv, &values, &operands, &status))
        return status;
    status = job_operand(ctl, &subcommand_watch, &operands, &follow.job);
    if (status == EXIT_DONE)
        status = ctl_connect(ctl);
    if (status)
        return status;
    client_mind_reader(ctl->client, STDOUT_FILENO);
    follow.json = ctl->options.json;
    follow.interval_ms = (uint32_t)o.interval_ms;
    follow.deadline_ms = follow_deadline(ctl, o.timeout_ms);

    struct arena arena;
    struct job_view last;
    arena_init(&arena, 0);
    status = follow_job(ctl, &follow, &arena, &last);
    arena_release(&arena);
    return status;
}

const struct subcommand subcommand_watch = {
    .command = &command, .run = watch_run, .operand = OPERAND_JOB};
