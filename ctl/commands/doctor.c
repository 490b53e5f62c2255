// SPDX-License-Identifier: MIT
/*
 * pictl doctor: checks the connection to a coordinator step by step
 * (common/join/doctor.h), then the coordinator's clock and descriptors.
 */
#include <inttypes.h>
#include <sys/time.h>

#include "common/base/format.h"
#include "common/join/doctor.h"
#include "ctl/commands/subcommands.h"

enum { CLOCK_MS = 5000 /* larger differences give a warning */, FDS_PERCENT = 90 };

static const char *const examples[] = {
    "pictl doctor",
    "pictl doctor lab-01",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "doctor",
    .usage = "[HOST[:PORT]]",
    .summary = "Tries the way to the coordinator step by step.",
    .examples = examples,
    .common = ctl_common_options,
    .operand = "HOST",
    .max_operands = 1,
};

/* ---- asking the coordinator ---- */

static int64_t wall_ms(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

static void check_clock(struct doctor_report *r, int64_t remote_ms, int64_t local_ms)
{
    char apart[FORMAT_MAX];
    int64_t ahead_ms = remote_ms - local_ms,
            apart_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;
    if (remote_ms == 0)
        doctor_record(r, DOCTOR_CLOCK, DOCTOR_UNTRIED, NULL, "it does not tell");
    else if (apart_ms <= CLOCK_MS)
        doctor_record(r, DOCTOR_CLOCK, DOCTOR_OK, NULL, "%s apart",
                      format_duration(apart, sizeof(apart), apart_ms));
    else
        doctor_record(r, DOCTOR_CLOCK, DOCTOR_WARNING,
                      "timedatectl set-ntp true, on both sides",
                      "%s %s: leases use monotonic time, so results are unaffected",
                      format_duration(apart, sizeof(apart), apart_ms),
                      ahead_ms < 0 ? "behind" : "ahead");
}

static void check_fds(struct doctor_report *r, const struct host_view *h)
{
    if (h->fds_limit == 0)
        doctor_record(r, DOCTOR_FDS, DOCTOR_UNTRIED, NULL, "it does not tell");
    else
        doctor_record(r, DOCTOR_FDS,
                      (uint64_t)h->fds_used * 100 > (uint64_t)h->fds_limit * FDS_PERCENT
                          ? DOCTOR_WARNING
                          : DOCTOR_OK,
                      "raise LimitNOFILE= or 'ulimit -n 65536' where picoord starts",
                      "%" PRIu32 " of %" PRIu32 " in use, %" PRIu32 " connection%s",
                      h->fds_used, h->fds_limit, h->connections,
                      h->connections == 1 ? "" : "s");
}

/* Assumes that the coordinator read its clock half a round trip before the reply came.
 */
static int check_host(struct doctor_report *r, struct ctl *ctl)
{
    struct replies replies;
    replies_init(&replies);
    int64_t asked_ms = wall_ms();
    enum client_end end = ctl_exchange(
        ctl, &(struct msg_request){.verb = REQUEST_STATUS}, CLIENT_REPLY_MS, &replies);
    int64_t local_ms = asked_ms + (wall_ms() - asked_ms) / 2;
    int status = EXIT_DONE;
    if (end == CLIENT_INTERRUPTED) {
        status = EXIT_SIGNAL + client_signal(ctl->client);
    } else if (end != CLIENT_DONE || replies.empty || replies.body != REPLY_STATUS) {
        status = end == CLIENT_TIMEOUT ? EXIT_TIMEOUT : EXIT_UNREACHED;
        doctor_record(r, DOCTOR_CLOCK, DOCTOR_WRONG,
                      "it may be busy or stopped; try again",
                      "no answer to a question: %s", client_why(ctl->client));
    } else {
        check_clock(r, replies.status.host.time_ms, local_ms);
        check_fds(r, &replies.status.host);
    }
    replies_release(&replies);
    return status;
}

/* Where nothing holds a token for the address, it is found without one, and *ret says
 * why there is none. */
static int find(struct ctl *ctl, struct error *ret)
{
    struct endpoint endpoint;
    *ret = (struct error){.what = ""};
    enum endpoint_outcome outcome = ctl_look(ctl, &endpoint);
    if (outcome == ENDPOINT_ABSENT && !ctl->options.contact_file) {
        *ret = endpoint.why;
        ctl->options.plaintext = true;
        outcome = ctl_look(ctl, &endpoint);
    }
    if (outcome == ENDPOINT_FOUND) {
        ctl_use(ctl, &endpoint);
        return EXIT_DONE;
    }
    ctl_error(endpoint.why.hint, "%s", endpoint.why.what);
    return endpoint.status;
}

static int doctor_run(struct ctl *ctl, int argc, char **argv)
{
    struct opt_operands operands;
    struct doctor_report report = {0};
    struct error no_token;
    int status;
    if (!ctl_parse(ctl, &subcommand_doctor, argc, argv, NULL, &operands, &status))
        return status;
    if (operands.n > 0)
        ctl->options.coordinator = operands.items[0];
    status = find(ctl, &no_token);
    if (status)
        return status;
    status = doctor_connect(&report, ctl->client, ctl->where, &no_token);
    if (status == EXIT_DONE && client_connected(ctl->client))
        status = check_host(&report, ctl);
    if (status >= EXIT_SIGNAL)
        return status;
    if (ctl->options.json)
        doctor_print_json(&report, ARRAY_SIZE(report.checks));
    else
        doctor_print(&report, ARRAY_SIZE(report.checks));
    return status;
}

const struct subcommand subcommand_doctor = {.command = &command, .run = doctor_run};
