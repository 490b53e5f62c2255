// SPDX-License-Identifier: MIT
/*
 * simulate: runs seeded worlds and named scenarios.
 *
 * simulate --seeds FROM:COUNT [--twice] [--minutes M]  a campaign; stops at the first
 *                                                      failure
 * simulate --seeds FROM:COUNT --hashes                 "SEED HASH", a line a world
 * simulate --seed N [--trace]                          one world; --trace shows all
 * simulate --scenarios | --scenario NAME [--update]    golden traces, tests/sim/traces/
 * simulate --lies RUNS | --late RUNS                   campaigns of their own
 *
 * A campaign formats no trace.  If a check fails or the core asserts, the same seed
 * runs again, and the last lines of its trace are shown.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/late.h"
#include "tests/sim/lies.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world.h"

enum { WATCHDOG_S = 10 /* CPU seconds for one world */ };

static struct {
    const char *self;
    uint64_t from, count;
    bool twice, trace, tail, scenarios, update, hashes, help;
    uint64_t lies, late;
    const char *scenario;
    double minutes;
} options = {.from = 1, .count = 300};

static struct world world;
static uint64_t seed_now;

/* ---- failure ---- */

/* Runs the failed seed again and keeps its trace. */
static void run_again(void)
{
    char number[32];
    sigset_t none;
    snprintf(number, sizeof(number), "%llu", (unsigned long long)seed_now);
    fflush(stdout);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl("/proc/self/exe", options.self, "--seed", number, "--tail", (char *)NULL);
}

__attribute__((noreturn)) static void give_up(const char *what)
{
    if (!options.trace && !options.tail && !world.plan.scripted)
        run_again();
    fflush(stdout);
    fprintf(stderr, "seed %llu: %s\n  at %.3f s of virtual time\n",
            (unsigned long long)seed_now, what, (double)world.now_us / SECOND_US);
    trace_flush(&world);
    fprintf(stderr, "replay: %s --seed %llu --trace\n", options.self,
            (unsigned long long)seed_now);
    _exit(1);
}

void world_fail(struct world *w, const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    (void)w;
    give_up(what);
}

static void on_signal(int number)
{
    if (number == SIGVTALRM)
        give_up("a world does not come to its end: a loop in the core?");
    give_up(number == SIGABRT ? "an assertion in the core (above)"
                              : "a crash in the core");
}

static void on_sanitizer(void)
{
    fprintf(stderr,
            "seed %llu: found by the sanitizer\nreplay: %s --seed %llu --trace\n",
            (unsigned long long)seed_now, options.self, (unsigned long long)seed_now);
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void catch_signals(void)
{
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(on_sanitizer);
    signal(SIGABRT, on_signal);
    signal(SIGVTALRM, on_signal);
    if (!__sanitizer_set_death_callback)
        signal(SIGSEGV, on_signal);
}

/* ---- campaigns ---- */

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static uint64_t run_seed(uint64_t seed, struct stats *sum)
{
    struct itimerval watchdog = {.it_value.tv_sec = WATCHDOG_S};
    struct plan plan;
    seed_now = seed;
    setitimer(ITIMER_VIRTUAL, &watchdog, NULL);
    plan_draw(&plan, seed);
    world.trace = (struct trace){.detail = options.trace,
                                 .people = options.trace || options.tail,
                                 .print = options.trace};
    world_init(&world, &plan);
    world_run(&world);
    uint64_t hash = world.hash;
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)&world.stats;
    for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
        to[i] += from[i];
    world_release(&world);
    return hash;
}

static void print_summary(uint64_t seeds, const struct stats *s, double cpu_s)
{
    typedef unsigned long long ull;
    printf(
        "%llu seeds, %.1f virtual hours, %llu events in %.1f s of CPU: %.0f seeds and "
        "%.0f hours a CPU-minute\n",
        (ull)seeds, (double)s->virtual_us / SECOND_US / 3600, (ull)s->events, cpu_s,
        (double)seeds * 60 / cpu_s,
        (double)s->virtual_us / SECOND_US / 3600 * 60 / cpu_s);
    printf("  frames %llu, bytes %llu, resets %llu, worker crashes %llu, coordinator "
           "crashes %llu, stops %llu, freezes %llu\n",
           (ull)s->frames, (ull)s->bytes, (ull)s->resets, (ull)s->worker_crashes,
           (ull)s->restarts, (ull)s->stops, (ull)s->freezes);
    printf("  commits %llu, disk full %llu, counted %llu, covered %llu, dropped %llu, "
           "stale %llu, resent frames %llu\n",
           (ull)s->commits, (ull)s->full, (ull)s->counted, (ull)s->covered,
           (ull)s->dropped, (ull)s->stale, (ull)s->resent);
    printf(
        "  expired %llu, leased twice %llu, recomputed %llu, lent %llu, banned %llu, "
        "refused %llu, jobs shown %llu, questions put off %llu, tokens rotated "
        "%llu, jobs removed %llu\n",
        (ull)s->expired, (ull)s->speculated, (ull)s->recomputes, (ull)s->lent,
        (ull)s->bans, (ull)s->refusals, (ull)s->shown, (ull)s->put_off,
        (ull)s->rotations, (ull)s->removed);
}

