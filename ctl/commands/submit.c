// SPDX-License-Identifier: MIT
/*
 * pictl submit.  The request carries a random id, which makes it idempotent: sending it
 * again after a lost connection does not create a second job.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/estimate.h"
#include "common/base/format.h"
#include "common/cli/job_format.h"
#include "common/cli/term.h"
#include "common/program/offer.h"
#include "common/sys/hash.h"
#include "common/wire/json.h"
#include "common/wire/names.h"
#include "ctl/commands/subcommands.h"
#include "ctl/lib/follow.h"
#include "ctl/lib/job_operand.h"
#include "ctl/lib/wait.h"

enum { RETRY_PAUSE_MS = 250, DAY_S = 86400 };

struct submit_options {
    uint64_t trials;
    double until_stderr;
    int until_digits;
    int64_t for_ms;
    uint64_t seed;
    const char *name;
    int weight, audit;
    const char *program, *arg, *expect;
    double scale;
    bool score;
    uint64_t test; /* --expect, parsed */
    bool wait;
    int64_t timeout_ms;
};

enum { GROUP_RULE = 1 };

#define AT(member) offsetof(struct submit_options, member)

static const struct opt options[] = {
    {.name = "trials",
     .metavar = "N",
     .help = "stop after so many: 200000, 2e5, 200k, 200G",
     .kind = OPT_TRIALS,
     .letter = 'n',
     .group = GROUP_RULE,
     .at = AT(trials)},
    {.name = "until-stderr",
     .metavar = "E",
     .help = "stop at this standard error: 1e-6",
     .kind = OPT_REAL,
     .group = GROUP_RULE,
     .low = 0, /* check_error() knows more */
     .high = SCALE_MAX,
     .at = AT(until_stderr)},
    {.name = "until-digits",
     .metavar = "D",
     .help = "stop when D digits are settled; 3.14 has 3",
     .kind = OPT_INT,
     .group = GROUP_RULE,
     .min = 1,
     .max = ESTIMATE_DIGITS_MAX,
     .at = AT(until_digits)},
    {.name = "for",
     .metavar = "D",
     .help = "stop after this running time: 500ms, 30s, 2h",
     .kind = OPT_DURATION,
     .group = GROUP_RULE,
     .min = 1,
     .at = AT(for_ms)},
    {.name = "seed",
     .metavar = "S",
     .help = "of the trials; one is drawn otherwise",
     .kind = OPT_NUMBER,
     .max = UINT64_MAX,
     .at = AT(seed)},
    {.name = "name",
     .metavar = "S",
     .help = "for display: a-z, A-Z, 0-9, . _ -",
     .kind = OPT_STRING,
     .at = AT(name)},
    {.name = "weight",
     .metavar = "W",
     .help = "its share beside other jobs, 1 to 1000",
     .kind = OPT_INT,
     .min = 1,
     .max = 1000,
     .at = AT(weight)},
    {.name = "audit",
     .metavar = "adaptive|all|none",
     .help = "which results picoord recomputes; else as it is set",
     .kind = OPT_CHOICE,
     .at = AT(audit)},
    {.name = "program",
     .metavar = "NAME",
     .help = "count by this program instead of pi",
     .kind = OPT_STRING,
     .at = AT(program)},
    {.name = "arg", .metavar = "TEXT", .kind = OPT_STRING, .at = AT(arg)},
    {.name = "expect",
     .metavar = "T",
     .help = "what it is given with each request; its self-test",
     .kind = OPT_STRING,
     .at = AT(expect)},
    {.name = "scale",
     .metavar = "X",
     .kind = OPT_REAL,
     .low = 0,
     .high = SCALE_MAX,
     .at = AT(scale)},
    {.name = "score",
     .help = "estimate X times the mean; of scores, 0 to 65536",
     .kind = OPT_FLAG,
     .at = AT(score)},
    {.name = "wait",
     .help = "until it has ended; print the result",
     .kind = OPT_FLAG,
     .at = AT(wait)},
    {.name = "timeout",
     .metavar = "D",
     .help = "--wait no longer than this; the job goes on",
     .kind = OPT_DURATION,
     .min = 1,
     .at = AT(timeout_ms)},
    OPT_END,
};

static const char *const examples[] = {
    "pictl submit --trials 200G --wait",
    "pictl submit --until-stderr 1e-6 --seed 42",
    NULL,
};

static const struct opt_command command = {
    .program = "pictl",
    .name = "submit",
    .usage = "-n N|--until-stderr E|--until-digits D|--for D [OPTION]...",
    .summary = "Submits a job and prints its id; with --wait its result.",
    .examples = examples,
    .options = options,
    .common = ctl_common_options,
    .operand = "N",
    .max_operands = 1, /* to say where it belongs */
};

static bool given(const struct opt_values *values, const char *name)
{
    return opt_source(options, values, name) != OPT_UNSET;
}

static int reject_operand(const char *word)
{
    char shown[64], hint[80];
    term_typed(shown, sizeof(shown), word);
    snprintf(hint, sizeof(hint), "--trials %s?", shown);
    return opt_usage_error(&command, hint, "unexpected '%s'", shown);
}

