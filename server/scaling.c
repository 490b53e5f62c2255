// SPDX-License-Identifier: MIT
#include "server/scaling.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/sys/hash.h"
#include "server/spawn.h"
#include "server/startup_error.h"

enum { RUNS_MAX = 12, ANSWER_BYTES = 4096 };

static_assert(1 << (RUNS_MAX - 2) >= OPTIONS_SPAWN_MAX, "1, 2, 4 .. and P");

struct one_run {
    int threads;
    uint64_t hits;
    double pi, seconds, rate, speed_up, efficiency;
};

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static volatile pid_t child;
static volatile sig_atomic_t told; /* the signal that has ended it; 0: none */

static void on_signal(int signum)
{
    told = signum;
    if (child > 0)
        kill(child, signum);
}

/* The whole number of this member of picoord's answer. */
static uint64_t member(const char *answer, const char *name)
{
    char key[32];
    snprintf(key, sizeof(key), "\"%s\":\"", name);
    const char *at = strstr(answer, key);
    return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static double member_real(const char *answer, const char *name)
{
    char key[32];
    snprintf(key, sizeof(key), "\"%s\":", name);
    const char *at = strstr(answer, key);
    return at ? strtod(at + strlen(key), NULL) : 0;
}

/* The arguments, which end with NULL, and those of the program; of a child that execs.
 */
static char **add_program(const struct server_options *o, char *const args[], size_t n)
{
    char **ret = mem_zero(n + 4 + 2 * o->offer.n, sizeof(*ret));
    memcpy(ret, args, (n - 1) * sizeof(*ret));
    char **at = ret + n - 1;
    *at++ = "--program";
    *at++ = (char *)o->program;
    if (o->arg) {
        *at++ = "--arg";
        *at++ = (char *)o->arg;
    }
    for (size_t i = 0; i < o->offer.n; i++) {
        *at++ = "--offer";
        *at++ = (char *)o->offer.items[i];
    }
    return ret;
}

/* In the child, which a signal ends before there is a picoord to take it. */
_Noreturn static void become_picoord(const struct server_options *o, uint64_t seed,
                                     int threads, int out)
{
    char file[PATH_MAX], trials[24], seeded[24], spawn[12];
    size_t bytes = sizeof(file);
    snprintf(trials, sizeof(trials), "%" PRIu64, o->trials);
    snprintf(seeded, sizeof(seeded), "%" PRIu64, seed);
    snprintf(spawn, sizeof(spawn), "%d", threads);
    char *own[] = {"picoord",     "--ephemeral", "--listen", "127.0.0.1:0",
                   "--trials",    trials,        "--seed",   seeded,
                   "--spawn",     spawn,         "--json",   "--exit-when-done",
                   "--log-level", "warn",        NULL};
    char **args = own;
    if (o->program)
        args = add_program(o, own, ARRAY_SIZE(own));
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        signal(signals[i], SIG_DFL);
    if (told)
        _exit(EXIT_TIMEOUT);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* it does not outlive this process */
    if (uv_exepath(file, &bytes) == 0 && dup2(out, STDOUT_FILENO) >= 0)
        execve(file, args, spawn_environment(NULL));
    dprintf(STDERR_FILENO, "picoord: cannot start itself again: %s\n", strerror(errno));
    _exit(EXIT_LOCAL);
}

/* Reads until the end; what does not fit is no answer of picoord's. */
static void read_all(int in, char answer[ANSWER_BYTES])
{
    size_t n = 0;
    ssize_t more;
    while ((more = read(in, answer + n, ANSWER_BYTES - 1 - n)) > 0 ||
           (more < 0 && errno == EINTR))
        n += more > 0 ? (size_t)more : 0;
    answer[n] = '\0';
}

/* Runs the job once.  0, or the exit status after an error message. */
static int run_once(const struct server_options *o, uint64_t seed, struct one_run *run)
{
    char answer[ANSWER_BYTES];
    int ends[2], status;
    fflush(stdout);
    if (pipe(ends) < 0)
        return startup_error("start", "picoord", -errno, NULL);
    child = fork();
    if (child < 0)
        return startup_error("start", "picoord", -errno, NULL);
    if (child == 0)
        become_picoord(o, seed, run->threads, ends[1]);
    if (told) /* just before there was a child to tell */
        kill(child, told);
    close(ends[1]);
    read_all(ends[0], answer);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    child = 0;
    if (told)
        return EXIT_TIMEOUT;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_LOCAL;
    run->hits = member(answer, "hits");
    run->pi = member_real(answer, "pi");
    run->seconds = (double)member(answer, "elapsed_ms") / 1000;
    if (run->seconds <= 0)
        run->seconds = 0.001; /* shorter than its clock can tell */
    run->rate = (double)o->trials / run->seconds;
    return 0;
}

static void print_row(const struct one_run *r)
{
    char rate[FORMAT_MAX];
    printf("%7d  %9.3f  %14s  %8.2f  %8.0f %%\n", r->threads, r->seconds,
           format_rate(rate, sizeof(rate), r->rate), r->speed_up, 100 * r->efficiency);
    fflush(stdout);
}

static void print_json(const struct server_options *o, uint64_t seed,
                       const struct one_run *runs, size_t n)
{
    struct json_writer w = json_to_stream(stdout);
    json_begin_object(&w, NULL);
    json_put_u64(&w, "trials", o->trials);
    json_put_u64(&w, "seed", seed);
    json_put_u64(&w, "hits", runs[0].hits);
    json_put_double(&w, "pi", runs[0].pi);
    json_begin_array(&w, "runs");
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&w, NULL);
        json_put_number(&w, "threads", "%d", runs[i].threads);
        json_put_double(&w, "seconds", runs[i].seconds);
        json_put_double(&w, "rate", runs[i].rate);
        json_put_double(&w, "speed_up", runs[i].speed_up);
        json_put_double(&w, "efficiency", runs[i].efficiency);
        json_end(&w);
    }
    json_end(&w);
    json_end_line(&w);
}

static int run_all(const struct server_options *o, uint64_t seed, struct one_run *runs,
                   size_t n)
{
    if (!o->json)
        printf("threads    seconds        trials/s  speed-up  efficiency\n");
    for (size_t i = 0; i < n; i++) {
        struct one_run *r = &runs[i];
        int status = run_once(o, seed, r);
        if (status)
            return status;
        r->speed_up = runs[0].seconds / r->seconds;
        r->efficiency = r->speed_up / r->threads;
        if (!o->json)
            print_row(r);
        if (r->hits != runs[0].hits) {
            fprintf(stderr,
                    "picoord: %d threads count %" PRIu64 " hits, one %" PRIu64 "\n",
                    r->threads, r->hits, runs[0].hits);
            return EXIT_NO;
        }
    }
    return 0;
}

int scaling_run(const struct server_options *o)
{
    struct one_run runs[RUNS_MAX] = {{0}};
    size_t n = 0;
    uint64_t seed = o->seed;
    for (int threads = 1; threads < o->scaling; threads *= 2)
        runs[n++].threads = threads;
    runs[n++].threads = o->scaling;
    if (!o->seed_given)
        hash_random(&seed, sizeof(seed));
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &(struct sigaction){.sa_handler = on_signal}, NULL);
    int status = run_all(o, seed, runs, n);
    if (status)
        return status;
    if (o->json)
        print_json(o, seed, runs, n);
    else
        printf("%" PRIu64 " hits of %" PRIu64
               " trials each time, %s %.9f, seed %" PRIu64 "\n",
               runs[0].hits, o->trials, o->program ? "p" : "pi", runs[0].pi, seed);
    return 0;
}
