// SPDX-License-Identifier: MIT
/*
 * piworker: reads the command line and does one of four things: works for a
 * coordinator (worker/agent_loop.h), counts alone (--serial), measures (--bench), or
 * looks at a program (--try).
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <protobuf-c/protobuf-c.h>
#include <uv.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "common/cli/opt.h"
#include "common/join/endpoint.h"
#include "common/kernel/kernel.h"
#include "common/program/offer.h"
#include "common/program/self_test.h"
#include "common/sys/cpu_count.h"
#include "common/sys/first_process.h"
#include "common/sys/log.h"
#include "common/sys/standard.h"
#include "worker/agent_loop.h"
#include "worker/bench.h"
#include "worker/doctor.h"
#include "worker/name.h"
#include "worker/serial.h"
#include "worker/try.h"

#define KERNELS "auto|scalar|avx2|avx512|neon"

/* In the order of KERNELS. */
static const char *const kernel_names[] = {"auto", "scalar", "avx2", "avx512", "neon"};

struct worker_options {
    const char *join_file, *contact_file, *name, *try, *arg;
    struct opt_list offer;
    int threads, kernel, nice;
    bool plaintext, once, doctor, bench, json;
    int64_t idle_ms, lifetime_ms, grace_ms, seconds_ms;
    double volatility;
    uint64_t serial, seed, first;
    int log_level, log_format;
};

#define OPTION(name_, letter_, kind_, metavar_, help_, at_, ...)                       \
    {                                                                                  \
        .name = name_, .letter = letter_, .kind = kind_, .metavar = metavar_,          \
        .help = help_, .at = offsetof(struct worker_options, at_), __VA_ARGS__         \
    }

static const struct opt option_table[] = {
    OPTION("threads", 'j', OPT_INT, "N", "that compute: usable cores (--serial: 1)",
           threads, .min = 1, .max = WORKER_THREADS_MAX, .letter_too = 't'),
    OPTION("name", 0, OPT_STRING, "S", "in status; %h is the host, %p pid, %r rank",
           name),
    OPTION("kernel", 0, OPT_CHOICE, KERNELS, "how trials are counted", kernel),
    OPTION("offer", 0, OPT_LIST, "NAME=COMMAND", NULL, offer, .separator = '\n'),
    OPTION("try", 0, OPT_STRING, "NAME=COMMAND", "a program that counts; test it", try,
           .group = 1, .no_variable = true),
    OPTION("join-file", 0, OPT_STRING, "F", NULL, join_file, .group = 2),
    OPTION("contact-file", 0, OPT_STRING, "F",
           "where the join string is; wait for this one", contact_file, .group = 2),
    OPTION("plaintext", 0, OPT_FLAG, NULL, "no TLS, for a picoord that has it so too",
           plaintext),
    OPTION("once", 0, OPT_FLAG, NULL, "leave when the connection ends", once),
    OPTION("exit-when-idle", 0, OPT_DURATION, "D", NULL, idle_ms, .min = 1),
    OPTION("lifetime", 0, OPT_DURATION, "D",
           "leave after so long without work; or at all", lifetime_ms, .min = 1),
    OPTION("grace", 0, OPT_DURATION, "D", "on SIGTERM compute on for at most so long",
           grace_ms),
    OPTION("nice", 0, OPT_INT, "N", NULL, nice, .max = 19),
    OPTION("volatility", 0, OPT_REAL, "P", "0 to 19; chance a minute of a sudden death",
           volatility, .low = 0, .high = 1),
    OPTION("doctor", 0, OPT_FLAG, NULL, "may this worker join, and if not, why", doctor,
           .group = 1, .no_variable = true),
    OPTION("serial", 0, OPT_TRIALS, "N", "count N trials here; no coordinator", serial,
           .group = 1, .no_variable = true),
    OPTION("seed", 0, OPT_NUMBER, "S", NULL, seed, .max = UINT64_MAX,
           .no_variable = true),
    OPTION("first", 0, OPT_NUMBER, "I", NULL, first, .max = KERNEL_TRIALS_MAX - 1,
           .no_variable = true),
    OPTION("arg", 0, OPT_STRING, "TEXT", "of --serial: which; of a program", arg,
           .no_variable = true),
    OPTION("bench", 0, OPT_FLAG, NULL, NULL, bench, .group = 1, .no_variable = true),
    OPTION("seconds", 0, OPT_DURATION, "D", "each kernel's trials/s here, in D",
           seconds_ms, .min = 1, .max = BENCH_MAX_MS, .no_variable = true),
    OPTION("json", 0, OPT_FLAG, NULL, "the answer of these as JSON", json),
    OPTION("log-level", 0, OPT_CHOICE, "error|warn|info|debug", NULL, log_level),
    OPTION("log-format", 0, OPT_CHOICE, "text|json", "on stderr", log_format),
    OPT_END,
};