/* The standard error that a job may stop at is in proportion to its scale. */
static int check_error(const struct submit_options *o)
{
    bool pi = !*o->program;
    double least = pi ? ESTIMATE_STDERR_LEAST : UNTIL_STDERR_MIN * o->scale / SCALE_PI;
    double most = UNTIL_STDERR_MAX * o->scale / SCALE_PI;
    char hint[100];
    if (o->until_stderr >= least && o->until_stderr <= most)
        return EXIT_DONE;
    snprintf(hint, sizeof(hint), "--until-stderr takes a number from %g to %g", least,
             most);
    return opt_usage_error(&command, hint, "--until-stderr '%g' is too %s",
                           o->until_stderr,
                           o->until_stderr < least ? "small" : "large");
}

static int check_program(struct submit_options *o, const struct opt_values *values)
{
    static const char *const of_programs[] = {"arg", "scale", "score", "expect"};
    struct error why;
    char shown[64];
    for (size_t i = 0; i < ARRAY_SIZE(of_programs) && !*o->program; i++)
        if (given(values, of_programs[i]))
            return opt_usage_error(&command, "add --program NAME",
                                   "--%s is for a program, and there is none",
                                   of_programs[i]);
    if (*o->program && offer_check_name("--program", o->program, &why) < 0)
        return opt_usage_error(&command, why.hint, "%s", why.what);
    if (offer_check_arg("--arg", o->arg, &why) < 0)
        return opt_usage_error(&command, why.hint, "%s", why.what);
    if (!given(values, "scale"))
        o->scale = scale_usual(o->program);
    if (!(o->scale > 0))
        return opt_usage_error(&command, "it is what hits / trials is multiplied by",
                               "--scale must be more than 0");
    if (o->expect && !worker_id_of(o->expect, &o->test))
        return opt_usage_error(&command,
                               "16 hexadecimal digits, as 'piworker --try' prints them",
                               "--expect '%s' is no self-test",
                               term_typed(shown, sizeof(shown), o->expect));
    return EXIT_DONE;
}

static int check_options(struct submit_options *o, const struct opt_values *values)
{
    if (!given(values, "trials") && !given(values, "until-stderr") &&
        !given(values, "until-digits") && !given(values, "for"))
        return opt_usage_error(&command,
                               "say when to stop: --trials N, --until-stderr E, "
                               "--until-digits D or --for D",
                               "submit: no stop rule given");
    if (o->timeout_ms >= 0 && !o->wait)
        return opt_usage_error(&command, "add --wait",
                               "--timeout is for who waits for the job");
    char shown[64];
    if (*o->name && !job_name_allowed(o->name))
        return opt_usage_error(
            &command, "a-z, A-Z, 0-9, '.', '_' and '-', at most 32 of them",
            "--name '%s' is no name", term_typed(shown, sizeof(shown), o->name));
    int status = check_program(o, values);
    if (!status && given(values, "until-stderr"))
        status = check_error(o);
    return status;
}

static void fill_submit(const struct submit_options *o, const struct opt_values *values,
                        struct msg_submit *ret)
{
    bool digits = given(values, "until-digits");
    bool error = digits || given(values, "until-stderr");
    *ret = (struct msg_submit){
        .rule = error                  ? STOP_STDERR
                : given(values, "for") ? STOP_TIME
                                       : STOP_TRIALS,
        .trials = o->trials,
        .until_stderr =
            digits ? estimate_stderr_settling(o->until_digits) : o->until_stderr,
        .for_ms = o->for_ms,
        .seed_given = given(values, "seed"),
        .seed = o->seed,
        .name = o->name,
        .weight = (uint32_t)o->weight,
        .audit = (enum audit_policy)o->audit,
        .audit_given = given(values, "audit"),
        .program = o->program,
        .arg = o->arg,
        .scale = o->scale,
        .score = o->score,
        .test_given = o->expect != NULL,
        .test = o->test,
    };
    hash_random(ret->request, sizeof(ret->request));
}

/* Sends until the reply has come or the deadline has passed.  The first connection must
 * succeed at once; later ones are retried. */
static enum client_end send_until_answered(struct ctl *ctl, const struct msg_request *r,
                                           int64_t deadline_ms, struct replies *ret)
{
    struct client *c = ctl->client;
    enum client_end end = client_connect(c, CLIENT_CONNECT_MS);
    bool connected_once = end == CLIENT_DONE;
    for (;;) {
        int64_t left_ms = deadline_ms - client_now_ms(c);
        if (left_ms <= 0)
            return end == CLIENT_DONE ? CLIENT_TIMEOUT : end;
        if (end == CLIENT_DONE)
            end = ctl_exchange(ctl, r, left_ms, ret);
        bool again = end == CLIENT_LOST || (end == CLIENT_UNREACHED && connected_once);
        if (!again)
            return end;
        replies_release(ret);
        end = client_pause(c, RETRY_PAUSE_MS);
        if (end != CLIENT_DONE)
            return end;
        left_ms = deadline_ms - client_now_ms(c);
        end = client_connect(c, left_ms < 1                   ? 1
                                : left_ms < CLIENT_CONNECT_MS ? left_ms
                                                              : CLIENT_CONNECT_MS);
    }
}

