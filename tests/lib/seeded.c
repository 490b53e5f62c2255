// SPDX-License-Identifier: MIT
#include "tests/lib/seeded.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

uint64_t seed_now;
unsigned step_now;

static void on_abort(int number)
{
    (void)number;
    fprintf(stderr, "seed %llu, step %u\n", (unsigned long long)seed_now, step_now);
}

struct rng seeded(uint64_t seed)
{
    uint64_t words[4] = {seed, seed, seed, seed};
    uint8_t bytes[32];
    struct rng r;
    memcpy(bytes, words, sizeof(bytes));
    rng_init(&r, bytes);
    signal(SIGABRT, on_abort);
    seed_now = seed;
    step_now = 0;
    return r;
}
