// SPDX-License-Identifier: MIT
/*
 * A program of docs/PROGRAMS.md in C, and what it costs to ask one.
 *
 *     program               answers requests: trials hit if a word of Philox is even
 *     program loop N        counts N trials in a plain loop: seconds, seconds of
 * processor program call COMMAND  microseconds a request of one trial, the median of
 * 2,000, and of 64 that are asked at once, each
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/lib/child.h"
#include "common/kernel/philox.h"
#include "common/program/program.h"

enum { CALLS = 2000, AT_ONCE = 64 };

static uint64_t count_trials(uint64_t seed, uint64_t first, uint64_t count)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint64_t hits = 0;
    for (uint64_t i = first; i < first + count; i++) {
        uint32_t words[4] = {(uint32_t)i, (uint32_t)(i >> 32), 0, 0};
        philox4x32_10(words, key, words);
        hits += words[0] % 2 == 0;
    }
    return hits;
}

static int answer(void)
{
    char line[600];
    uint64_t seed, first, count;
    while (fgets(line, sizeof(line), stdin)) {
        if (sscanf(line, "count %" SCNu64 " %" SCNu64 " %" SCNu64, &seed, &first,
                   &count) != 3)
            return 1;
        printf("%" PRIu64 " %" PRIu64 "\n", first, count_trials(seed, first, count));
        fflush(stdout);
    }
    return 0;
}

static int loop(uint64_t trials)
{
    double begun = seconds_of(CLOCK_MONOTONIC);
    uint64_t hits = count_trials(42, 0, trials);
    printf("%.3f %" PRIu64 "\n", seconds_of(CLOCK_MONOTONIC) - begun, hits);
    return 0;
}

/* Seconds of one call of n trials in n pieces. */
static double ask(struct counter *p, uint64_t n)
{
    const struct program_call call = {.seed = 42, .arg = "", .cancel_fd = -1};
    struct program_failure why;
    uint64_t hits;
    double begun = seconds_of(CLOCK_MONOTONIC);
    if (program_count(p, &call, 0, n, 1, NULL, &hits, &why) < 0) {
        fprintf(stderr, "the program %s\n", why.why);
        exit(1);
    }
    return seconds_of(CLOCK_MONOTONIC) - begun;
}

static int call(const char *command)
{
    static double one[CALLS], many[CALLS / AT_ONCE];
    struct counter *p =
        program_new(&(struct program_config){.name = "x", .command = command});
    signal(SIGPIPE, SIG_IGN);
    double start = ask(p, 1);
    for (size_t i = 0; i < ARRAY_SIZE(one); i++)
        one[i] = ask(p, 1);
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = ask(p, AT_ONCE) / AT_ONCE;
    printf("%.1f %.1f %.1f\n", 1e3 * start, 1e6 * median(one, ARRAY_SIZE(one)),
           1e6 * median(many, ARRAY_SIZE(many)));
    program_free(p);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 1)
        return answer();
    if (argc == 3 && strcmp(argv[1], "loop") == 0)
        return loop(strtoull(argv[2], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "call") == 0)
        return call(argv[2]);
    fprintf(stderr, "usage: program [loop N | call COMMAND]\n");
    return 2;
}