static int submit_job(struct ctl *ctl, const struct submit_options *o,
                      const struct msg_submit *m, struct replies *ret)
{
    struct msg_request r = {.verb = REQUEST_SUBMIT, .submit = *m};
    int64_t limit_ms = o->timeout_ms >= 0 ? o->timeout_ms : CLIENT_REPLY_MS;
    int64_t deadline_ms = client_now_ms(ctl->client) + limit_ms;
    enum client_end end = send_until_answered(ctl, &r, deadline_ms, ret);
    if (end != CLIENT_DONE)
        return ctl_client_failed(ctl, end);
    return ctl_check_answer(ctl, REPLY_JOB, ret);
}

/* How long a job of known or expected length takes, where that is not what was asked
 * for or is over a day. */
static void report_size(const struct job_view *j, double rate)
{
    char count[FORMAT_MAX], time[FORMAT_MAX] = "";
    bool expected = j->rule == STOP_STDERR;
    if (*j->program)
        return; /* neither its p nor its rate is known yet */
    double n = expected ? estimate_trials_needed(j->until_stderr) : (double)j->trials;
    double seconds = rate > 0 ? n / rate : 0;
    if (!expected && !(seconds > DAY_S))
        return;
    if (seconds > 0 && seconds < 1e12)
        format_duration(time, sizeof(time), (int64_t)(1000 * seconds));
    fprintf(stderr, "pictl: about %s trials%s%s%s\n",
            format_count(count, sizeof(count), (uint64_t)n), *time ? ", " : "", time,
            *time ? " at the present rate" : "");
}

/* Failing to find out is no failure of the submission. */
static void report_outlook(struct ctl *ctl, const struct job_view *j)
{
    struct msg_request r = {.verb = REQUEST_STATUS, .job = j->number};
    struct replies replies;
    replies_init(&replies);
    enum client_end end = ctl_exchange(ctl, &r, CLIENT_CONNECT_MS, &replies);
    if (end == CLIENT_DONE && !replies.empty && replies.body == REPLY_STATUS &&
        !job_view_ended(j->state)) {
        report_size(j, replies.status.rate);
        if (replies.status.workers == 0)
            follow_report_no_workers(j);
    }
    replies_release(&replies);
}

/* A picoord that knows nothing of programs takes the job for one of pi's: it must not
 * count. */
static int cancel_unknown(struct ctl *ctl, const struct job_view *j)
{
    struct msg_request r = {.verb = REQUEST_CANCEL, .job = j->number, .worker = ""};
    struct replies replies;
    replies_init(&replies);
    const struct msg_welcome *w = client_welcome(ctl->client);
    ctl_error("a newer one does", "this picoord (%s) does not know programs",
              w ? w->version : "");
    enum client_end end = ctl_exchange(ctl, &r, CLIENT_REPLY_MS, &replies);
    replies_release(&replies);
    if (end != CLIENT_DONE)
        (void)ctl_client_failed(ctl, end);
    return EXIT_REFUSED;
}

static int print_answer(struct ctl *ctl, const struct submit_options *o,
                        const struct job_view *j, bool drawn, int64_t deadline_ms)
{
    char id[JOB_ID_BYTES];
    if (drawn && !ctl->options.json)
        fprintf(stderr, "seed %" PRIu64 "\n", j->seed);
    if (o->wait)
        return wait_for_job(ctl, j, deadline_ms);
    if (ctl->options.json)
        json_job(stdout, j);
    else
        printf("%s\n", job_id_text(id, j->number));
    fflush(stdout);
    report_outlook(ctl, j);
    return EXIT_DONE;
}

static int submit_run(struct ctl *ctl, int argc, char **argv)
{
    struct submit_options o = {
        .name = "", .weight = 1, .program = "", .arg = "", .timeout_ms = -1};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    struct msg_submit m;
    int status;
    if (!ctl_parse(ctl, &subcommand_submit, argc, argv, &values, &operands, &status))
        return status;
    status =
        operands.n > 0 ? reject_operand(operands.items[0]) : check_options(&o, &values);
    if (status == EXIT_DONE)
        status = ctl_endpoint(ctl);
    if (status)
        return status;

    fill_submit(&o, &values, &m);
    int64_t deadline_ms = follow_deadline(ctl, o.timeout_ms);
    struct replies replies;
    replies_init(&replies);
    status = submit_job(ctl, &o, &m, &replies);
    if (status == EXIT_DONE && strcmp(replies.job.program, o.program) != 0)
        status = cancel_unknown(ctl, &replies.job);
    else if (status == EXIT_DONE)
        status = print_answer(ctl, &o, &replies.job, !m.seed_given, deadline_ms);
    replies_release(&replies);
    return status;
}

const struct subcommand subcommand_submit = {.command = &command, .run = submit_run};