static const char *const examples[] = {
    "piworker                       work for the picoord on this machine",
    "piworker --serial 1e9 --seed 42",
    NULL,
};

#define HOST_HINT "the coordinator stands alone: piworker HOST:PORT"

static const struct opt_elsewhere elsewhere[] = {
    {"coordinator", HOST_HINT},
    {"host", HOST_HINT},
    {"port", HOST_HINT},
    {"p", HOST_HINT},
    {"trials", "count here with --serial N"},
    {NULL, NULL},
};

static struct opt_command command = {
    .program = "piworker",
    .usage = "[HOST[:PORT]] [OPTION]...",
    .summary = "Computes trials for a picoord.",
    .examples = examples,
    .options = option_table,
    .elsewhere = elsewhere,
    .operand = "HOST[:PORT]",
    .max_operands = 1,
};

/* ---- options that exclude each other ---- */

enum { MODE_WORK = 1, MODE_SERIAL = 2, MODE_BENCH = 4, MODE_DOCTOR = 8, MODE_TRY = 16 };

static const struct {
    const char *name;
    int modes;
} option_modes[] = {
    {"name", MODE_WORK | MODE_DOCTOR},
    {"join-file", MODE_WORK | MODE_DOCTOR},
    {"contact-file", MODE_WORK | MODE_DOCTOR},
    {"plaintext", MODE_WORK | MODE_DOCTOR},
    {"once", MODE_WORK},
    {"exit-when-idle", MODE_WORK},
    {"lifetime", MODE_WORK},
    {"grace", MODE_WORK},
    {"volatility", MODE_WORK},
    {"seed", MODE_SERIAL},
    {"first", MODE_SERIAL},
    {"seconds", MODE_BENCH},
    {"json", MODE_SERIAL | MODE_BENCH | MODE_DOCTOR | MODE_TRY},
    {"offer", MODE_WORK | MODE_SERIAL | MODE_DOCTOR},
    {"arg", MODE_SERIAL},
    {"threads", MODE_WORK | MODE_SERIAL | MODE_DOCTOR},
};

/* 0, or an exit status after an error message. */
static int check_mode(const struct opt_values *values, int mode, int operands)
{
    const char *doing = mode == MODE_SERIAL   ? "with --serial"
                        : mode == MODE_BENCH  ? "with --bench"
                        : mode == MODE_DOCTOR ? "with --doctor"
                        : mode == MODE_TRY    ? "with --try"
                                              : "without --serial or --bench";
    for (size_t i = 0; i < ARRAY_SIZE(option_modes); i++)
        if (!(option_modes[i].modes & mode) &&
            opt_source(option_table, values, option_modes[i].name) == OPT_FROM_FLAG)
            return opt_usage_error(&command, NULL, "--%s means nothing %s",
                                   option_modes[i].name, doing);
    if (operands > 0 && !(mode & (MODE_WORK | MODE_DOCTOR)))
        return opt_usage_error(&command, NULL, "a host means nothing %s", doing);
    return 0;
}

