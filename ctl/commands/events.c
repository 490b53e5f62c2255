// SPDX-License-Identifier: MIT
/* pictl events: what has happened, a line an event, and what happens from now on. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/cli/job_format.h"
#include "common/wire/json.h"
#include "ctl/commands/subcommands.h"

struct events_options {
    bool follow;
};

static const struct opt options[] = {
    {.name = "follow",
     .help = "go on with those that come, until Ctrl-C",
     .kind = OPT_FLAG,
     .letter = 'f',
     .at = offsetof(struct events_options, follow)},
    OPT_END,
};

static const char *const examples[] = {
    "pictl events",
    "pictl events --follow | grep worker_lost",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "events",
    .usage = "[--follow]",
    .summary =
        "Shows the last events of the coordinator, a line each, the oldest first.",
    .examples = examples,
    .options = options,
    .common = ctl_common_options,
};

static void print_number(const char *name, uint64_t value)
{
    if (value > 0)
        printf(" %s=%" PRIu64, name, value);
}

/* Only what this event says. */
static void print_event(const struct event_view *e)
{
    char when[32], id[JOB_ID_BYTES];
    time_t seconds = (time_t)(e->time_ms / 1000);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&seconds));
    printf("%s %s", when, e->what);
    if (e->job)
        printf(" job=%s", job_id_text(id, e->job));
    if (*e->name)
        printf(" name=%s", e->name);
    if (*e->worker)
        printf(" worker=%s", e->worker);
    if (*e->program)
        printf(" program=%s", e->program);
    if (*e->reason)
        printf(" reason=\"%s\"", e->reason);
    print_number("first", e->first);
    print_number("trials", e->trials);
    print_number("ranges", e->ranges);
    print_number("threads", e->threads);
    print_number("connections", e->connections);
    print_number("late_ms", e->late_ms);
    putchar('\n');
}

struct events {
    const struct ctl *ctl;
    uint32_t id;
    int status; /* of a reply that is an error, or of another kind; 0: none */
};

static bool on_reply(void *ctx, const struct msg_reply *r)
{
    struct events *e = ctx;
    if (r->id != e->id)
        return false;
    if (r->body == REPLY_ERROR)
        e->status = ctl_error_reply(r->error.code, r->error.message, r->error.hint);
    else if (r->body != REPLY_EVENTS)
        e->status = ctl_unasked(e->ctl);
    for (size_t i = 0; !e->status && i < r->events.n; i++) {
        if (e->ctl->options.json)
            json_event(stdout, &r->events.events[i]);
        else
            print_event(&r->events.events[i]);
    }
    fflush(stdout);
    return r->last || e->status || ferror(stdout);
}

static int events_run(struct ctl *ctl, int argc, char **argv)
{
    struct events_options o = {.follow = false};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    struct events e = {.ctl = ctl};
    int status;
    if (!ctl_parse(ctl, &subcommand_events, argc, argv, &values, &operands, &status))
        return status;
    status = ctl_connect(ctl);
    if (status)
        return status;
    client_mind_reader(ctl->client, STDOUT_FILENO);
    struct msg_request r = {.verb = REQUEST_EVENTS, .follow = o.follow};
    e.id = client_send(ctl->client, &r);
    enum client_end end =
        client_run(ctl->client, o.follow ? -1 : CLIENT_REPLY_MS, on_reply, &e);
    return end == CLIENT_DONE ? e.status : ctl_client_failed(ctl, end);
}

const struct subcommand subcommand_events = {.command = &command, .run = events_run};