static int run_campaign(void)
{
    struct stats sum = {0};
    double begun = cpu_seconds();
    uint64_t n = 0;
    for (; n < options.count || options.minutes > 0; n++) {
        if (options.minutes > 0 && cpu_seconds() - begun > options.minutes * 60)
            break;
        uint64_t hash = run_seed(options.from + n, &sum);
        struct stats again = {0};
        if (options.twice && run_seed(options.from + n, &again) != hash) {
            fprintf(stderr,
                    "seed %llu does not replay: the world depends on something "
                    "else\n",
                    (unsigned long long)seed_now);
            return 1;
        }
        if (options.hashes)
            printf("%llu %016llx\n", (unsigned long long)seed_now,
                   (unsigned long long)hash);
        else if (options.count == 1)
            printf("seed %llu hash %016llx events %llu virtual %.3f s\n",
                   (unsigned long long)seed_now, (unsigned long long)hash,
                   (unsigned long long)sum.events, (double)sum.virtual_us / SECOND_US);
    }
    if (!options.hashes)
        print_summary(n, &sum, cpu_seconds() - begun);
    return 0;
}

/* ---- options ---- */

static void usage(FILE *out)
{
    fputs("usage: simulate [--seeds FROM:COUNT | --seed N] [--minutes M] [--twice]\n"
          "                [--hashes | --trace]\n"
          "       simulate --scenarios | --scenario NAME [--update]\n"
          "       simulate --lies RUNS | --late RUNS\n"
          "\n"
          "  --seeds FROM:COUNT  these worlds (1:300); stops at the first failure\n"
          "  --seed N            this one\n"
          "  --minutes M         until so much CPU time is over\n"
          "  --twice             each world twice: it must replay byte for byte\n"
          "  --hashes            prints \"SEED HASH\" for each world and nothing else; "
          "the\n"
          "                      hash covers every effect and record of it\n"
          "  --trace             prints every step\n"
          "  --scenarios         the golden traces; --scenario NAME: one of them\n"
          "  --update            writes the trace anew\n"
          "  --lies RUNS         fourteen ways to lie, beside the bound of "
          "docs/SECURITY.md\n"
          "  --late RUNS         jobs with workers that are starved, stopped, or lie "
          "about\n"
          "                      their rate: how late they end\n",
          out);
}

static bool parse_seeds(const char *text)
{
    char *end;
    options.from = strtoull(text, &end, 10);
    if (end == text || *end != ':')
        return false;
    options.count = strtoull(end + 1, &end, 10);
    return *end == 0 && options.count > 0;
}

static bool parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        bool flag = true;
        if (!strcmp(name, "--twice"))
            options.twice = true;
        else if (!strcmp(name, "--trace"))
            options.trace = true;
        else if (!strcmp(name, "--tail"))
            options.tail = true;
        else if (!strcmp(name, "--hashes"))
            options.hashes = true;
        else if (!strcmp(name, "--help"))
            options.help = true;
        else if (!strcmp(name, "--update"))
            options.update = true;
        else if (!strcmp(name, "--scenarios"))
            options.scenarios = true;
        else
            flag = false;
        if (flag)
            continue;
        i++;
        if (!strcmp(name, "--lies")) {
            options.lies = strtoull(value, NULL, 10);
        } else if (!strcmp(name, "--late")) {
            options.late = strtoull(value, NULL, 10);
        } else if (!strcmp(name, "--seed")) {
            options.from = strtoull(value, NULL, 10);
            options.count = 1;
        } else if (!strcmp(name, "--minutes")) {
            options.minutes = strtod(value, NULL);
        } else if (!strcmp(name, "--scenario")) {
            options.scenario = value;
        } else if (strcmp(name, "--seeds") != 0 || !parse_seeds(value)) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    options.self = argv[0];
    if (!parse(argc, argv)) {
        usage(stderr);
        return 2;
    }
    if (options.help) {
        usage(stdout);
        return 0;
    }
    if (options.lies)
        return lies_table(options.lies);
    if (options.late)
        return late_run(options.late);
    catch_signals();
    if (options.scenarios || options.scenario)
        return scenarios_run(&world, options.scenario, options.update);
    return run_campaign();
}