/* ---- the parts of a worker ---- */

static void report_local(const char *what, int err)
{
    char why[FORMAT_MAX];
    fprintf(stderr, "piworker: %s: %s\n", what, format_error(why, sizeof(why), err));
}

static int choose_kernel(const struct worker_options *o, const struct kernel **ret)
{
    const char *name = kernel_names[o->kernel];
    char hint[200] = "available here: auto";
    size_t n;
    if (kernel_choose(name, ret) == 0)
        return 0;
    const struct kernel *const *list = kernel_list(&n);
    for (size_t i = 0; i < n; i++) {
        const struct kernel *k;
        size_t at = strlen(hint);
        if (kernel_choose(list[i]->name, &k) == 0)
            snprintf(hint + at, sizeof(hint) - at, ", %s", k->name);
    }
    return opt_usage_error(&command, hint, "this machine or build has no kernel '%s'",
                           name);
}

/* The hits in the test range, which Hello tells the coordinator. */
static uint64_t test_hits(const struct kernel *k)
{
    uint64_t hits = 0;
    int error = kernel_count(k, KERNEL_TEST_SEED, KERNEL_TEST_FIRST, KERNEL_TEST_COUNT,
                             KERNEL_TEST_COUNT, NULL, NULL, &hits);
    assert(error == 0); /* nothing cancels it */
    return hits;
}

static int choose_name(const struct worker_options *o, const struct opt_values *values,
                       char ret[NAME_BYTES + 1])
{
    char host[256] = "";
    bool changed;
    struct error why;
    if (gethostname(host, sizeof(host) - 1) < 0 || !host[0])
        strcpy(host, "worker");
    const char *subject =
        opt_source(option_table, values, "name") == OPT_FROM_ENV ? "PI_NAME" : "--name";
    if (name_make(subject, o->name, host, ret, &changed, &why) < 0)
        return opt_usage_error(&command, why.hint, "%s", why.what);
    if (changed)
        log_warn("the host's name is no worker's name as it is", log_str("host", host),
                 log_str("name", ret), log_str("hint", "--name S gives it another"));
    return 0;
}

/* Reports errors that waiting cannot cure before anything starts. */
static int choose_endpoint(const struct worker_options *o,
                           const struct opt_operands *operands,
                           struct endpoint_options *ret)
{
    struct endpoint endpoint;
    *ret = (struct endpoint_options){
        .address = operands->n ? operands->items[0] : NULL,
        .join_file = o->join_file,
        .contact_file = o->contact_file,
        .plaintext = o->plaintext,
        .role = ROLE_WORKER,
    };
    enum endpoint_outcome outcome = endpoint_find(ret, &endpoint);
    if (endpoint.warning.what[0])
        fprintf(stderr, "piworker: warning: %s\nhint: %s\n", endpoint.warning.what,
                endpoint.warning.hint);
    if (outcome != ENDPOINT_WRONG)
        return 0;
    fprintf(stderr, "piworker: %s\n", endpoint.why.what);
    if (endpoint.why.hint[0])
        fprintf(stderr, "hint: %s\n", endpoint.why.hint);
    return endpoint.status;
}

static uint32_t choose_threads(const struct worker_options *o)
{
    struct cpu_count cores = cpu_count_usable();
    unsigned threads = (unsigned)o->threads;
    char limit[48] = "cgroup limit none";
    if (threads == 0)
        threads = cores.usable < WORKER_THREADS_MAX ? cores.usable : WORKER_THREADS_MAX;
    if (cores.limit > 0)
        snprintf(limit, sizeof(limit), "cgroup limit %.1f", cores.limit);
    double times = (double)threads / cores.usable;
    if (times > 1)
        fprintf(stderr,
                "piworker: warning: %u threads on %u usable cores (%s); each lease "
                "will take about %.*f times as long\n"
                "hint: use -j %u\n",
                threads, cores.usable, limit, times < 10, times, cores.usable);
    return threads;
}

