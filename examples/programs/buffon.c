// SPDX-License-Identifier: MIT
/*
 * Buffon's needle: as long as the boards are wide, does it lie across a gap?
 * 2 / pi = 0.636620.  Whole numbers alone: every machine counts the same.
 */
#include "picoord_program.h"

static uint64_t trial(struct chance *chance, const char *arg)
{
    uint64_t u, v;
    uint64_t centre = chance_word(chance) >> 2; /* 2^30: from a gap to mid-board */

    (void)arg;
    do { /* a direction: a point of the quarter disc */
        u = chance_word(chance) >> 2;
        v = chance_word(chance) >> 2;
    } while (u * u + v * v >= 1ull << 60 || u + v == 0);
    /* It reaches v / sqrt(u^2 + v^2) of half a board to each side. */
    return (unsigned __int128)centre * centre * (u * u + v * v) <
           (unsigned __int128)v * v << 60;
}

int main(void)
{
    return program_answer(trial);
}
