// SPDX-License-Identifier: MIT
/*
 * A program that counts hits, in C: you write one trial, the rest is here.
 *
 *     #include "picoord_program.h"
 *
 *     static uint64_t trial(struct chance *chance, const char *arg)
 *     {
 *         return chance_below(chance, 6) == chance_below(chance, 6);
 *     }
 *
 *     int main(void)
 *     {
 *         return program_answer(trial);
 *     }
 *
 * A trial returns 0 or 1 (a score: 0 to 65536) and draws all its chance from what it is
 * given, which depends on the seed and on the number of the trial alone, and is the
 * same on every machine.  arg is the job's text, or "".  docs/PROGRAMS.md is the
 * manual.
 */
#ifndef PICOORD_PROGRAM_H
#define PICOORD_PROGRAM_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Philox4x32-10, key seed: words 4k to 4k + 3 of a trial, of which it may take 2^32,
 * are those of counter (trial, k, 2). */
struct chance {
    uint64_t seed, trial;
    uint32_t taken, words[4];
};

static inline void chance_fill(struct chance *c)
{
    uint32_t x[4] = {(uint32_t)c->trial, (uint32_t)(c->trial >> 32), c->taken / 4, 2};
    uint32_t k0 = (uint32_t)c->seed, k1 = (uint32_t)(c->seed >> 32);

    for (int i = 0; i < 10; i++, k0 += 0x9e3779b9, k1 += 0xbb67ae85) {
        uint64_t a = (uint64_t)x[0] * 0xd2511f53, b = (uint64_t)x[2] * 0xcd9e8d57;

        x[0] = (uint32_t)(b >> 32) ^ x[1] ^ k0;
        x[1] = (uint32_t)b;
        x[2] = (uint32_t)(a >> 32) ^ x[3] ^ k1;
        x[3] = (uint32_t)a;
    }
    memcpy(c->words, x, sizeof x);
}

/* 32 random bits. */
static inline uint32_t chance_word(struct chance *c)
{
    if (c->taken % 4 == 0)
        chance_fill(c);
    return c->words[c->taken++ % 4];
}

/* One of 0 .. n - 1; each by a chance that is right to n parts of 2^32. */
static inline uint32_t chance_below(struct chance *c, uint32_t n)
{
    return (uint32_t)((uint64_t)chance_word(c) * n >> 32);
}

/* A multiple of 2^-53 in [0, 1). */
static inline double chance_unit(struct chance *c)
{
    uint64_t high = chance_word(c);

    return (double)(high << 21 | chance_word(c) >> 11) * 0x1p-53;
}

/* Answers requests until there are no more; the exit status. */
static inline int program_answer(uint64_t (*trial)(struct chance *, const char *arg))
{
    char line[512];

    while (fgets(line, sizeof line, stdin)) {
        uint64_t seed, first, count, hits = 0;
        int end = 0;

        line[strcspn(line, "\r\n")] = '\0';
        if (sscanf(line, "count %" SCNu64 " %" SCNu64 " %" SCNu64 "%n", &seed, &first,
                   &count, &end) != 3 ||
            (line[end] && line[end] != ' ')) {
            fprintf(stderr, "no request: %s\n", line);
            return 1;
        }
        const char *arg = line + end + (line[end] == ' ');
        for (uint64_t i = first; i < first + count; i++)
            hits += trial(&(struct chance){.seed = seed, .trial = i}, arg);
        printf("%" PRIu64 " %" PRIu64 "\n", first, hits);
        fflush(stdout);
    }
    return 0;
}

#endif