static int random_bytes(void *bytes, size_t n)
{
    if (getrandom(bytes, n, 0) == (ssize_t)n)
        return 0;
    report_local("no random numbers", -errno);
    return EXIT_LOCAL;
}

static int take_offers(const struct worker_options *o, const struct opt_values *values,
                       struct offers *ret)
{
    struct error why;
    const char *subject = opt_source(option_table, values, "offer") == OPT_FROM_ENV
                              ? "PI_OFFER"
                              : "--offer";
    if (offers_parse(subject, o->offer.items, o->offer.n, ret, &why) < 0)
        return opt_usage_error(&command, why.hint, "%s", why.what);
    return 0;
}

static void set_nice(const struct worker_options *o)
{
    if (o->nice > 0 && setpriority(PRIO_PROCESS, 0, o->nice) < 0)
        log_warn("the nice value stays as it is", log_str("why", uv_strerror(-errno)));
}

/* ---- the modes ---- */

/* The programs that have passed, as the agent offers them. */
static void fill_programs(const struct offers *offers, const struct self_test *tests,
                          struct agent_program *ret)
{
    for (size_t i = 0; i < offers->n; i++)
        ret[i] = (struct agent_program){.name = offers->items[i].name,
                                        .test = tests[i].test,
                                        .rate = tests[i].rate};
}

static int work_main(const struct worker_options *o, const struct opt_values *values,
                     const struct opt_operands *operands, const struct offers *offers)
{
    struct self_test tests[PROGRAMS_MAX];
    struct agent_program programs[PROGRAMS_MAX];
    char name[NAME_BYTES + 1];
    struct agent_loop_config config = {
        .agent = {.name = name,
                  .version = PI_VERSION,
                  .once = o->once,
                  .exit_when_idle_ms = o->idle_ms,
                  .grace_ms = o->grace_ms,
                  .volatility = o->volatility},
        .lifetime_ms = o->lifetime_ms,
        .offers = offers,
        .tests = tests,
    };
    int status = choose_kernel(o, &config.kernel);
    status = status ? status : choose_name(o, values, name);
    status = status ? status : choose_endpoint(o, operands, &config.endpoint);
    status = status ? status
                    : random_bytes(config.agent.secret, sizeof(config.agent.secret));
    status = status ? status
                    : random_bytes(config.agent.random, sizeof(config.agent.random));
    if (status)
        return status;
    config.agent.kernel = config.kernel->name;
    config.agent.test_hits = test_hits(config.kernel);
    config.agent.threads = choose_threads(o);
    if (o->doctor)
        return worker_doctor(&config.agent, &config.endpoint, o->json);
    set_nice(o);
    if (self_test_all("piworker", offers, tests))
        return EXIT_LOCAL;
    fill_programs(offers, tests, programs);
    config.agent.programs = programs;
    config.agent.n_programs = (uint32_t)offers->n;
    return agent_loop_run(&config);
}

/* The program that --serial counts by, if there is one; it has passed its self-test. */
static int choose_program(const struct worker_options *o, const struct offers *offers,
                          struct self_test *test, struct serial_options *ret)
{
    struct error why;
    ret->arg = o->arg ? o->arg : "";
    if (offers->n == 0 && o->arg)
        return opt_usage_error(&command, "add --offer NAME=COMMAND",
                               "--arg is for a program, and there is none");
    if (offers->n == 0)
        return 0;
    if (offers->n > 1)
        return opt_usage_error(&command, NULL,
                               "--serial counts by one program, not %zu", offers->n);
    if (offer_check_arg("--arg", ret->arg, &why) < 0)
        return opt_usage_error(&command, why.hint, "%s", why.what);
    ret->offer = &offers->items[0];
    ret->test = test;
    return 0;
}

