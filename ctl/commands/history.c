// SPDX-License-Identifier: MIT
/* pictl history: final answers, those before an extension too. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/format.h"
#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/print.h"

static const struct opt_command command = {
    .program = "pictl",
    .name = "history",
    .usage = "[OPTION]...",
    .summary = "Lists all final answers; 'extend' leaves a job's earlier ones.",
    .common = ctl_common_options,
};

static const struct column columns[] = {
    {"JOB", false, 0},    {"TRIALS", true, 0}, {"HITS", true, 0},  {"PI", false, 0},
    {"ELAPSED", true, 0}, {"SEED", true, 0},   {"NAME", false, 0},
};

/* Where one was counted by a program. */
static const struct column program_columns[] = {
    {"JOB", false, 0},     {"TRIALS", true, 0},    {"HITS", true, 0},
    {"PROGRAM", false, 0}, {"ESTIMATE", false, 0}, {"ELAPSED", true, 0},
    {"SEED", true, 0},     {"NAME", false, 0},
};

static void print_row(struct ctl_table *t, const struct answer_view *a)
{
    char id[JOB_ID_BYTES], text[FORMAT_MAX];
    table_cell(t, "%s", job_id_text(id, a->job));
    table_cell(t, "%" PRIu64, a->trials);
    table_cell(t, "%" PRIu64, a->hits);
    if (t->columns == program_columns)
        table_cell(t, "%s", *a->program ? a->program : "pi");
    print_pi(t, a->pi, a->ci_low, a->ci_high);
    table_cell(t, "%s", format_duration(text, sizeof(text), a->elapsed_ms));
    table_cell(t, "%" PRIu64, a->seed);
    table_cell(t, "%s", a->name);
}

static void print_history(const struct replies *r)
{
    struct ctl_table t;
    bool program = false;
    if (r->n_answers == 0) {
        printf("no final answers yet\n");
        return;
    }
    for (size_t i = 0; i < r->n_answers; i++)
        program |= *r->answers[i].program != '\0';
    if (program)
        table_init(&t, program_columns, ARRAY_SIZE(program_columns));
    else
        table_init(&t, columns, ARRAY_SIZE(columns));
    for (size_t i = 0; i < r->n_answers; i++)
        print_row(&t, &r->answers[i]);
    print_table(&t);
}

static int history_run(struct ctl *ctl, int argc, char **argv)
{
    struct msg_request r = {.verb = REQUEST_HISTORY};
    struct opt_operands operands;
    struct replies replies;
    int status;
    if (!ctl_parse(ctl, &subcommand_history, argc, argv, NULL, &operands, &status))
        return status;
    status = ctl_call(ctl, &r, REPLY_HISTORY, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        json_history(stdout, replies.answers, replies.n_answers);
    else if (status == EXIT_DONE)
        print_history(&replies);
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_history = {.command = &command, .run = history_run};
