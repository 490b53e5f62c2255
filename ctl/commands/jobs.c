// SPDX-License-Identifier: MIT
/* pictl jobs: all jobs that the coordinator knows. */
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/print.h"

static const struct opt_command command = {
    .program = "pictl",
    .name = "jobs",
    .usage = "[OPTION]...",
    .summary = "Lists all jobs.",
    .common = ctl_common_options,
};

static const struct column columns[] = {
    {"JOB", false, 0}, {"STATE", false, 4}, {"DONE", true, 2},  {"TRIALS", true, 1},
    {"PI", false, 0},  {"RATE", true, 3},   {"NAME", false, 5},
};

/* Where one counts by a program. */
static const struct column program_columns[] = {
    {"JOB", false, 0},   {"STATE", false, 4},   {"DONE", true, 2},
    {"TRIALS", true, 1}, {"PROGRAM", false, 6}, {"ESTIMATE", false, 0},
    {"RATE", true, 3},   {"NAME", false, 5},
};

static void print_row(struct ctl_table *t, const struct job_view *j)
{
    char id[JOB_ID_BYTES], program[JOB_PROGRAM_BYTES];
    table_cell(t, "%s", job_id_text(id, j->number));
    print_job_state(t, j);
    print_count(t, j->done);
    if (j->trials > 0)
        print_count(t, j->trials);
    else
        table_cell(t, "open");
    if (t->columns == program_columns)
        table_cell(t, "%.40s", *j->program ? job_program_text(program, j) : "pi");
    print_pi(t, j->pi, j->ci_low, j->ci_high);
    print_rate(t, job_view_ended(j->state) ? job_view_average_rate(j) : j->rate);
    table_cell(t, "%s", j->name);
}

static void print_jobs(const struct replies *r)
{
    struct ctl_table t;
    char id[JOB_ID_BYTES];
    bool doubt = false, program = false;
    if (r->n_jobs == 0) {
        printf("no jobs. Next: pictl submit --trials 200G\n");
        return;
    }
    for (size_t i = 0; i < r->n_jobs; i++)
        program |= *r->jobs[i].program != '\0';
    if (program)
        table_init(&t, program_columns, ARRAY_SIZE(program_columns));
    else
        table_init(&t, columns, ARRAY_SIZE(columns));
    for (size_t i = 0; i < r->n_jobs; i++)
        print_row(&t, &r->jobs[i]);
    print_table(&t);
    for (size_t i = 0; i < r->n_jobs && !doubt; i++) {
        doubt = *r->jobs[i].doubt;
        if (doubt)
            fprintf(stderr, "?: in doubt; pictl status %s says why\n",
                    job_id_text(id, r->jobs[i].number));
    }
}

static int jobs_run(struct ctl *ctl, int argc, char **argv)
{
    struct msg_request r = {.verb = REQUEST_JOBS};
    struct opt_operands operands;
    struct replies replies;
    int status;
    if (!ctl_parse(ctl, &subcommand_jobs, argc, argv, NULL, &operands, &status))
        return status;
    status = ctl_call(ctl, &r, REPLY_JOBS, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        json_jobs(stdout, replies.jobs, replies.n_jobs);
    else if (status == EXIT_DONE)
        print_jobs(&replies);
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_jobs = {.command = &command, .run = jobs_run};
