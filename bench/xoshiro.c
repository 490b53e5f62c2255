// SPDX-License-Identifier: MIT
/*
 * Simple fast C, to compare with: xoshiro256+ (Blackman, Vigna) in one loop, two
 * doubles per trial, built with -O3 -march=native.  One of the programs of
 * bench/kernel.
 *
 *   xoshiro SECONDS      prints trials/s
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct xoshiro {
    uint64_t s[4];
};

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline uint64_t next(struct xoshiro *x)
{
    uint64_t result = x->s[0] + x->s[3], t = x->s[1] << 17;
    x->s[2] ^= x->s[0];
    x->s[3] ^= x->s[1];
    x->s[1] ^= x->s[2];
    x->s[0] ^= x->s[3];
    x->s[2] ^= t;
    x->s[3] = rotate(x->s[3], 45);
    return result;
}

static inline double uniform(struct xoshiro *x)
{
    return (double)(next(x) >> 11) * 0x1p-53;
}

static uint64_t count_hits(struct xoshiro *x, uint64_t trials)
{
    uint64_t hits = 0;
    for (uint64_t i = 0; i < trials; i++) {
        double a = uniform(x), b = uniform(x);
        hits += a * a + b * b < 1;
    }
    return hits;
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    enum { BATCH = 1 << 22 };
    double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;
    struct xoshiro x = {
        {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 1}};
    if (!(seconds > 0 && seconds < 1000)) {
        fprintf(stderr, "usage: xoshiro SECONDS\n");
        return 2;
    }
    uint64_t trials = 0, hits = 0;
    double start = cpu_seconds(), now;
    do {
        hits += count_hits(&x, BATCH);
        trials += BATCH;
        now = cpu_seconds();
    } while (now < start + seconds);
    /* The comparison is fair only if this computes pi. */
    double pi = 4 * (double)hits / (double)trials;
    if (pi < 3.13 || pi > 3.15)
        return 1;
    printf("%.0f\n", (double)trials / (now - start));
    return 0;
}
