// SPDX-License-Identifier: MIT
/* pictl version: the versions of this program and of the coordinator. */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/json_writer.h"
#include "ctl/commands/subcommands.h"

static const struct opt_command command = {
    .program = "pictl",
    .name = "version",
    .usage = "[OPTION]...",
    .summary = "Shows the versions of pictl and of the coordinator.",
    .common = ctl_common_options,
};

static void print_json(const struct msg_welcome *welcome)
{
    struct json_writer w = json_to_stream(stdout);
    json_begin_object(&w, NULL);
    json_put_text(&w, "pictl", PI_VERSION);
    json_put_text(&w, "coordinator", welcome ? welcome->version : "");
    json_put_number(&w, "protocol", "%" PRIu32, welcome ? welcome->protocol : 0);
    json_end_line(&w);
}

/* Prints pictl's version first, since the coordinator may be unreachable. */
static int version_run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    int status;
    if (!ctl_parse(ctl, &subcommand_version, argc, argv, NULL, &operands, &status))
        return status;
    if (!ctl->options.json)
        printf("pictl %s (%s) %s\n", PI_VERSION, PI_COMMIT,
               ctl->table->command->versions);
    fflush(stdout);
    status = ctl_connect(ctl);
    const struct msg_welcome *w = status ? NULL : client_welcome(ctl->client);
    if (ctl->options.json)
        print_json(w);
    else if (w)
        printf("picoord %s protocol %" PRIu32 " at %s\n", w->version, w->protocol,
               ctl->where);
    return status;
}

const struct subcommand subcommand_version = {.command = &command, .run = version_run};
