// SPDX-License-Identifier: MIT
/* pictl wait: until all of the named jobs have ended. */
#include <stdio.h>
#include <string.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "common/wire/names.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/follow.h"
#include "ctl/lib/job_operand.h"

struct wait_options {
    int64_t timeout_ms;
};

static const struct opt options[] = {
    {.name = "timeout",
     .metavar = "D",
     .help = "wait no longer than this; the jobs go on",
     .kind = OPT_DURATION,
     .min = 1,
     .at = offsetof(struct wait_options, timeout_ms)},
    OPT_END,
};

static const char *const examples[] = {
    "pictl wait j-1 j-2 && echo both are done",
    "pictl wait lecture --timeout 10m; echo $?    # 0 done, 1 not, 6 time is up",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "wait",
    .usage = "JOB... [--timeout D]",
    .summary = "Waits until all these jobs have ended.",
    .examples = examples,
    .options = options,
    .common = ctl_common_options,
    .operand = "JOB",
    .min_operands = 1,
    .max_operands = -1,
};

static void print_end(const struct ctl *ctl, const struct job_view *j)
{
    char id[JOB_ID_BYTES];
    if (ctl->options.json)
        json_job(stdout, j);
    else
        printf("%s %s\n", job_id_text(id, j->number), job_state_name(j->state));
    fflush(stdout);
}

/* Follows one after the other: those behind it go on meanwhile, and what has ended when
 * its turn comes is told at once.  A job that fails does not end the wait for others.
 */
static int wait_for_all(struct ctl *ctl, const struct job_view **jobs, int n,
                        int64_t deadline_ms)
{
    int status = EXIT_DONE;
    for (int i = 0; i < n && (status == EXIT_DONE || status == EXIT_NO); i++) {
        struct follow_options follow = {.job = jobs[i]->number,
                                        .uid = jobs[i]->uid,
                                        .deadline_ms = deadline_ms,
                                        .out = stderr};
        struct job_view last;
        struct arena arena;
        arena_init(&arena, 0);
        int ended = follow_job(ctl, &follow, &arena, &last);
        if (ended == EXIT_DONE || ended == EXIT_NO)
            print_end(ctl, &last);
        if (ended != EXIT_DONE)
            status = ended;
        arena_release(&arena);
    }
    return status;
}

/* All are looked up first: a wrong word is told now, not when the others have ended. */
static int find_all(struct ctl *ctl, struct replies *list,
                    const struct opt_operands *words, const struct job_view **ret)
{
    uint64_t number;
    for (int i = 0; i < words->n; i++) {
        int status = job_word(&subcommand_wait, words->items[i], &number);
        if (status)
            return status;
    }
    int status = job_list(ctl, list);
    for (int i = 0; i < words->n && status == EXIT_DONE; i++) {
        ret[i] = job_in_list(list, &subcommand_wait, words->items[i]);
        if (!ret[i])
            status = EXIT_UNKNOWN;
    }
    return status;
}

static int wait_run(struct ctl *ctl, int argc, char **argv)
{
    struct wait_options o = {.timeout_ms = -1};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    struct replies list;
    int status;
    if (!ctl_parse(ctl, &subcommand_wait, argc, argv, &values, &operands, &status))
        return status;
    status = ctl_endpoint(ctl);
    if (status)
        return status;
    int64_t deadline_ms = follow_deadline(ctl, o.timeout_ms);
    const struct job_view **jobs = mem_zero((size_t)operands.n, sizeof(*jobs));
    replies_init(&list);
    status = find_all(ctl, &list, &operands, jobs);
    if (status == EXIT_DONE)
        status = wait_for_all(ctl, jobs, operands.n, deadline_ms);
    replies_release(&list);
    free(jobs);
    return status;
}

const struct subcommand subcommand_wait = {
    .command = &command, .run = wait_run, .operand = OPERAND_JOB};
