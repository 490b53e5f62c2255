// SPDX-License-Identifier: MIT
/* pictl drain, kick and trust: requests about a worker. */
#include <stdio.h>

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

static const struct opt_command kick = {
    .program = "pictl",
    .name = "kick",
    .usage = "WORKER",
    .summary = "Cuts a worker off for good; what it holds is leased again.",
    .common = ctl_common_options,
    .operand = "WORKER",
    .min_operands = 1,
    .max_operands = 1,
};

static const struct opt_command trust = {
    .program = "pictl",
    .name = "trust",
    .usage = "WORKER",
    .summary = "Takes a worker's word: its results are not audited any more.",
    .common = ctl_common_options,
    .operand = "WORKER",
    .min_operands = 1,
    .max_operands = 1,
};

/* The reply has no content: prints nothing, or an empty object with --json. */
static int print_done(const struct ctl *ctl, int status)
{
    if (status == EXIT_DONE && ctl->options.json)
        printf("{}\n");
    return status;
}

static int call_for_worker(struct ctl *ctl, const struct msg_request *r)
{
    struct replies replies;
    int status = ctl_call(ctl, r, REPLY_DONE, &replies);
    replies_release(&replies);
    return print_done(ctl, status);
}

/* Asks first whether any worker is attached; without one there is nothing to do. */
static int drain_all(struct ctl *ctl)
{
    const struct msg_request count_request = {.verb = REQUEST_STATUS, .worker = ""};
    const struct msg_request r = {.verb = REQUEST_DRAIN, .worker = "", .all = true};
    struct replies replies;
    int status = ctl_call(ctl, &count_request, REPLY_STATUS, &replies);
    bool any_workers = replies.status.workers > 0;
    replies_release(&replies);
    if (status)
        return status;
    if (!any_workers) {
        ctl_error(NULL, "no worker is attached");
        return print_done(ctl, EXIT_DONE);
    }
    replies_init(&replies);
    enum client_end end = ctl_exchange(ctl, &r, CLIENT_REPLY_MS, &replies);
    status = end == CLIENT_DONE ? ctl_check_answer(ctl, REPLY_DONE, &replies)
                                : ctl_client_failed(ctl, end);
    replies_release(&replies);
    return print_done(ctl, status);
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
    return call_for_worker(ctl, &r);
}

static int kick_run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    int status;
    if (!ctl_parse(ctl, &subcommand_kick, argc, argv, NULL, &operands, &status))
        return status;
    struct msg_request r = {.verb = REQUEST_KICK, .worker = operands.items[0]};
    return call_for_worker(ctl, &r);
}

static int trust_run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    int status;
    if (!ctl_parse(ctl, &subcommand_trust, argc, argv, NULL, &operands, &status))
        return status;
    struct msg_request r = {.verb = REQUEST_TRUST, .worker = operands.items[0]};
    return call_for_worker(ctl, &r);
}

const struct subcommand subcommand_drain = {.command = &drain, .run = drain_run};
const struct subcommand subcommand_kick = {.command = &kick, .run = kick_run};
const struct subcommand subcommand_trust = {.command = &trust, .run = trust_run};
