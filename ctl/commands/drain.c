// SPDX-License-Identifier: MIT
/* pictl drain, kick, ban, pardon, trust and untrust: requests about a worker. */
#include <inttypes.h>
#include <stdio.h>

#include "common/wire/json.h"
#include "ctl/commands/subcommands.h"

struct drain_options {
    bool all;
};

static const struct opt drain_options[] = {
    {.name = "all",
     .help = "every worker that is attached",
     .kind = OPT_FLAG,
     .at = offsetof(struct drain_options, all)},
    OPT_END,
};

static const char *const drain_examples[] = {
    "pictl drain lab-03",
    "pictl drain --all",
    NULL,
};

static const struct opt_command drain = {
    .program = "pictl",
    .name = "drain",
    .usage = "WORKER | --all",
    .summary = "Asks a worker to hand back what it holds and leave.",
    .examples = drain_examples,
    .options = drain_options,
    .common = ctl_common_options,
    .operand = "WORKER",
    .max_operands = 1,
};

#define WORKER_COMMAND(name_, summary_)                                                \
    static const struct opt_command name_ = {                                          \
        .program = "pictl",                                                            \
        .name = #name_,                                                                \
        .usage = "WORKER",                                                             \
        .summary = summary_,                                                           \
        .common = ctl_common_options,                                                  \
        .operand = "WORKER",                                                           \
        .min_operands = 1,                                                             \
        .max_operands = 1,                                                             \
    }

WORKER_COMMAND(kick, "Ends a worker's connection; what it holds is leased again.");
WORKER_COMMAND(ban, "Excludes a worker; what it has counted stays.");
WORKER_COMMAND(pardon, "Lets a worker in again that is excluded.");
WORKER_COMMAND(trust, "Trusts a worker: its results are not audited any more.");
WORKER_COMMAND(untrust, "Ends that trust: its results are audited again.");

/* Older coordinators do not say whom they have hit. */
static void print_hit(const struct replies *r, const char *what)
{
    const struct worker_view *w = &r->worker;
    if (r->has_worker)
        printf("%016" PRIx64 " %s%s%s %s\n", w->id, w->name, *w->name ? " " : "",
               *w->address ? w->address : "away", what);
    if (*r->note)
        ctl_note(NULL, "%s", r->note);
}

static int call_for_worker(struct ctl *ctl, const struct msg_request *r,
                           const char *what)
{
    struct replies replies;
    int status = ctl_call(ctl, r, REPLY_DONE, &replies);
    if (status == EXIT_DONE && ctl->options.json)
        json_done(stdout, replies.has_worker ? &replies.worker : NULL, replies.note);
    else if (status == EXIT_DONE)
        print_hit(&replies, what);
    replies_release(&replies);
    return status;
}

static void print_drained(const struct ctl *ctl, uint32_t n)
{
    if (ctl->options.json)
        printf("{}\n");
    else if (n == 0)
        ctl_note(NULL, "no worker is attached");
    else
        printf("%" PRIu32 " worker%s\n", n, n == 1 ? " drains" : "s drain");
}

/* Asks first how many workers are attached; without one there is nothing to do. */
static int drain_all(struct ctl *ctl)
{
    const struct msg_request count = {.verb = REQUEST_STATUS, .worker = ""};
    const struct msg_request r = {.verb = REQUEST_DRAIN, .worker = "", .all = true};
    struct replies replies;
    int status = ctl_call(ctl, &count, REPLY_STATUS, &replies);
    uint32_t n = replies.status.workers;
    replies_release(&replies);
    if (status == EXIT_DONE && n > 0) {
        status = ctl_call(ctl, &r, REPLY_DONE, &replies);
        replies_release(&replies);
    }
    if (status == EXIT_DONE)
        print_drained(ctl, n);
    return status;
}

static int drain_run(struct ctl *ctl, int argc, char **argv)
{
    struct drain_options o = {.all = false};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    int status;
    if (!ctl_parse(ctl, &subcommand_drain, argc, argv, &values, &operands, &status))
        return status;
    if (o.all == (operands.n > 0))
        return opt_usage_error(&drain, "name one worker, or say --all",
                               o.all ? "drain: both a worker and --all given"
                                     : "drain: no WORKER given");
    if (o.all)
        return drain_all(ctl);
    struct msg_request r = {.verb = REQUEST_DRAIN, .worker = operands.items[0]};
    return call_for_worker(ctl, &r, "drains");
}

/* A subcommand that has a WORKER and nothing else. */
static int run_verb(struct ctl *ctl, int argc, char **argv,
                    const struct subcommand *command, enum request_verb verb,
                    const char *what)
{
    struct opt_operands operands;
    int status;
    if (!ctl_parse(ctl, command, argc, argv, NULL, &operands, &status))
        return status;
    struct msg_request r = {.verb = verb, .worker = operands.items[0]};
    return call_for_worker(ctl, &r, what);
}

#define WORKER_SUBCOMMAND(name_, verb_, what_)                                         \
    static int name_##_run(struct ctl *ctl, int argc, char **argv)                     \
    {                                                                                  \
        return run_verb(ctl, argc, argv, &subcommand_##name_, verb_, what_);           \
    }                                                                                  \
    const struct subcommand subcommand_##name_ = {                                     \
        .command = &(name_), .run = name_##_run, .operand = OPERAND_WORKER}

const struct subcommand subcommand_drain = {
    .command = &drain, .run = drain_run, .operand = OPERAND_WORKER};
WORKER_SUBCOMMAND(kick, REQUEST_KICK, "kicked");
WORKER_SUBCOMMAND(ban, REQUEST_BAN, "banned");
WORKER_SUBCOMMAND(pardon, REQUEST_PARDON, "pardoned");
WORKER_SUBCOMMAND(trust, REQUEST_TRUST, "trusted");
WORKER_SUBCOMMAND(untrust, REQUEST_UNTRUST, "not trusted any more");