static int serial_failed(const struct serial_options *serial, int error,
                         const struct program_failure *why)
{
    if (error == -ERANGE)
        return opt_usage_error(
            &command,
            serial->offer ? "trials of a program have the indices 0 to 2^46 - 1"
                          : "trials have the indices 0 to 2^62 - 1",
            "--first plus --serial is more than 2^%d", serial->offer ? 46 : 62);
    if (error == -EPROTO)
        program_report("piworker", serial->offer->name, why);
    else
        report_local("--serial failed", error);
    return EXIT_LOCAL;
}

static int serial_main(const struct worker_options *o, const struct opt_values *values,
                       const struct offers *offers)
{
    struct self_test tests[PROGRAMS_MAX];
    struct program_failure why;
    struct serial_options serial = {
        .seed = o->seed,
        .first = o->first,
        .trials = o->serial,
        .threads = (unsigned)o->threads,
        .json = o->json,
    };
    int status = choose_kernel(o, &serial.kernel);
    status = status ? status : choose_program(o, offers, tests, &serial);
    if (!status && opt_source(option_table, values, "seed") == OPT_UNSET)
        status = random_bytes(&serial.seed, sizeof(serial.seed));
    if (status)
        return status;
    set_nice(o);
    if (self_test_all("piworker", offers, tests))
        return EXIT_LOCAL;
    int error = serial_run(&serial, stdout, &why);
    return error ? serial_failed(&serial, error, &why) : 0;
}

static int try_main(const struct worker_options *o)
{
    struct program_offer offer;
    struct error why;
    if (offer_parse("--try", o->try, &offer, &why) < 0)
        return opt_usage_error(&command, why.hint, "%s", why.what);
    return try_run(&offer, o->json, stdout);
}

static int bench_main(const struct worker_options *o)
{
    struct bench_options bench = {.budget_ms = o->seconds_ms, .json = o->json};
    int status = choose_kernel(o, &bench.kernel);
    if (status)
        return status;
    set_nice(o);
    int error = bench_run(&bench, stdout);
    if (error)
        report_local("--bench failed", error);
    return error ? EXIT_LOCAL : 0;
}

static int run_mode(const struct worker_options *o, const struct opt_values *values,
                    const struct opt_operands *operands)
{
    struct offers offers;
    int mode = o->serial   ? MODE_SERIAL
               : o->bench  ? MODE_BENCH
               : o->doctor ? MODE_DOCTOR
               : o->try    ? MODE_TRY
                           : MODE_WORK;
    int status = check_mode(values, mode, operands->n);
    status = status ? status : take_offers(o, values, &offers);
    if (status)
        return status;
    log_set((enum log_level)o->log_level, (enum log_format)o->log_format);
    switch (mode) {
    case MODE_SERIAL:
        return serial_main(o, values, &offers);
    case MODE_BENCH:
        return bench_main(o);
    case MODE_TRY:
        return try_main(o);
    }
    return work_main(o, values, operands, &offers);
}

static int worker_main(int argc, char **argv)
{
    struct worker_options o = {.idle_ms = -1, .log_level = LOG_LEVEL_INFO};
    struct opt_values values = {.at = &o};
    struct opt_operands operands;
    static char versions[80]; /* borrowed by `command` */
    int status;
    snprintf(versions, sizeof(versions), "protocol %d, libuv %s, protobuf-c %s",
             PROTOCOL_MAX, uv_version_string(), protobuf_c_version());
    command.versions = versions;
    if (opt_parse(&command, argc, argv, &values, NULL, &operands, &status))
        status = run_mode(&o, &values, &operands);
    opt_list_release(&o.offer);
    return status;
}

int main(int argc, char **argv)
{
    standard_open();
    first_process_begin();
    signal(SIGPIPE, SIG_IGN);
    return standard_flush("piworker", worker_main(argc, argv));
}
