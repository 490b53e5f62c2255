// SPDX-License-Identifier: MIT
/* pictl ledger: the cells of a job, and the workers that counted them. */
#include <inttypes.h>
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "common/wire/wire.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/job_operand.h"
#include "ctl/lib/print.h"

static const char *const examples[] = {
    "pictl ledger j-3",
    "pictl ledger j-3 --json > j-3.json    # for 'pictl verify j-3.json'",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "ledger",
    .usage = "[JOB]",
    .summary = "Prints a job's cells with their hits, and each worker's share.",
    .examples = examples,
    .common = ctl_common_options,
    .operand = "JOB",
    .max_operands = 1,
};

static const struct column cell_columns[] = {
    {"FIRST", true, 0}, {"COUNT", true, 0}, {"DONE", true, 0}, {"HITS", true, 0}};

static const struct column share_columns[] = {
    {"WORKER", false, 0}, {"NAME", false, 0}, {"TRIALS", true, 0}, {"HITS", true, 0}};

static void print_cells(const struct ledger_view *l)
{
    struct ctl_table t;
    table_init(&t, cell_columns, ARRAY_SIZE(cell_columns));
    for (size_t i = 0; i < l->n_cells; i++) {
        table_cell(&t, "%" PRIu64, l->first[i]);
        table_cell(&t, "%" PRIu64, l->count[i]);
        table_cell(&t, "%" PRIu64, l->done[i]);
        table_cell(&t, "%" PRIu64, l->hits[i]);
    }
    print_table(&t);
}

static void print_shares(const struct ledger_view *l)
{
    struct ctl_table t;
    table_init(&t, share_columns, ARRAY_SIZE(share_columns));
    for (size_t i = 0; i < l->n_shares; i++) {
        table_cell(&t, "%016" PRIx64, l->shares[i].worker);
        table_cell(&t, "%s", l->shares[i].name);
        table_cell(&t, "%" PRIu64, l->shares[i].trials);
        table_cell(&t, "%" PRIu64, l->shares[i].hits);
    }
    print_table(&t);
}

static void print_ledger(const struct ledger_view *l)
{
    char id[JOB_ID_BYTES];
    const struct job_view *j = l->job;
    printf("job %s   %s   seed %" PRIu64 "   %" PRIu64 " hits in %" PRIu64 " trials\n",
           job_id_text(id, j->number), job_state_name(j->state), j->seed, j->hits,
           j->done);
    if (l->n_cells > 0) {
        putchar('\n');
        print_cells(l);
    }
    if (l->n_shares > 0) {
        putchar('\n');
        print_shares(l);
    }
    for (size_t i = 0; i < l->n_doubts; i++)
        printf("%sin doubt: %" PRIu64 " trials from %" PRIu64 "\n", i == 0 ? "\n" : "",
               l->doubt_count[i], l->doubt_first[i]);
}

static int ledger_run(struct ctl *ctl, int argc, char **argv)
{
    struct msg_request r = {.verb = REQUEST_LEDGER};
    struct opt_operands operands;
    struct replies replies;
    int status;
    if (!ctl_parse(ctl, &subcommand_ledger, argc, argv, NULL, &operands, &status))
        return status;
    status = job_operand(ctl, &subcommand_ledger, &operands, &r.job);
    if (status)
        return status;
    status = ctl_call(ctl, &r, REPLY_LEDGER, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        json_ledger(stdout, &replies.ledger);
    else if (status == EXIT_DONE)
        print_ledger(&replies.ledger);
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_ledger = {
    .command = &command, .run = ledger_run, .operand = OPERAND_JOB};
