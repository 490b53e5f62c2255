// SPDX-License-Identifier: MIT
/* pictl workers: those attached, and those that were a while ago. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/format.h"
#include "common/wire/json.h"
#include "common/wire/names.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/print.h"

static const struct opt_command command = {
    .program = "pictl",
    .name = "workers",
    .usage = "[OPTION]...",
    .summary = "Lists the workers.",
    .common = ctl_common_options,
};

static const struct column columns[] = {
    {"NAME", false, 0},   {"ID", false, 7},       {"ADDRESS", false, 1},
    {"THREADS", true, 6}, {"STATE", false, 0},    {"TRIALS", true, 8},
    {"RATE", true, 0},    {"LAST SEEN", true, 5}, {"TRUST", false, 2},
    {"KERNEL", false, 3}, {"VERSION", false, 4},
};

static void print_row(struct ctl_table *t, const struct worker_view *w)
{
    char text[FORMAT_MAX];
    table_cell(t, "%s", w->name);
    table_cell(t, "%016" PRIx64, w->id);
    table_cell(t, "%s", w->address);
    table_cell(t, "%" PRIu32, w->threads);
    if (w->removed)
        table_cell(t, "%s", worker_removed_name(w->removed));
    else
        print_worker_state(t, w->state);
    print_count(t, w->trials);
    print_rate(t, w->rate);
    table_cell(t, "%s", format_duration(text, sizeof(text), w->last_seen_ms));
    table_cell(t, w->trusted_as ? "%s (%s)" : "%s", worker_trust_name(w->trust),
               trusted_as_name(w->trusted_as));
    table_cell(t, "%s", w->kernel);
    table_cell(t, "%s", w->version);
}

static void print_workers(const struct ctl *ctl, const struct replies *r)
{
    struct ctl_table t;
    if (r->n_workers == 0) {
        printf("no workers. Next: piworker %s\n", ctl->where);
        return;
    }
    table_init(&t, columns, ARRAY_SIZE(columns));
    for (size_t i = 0; i < r->n_workers; i++)
        print_row(&t, &r->workers[i]);
    print_table(&t);
}

static int workers_run(struct ctl *ctl, int argc, char **argv)
{
    struct msg_request r = {.verb = REQUEST_WORKERS};
    struct opt_operands operands;
    struct replies replies;
    int status;
    if (!ctl_parse(ctl, &subcommand_workers, argc, argv, NULL, &operands, &status))
        return status;
    status = ctl_call(ctl, &r, REPLY_WORKERS, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        json_workers(stdout, replies.workers, replies.n_workers);
    else if (status == EXIT_DONE)
        print_workers(ctl, &replies);
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_workers = {.command = &command, .run = workers_run};
