// SPDX-License-Identifier: MIT
/* pictl workers: those attached, and those that were a while ago; and their programs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/format.h"
#include "common/wire/json.h"
#include "common/wire/names.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/print.h"

struct workers_options {
    bool verbose;
};

static const struct opt options[] = {
    {.name = "verbose",
     .letter = 'v',
     .help = "their programs too; why they have failed, with their last lines",
     .kind = OPT_FLAG,
     .at = offsetof(struct workers_options, verbose)},
    OPT_END,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "workers",
    .usage = "[-v]",
    .summary = "Lists the workers.",
    .options = options,
    .common = ctl_common_options,
};

/* The last one only where a worker has programs. */
static const struct column columns[] = {
    {"NAME", false, 0},   {"ID", false, 7},       {"ADDRESS", false, 1},
    {"THREADS", true, 6}, {"STATE", false, 0},    {"TRIALS", true, 8},
    {"RATE", true, 0},    {"LAST SEEN", true, 5}, {"TRUST", false, 2},
    {"KERNEL", false, 3}, {"VERSION", false, 4},  {"PROGRAMS", false, 9},
};

/* "buffon, x (failed)" */
static void print_programs(struct ctl_table *t, const struct worker_view *w)
{
    char text[PROGRAMS_MAX * (NAME_BYTES + sizeof(", (excluded)"))] = "";
    size_t n = 0;
    for (size_t i = 0; i < w->n_programs && n < sizeof(text); i++) {
        const struct program_view *p = &w->programs[i];
        bool ready = p->state == PROGRAM_READY;
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s%s%s", i ? ", " : "",
                              p->name, ready ? "" : " (",
                              ready ? "" : program_state_name(p->state),
                              ready ? "" : ")");
    }
    table_cell(t, "%s", text);
}

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
    if (t->n_columns == ARRAY_SIZE(columns))
        print_programs(t, w);
}

/* Lines from a worker, indented. */
static void print_lines(const char *lines)
{
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        printf("    %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

static void print_program(const struct worker_view *w, const struct program_view *p)
{
    char text[FORMAT_MAX];
    printf("%s: program '%s' ", w->name, p->name);
    if (p->state == PROGRAM_READY)
        printf("%s a thread", format_rate(text, sizeof(text), p->rate));
    else
        printf("%s", program_state_name(p->state));
    if (p->test_known)
        printf(", test %016" PRIx64, p->test);
    printf("%s%s\n", *p->reason ? ": " : "", p->reason);
    print_lines(p->stderr_);
}

static void print_workers(const struct ctl *ctl, const struct replies *r, bool verbose)
{
    struct ctl_table t;
    size_t programs = 0;
    if (r->n_workers == 0) {
        printf("no workers. Next: piworker %s\n", ctl->where);
        return;
    }
    for (size_t i = 0; i < r->n_workers; i++)
        programs += r->workers[i].n_programs;
    table_init(&t, columns, ARRAY_SIZE(columns) - (programs == 0));
    for (size_t i = 0; i < r->n_workers; i++)
        print_row(&t, &r->workers[i]);
    print_table(&t);
    for (size_t i = 0; i < r->n_workers && verbose; i++)
        for (size_t k = 0; k < r->workers[i].n_programs; k++)
            print_program(&r->workers[i], &r->workers[i].programs[k]);
}

static int workers_run(struct ctl *ctl, int argc, char **argv)
{
    struct msg_request r = {.verb = REQUEST_WORKERS};
    struct workers_options o = {.verbose = false};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    struct replies replies;
    int status;
    if (!ctl_parse(ctl, &subcommand_workers, argc, argv, &values, &operands, &status))
        return status;
    status = ctl_call(ctl, &r, REPLY_WORKERS, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        json_workers(stdout, replies.workers, replies.n_workers);
    else if (status == EXIT_DONE)
        print_workers(ctl, &replies, o.verbose);
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_workers = {.command = &command, .run = workers_run};
