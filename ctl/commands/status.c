// SPDX-License-Identifier: MIT
/* pictl status: a job, the newest unless one is named, and the coordinator. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "common/base/format.h"
#include "common/cli/job_format.h"
#include "common/cli/term.h"
#include "common/wire/json.h"
#include "common/wire/wire.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/job_operand.h"

struct status_options {
    const char *field;
};

static const struct opt options[] = {
    {.name = "get",
     .metavar = "FIELD",
     .help = "print this field of the JSON form alone: pi, hits, state",
     .kind = OPT_STRING,
     .at = offsetof(struct status_options, field)},
    OPT_END,
};

static const char *const examples[] = {
    "pictl status",
    "pictl status lecture --get pi",
    "pictl status --json | jq -r .job.pi",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "status",
    .usage = "[JOB] [--get FIELD]",
    .summary = "Shows the newest job, or the one named, and the coordinator.",
    .examples = examples,
    .options = options,
    .common = ctl_common_options,
    .operand = "JOB",
    .max_operands = 1,
};

static void print_head(const struct job_view *j)
{
    char text[FORMAT_MAX], id[JOB_ID_BYTES];
    double fraction = job_view_fraction(j);
    int64_t eta_ms = job_view_eta_ms(j);
    printf("job %s%s%s   %s", job_id_text(id, j->number), *j->name ? " " : "", j->name,
           job_state_name(j->state));
    if (isfinite(fraction))
        printf("   %.1f %%", job_view_percent(fraction));
    if (eta_ms >= 0)
        printf("   eta %s", format_duration(text, sizeof(text), eta_ms));
    if (*j->reason)
        printf("   %s", j->reason);
    putchar('\n');
}

/* The program, if it is not pi, and what is estimated. */
static void print_estimate(const struct job_view *j)
{
    char text[FORMAT_MAX], program[JOB_PROGRAM_BYTES];
    if (*j->program)
        printf("  program   %s", job_program_text(program, j));
    if (*j->program && j->test_known)
        printf("   test %016" PRIx64, j->test);
    if (*j->program)
        putchar('\n');
    if (!isfinite(j->pi)) {
        printf("  %-9s n/a\n", job_estimate_name(j));
        return;
    }
    double half = (j->ci_high - j->ci_low) / 2;
    int decimals = format_decimals_for(half);
    printf("  %-9s %s", job_estimate_name(j),
           job_estimate_text(text, sizeof(text), j->pi, decimals));
    printf("  %s %s   (95 %%)\n", term_utf8() ? "±" : "+-",
           job_estimate_text(text, sizeof(text), half, decimals));
}

static void print_progress(const struct job_view *j)
{
    char text[FORMAT_MAX];
    printf("  trials    %s", format_count(text, sizeof(text), j->done));
    if (j->trials > 0)
        printf(" of %s", format_count(text, sizeof(text), j->trials));
    bool ended = job_view_ended(j->state);
    double rate = ended ? job_view_average_rate(j) : j->rate;
    printf("      %s\n", format_rate(text, sizeof(text), rate));
    if (j->done > 0)
        printf("  hits      %" PRIu64 "%s\n", j->hits,
               j->score ? " (of 65536 a trial)" : "");
    if (*j->program && (j->scale < 1 || j->scale > 1))
        printf("  scale     %g\n", j->scale);
    if (j->rule == STOP_STDERR)
        printf("  until     stderr %g\n", j->until_stderr);
    if (j->rule == STOP_TIME)
        printf("  for       %s\n", format_duration(text, sizeof(text), j->for_ms));
    printf("  seed      %" PRIu64 "\n", j->seed);
    printf("  elapsed   %s\n", format_duration(text, sizeof(text), j->elapsed_ms));
    if (j->leased > 0)
        printf("  leased    %s\n", format_count(text, sizeof(text), j->leased));
    if (j->computed_again > 0)
        printf("  again     %s, leased again after a loss\n",
               format_count(text, sizeof(text), j->computed_again));
    if (*j->doubt)
        printf("  in doubt  %s\n", j->doubt);
}

static void print_coordinator(const struct ctl *ctl, const struct status_view *s)
{
    char text[FORMAT_MAX];
    printf("coordinator %s   up %s   v%s   %s%s%s\n", ctl->where,
           format_duration(text, sizeof(text), s->uptime_ms), s->version,
           coord_state_name(s->state), *s->reason ? ": " : "", s->reason);
    printf("  workers   %" PRIu32 " (%" PRIu32 " thread%s)", s->workers, s->threads,
           s->threads == 1 ? "" : "s");
    printf("      %s\n", format_rate(text, sizeof(text), s->rate));
    printf("  jobs      %" PRIu32 " active", s->jobs_active);
    if (s->audit != AUDIT_ADAPTIVE)
        printf(", audits by default: %s", audit_policy_name(s->audit));
    putchar('\n');
    const struct audits_view *a = &s->audits;
    if (*a->help)
        printf("  audits    behind by %s; what helps: %s\n",
               format_duration(text, sizeof(text), a->wait_ms), a->help);
}

static void print_status(const struct ctl *ctl, const struct replies *r)
{
    if (r->has_job) {
        print_head(&r->job);
        print_estimate(&r->job);
        print_progress(&r->job);
    } else {
        printf("no job%s. Next: %spictl submit --trials 200G\n",
               r->status.workers == 0 ? ", no workers" : "",
               r->status.workers == 0 ? "piworker, then " : "");
    }
    print_coordinator(ctl, &r->status);
}

static int reject_field(const char *field)
{
    char shown[64];
    return opt_usage_error(
        &command, "pictl status --json shows all: pi, hits, state, coordinator.state",
        "there is no field '%s'", term_typed(shown, sizeof(shown), field));
}

static int status_run(struct ctl *ctl, int argc, char **argv)
{
    struct msg_request r = {.verb = REQUEST_STATUS};
    struct status_options o = {.field = NULL};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    struct replies replies;
    int status;
    if (!ctl_parse(ctl, &subcommand_status, argc, argv, &values, &operands, &status))
        return status;
    if (o.field && !json_status_has_field(o.field))
        return reject_field(o.field);
    status = job_operand(ctl, &subcommand_status, &operands, &r.job);
    if (status)
        return status;
    status = ctl_call(ctl, &r, REPLY_STATUS, &replies);
    if (status == EXIT_DONE && o.field)
        json_status_field(stdout, &replies.status, o.field);
    else if (status == EXIT_DONE && ctl->options.json)
        json_status(stdout, &replies.status);
    else if (status == EXIT_DONE)
        print_status(ctl, &replies);
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_status = {
    .command = &command, .run = status_run, .operand = OPERAND_JOB};
