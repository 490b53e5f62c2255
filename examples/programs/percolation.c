// SPDX-License-Identifier: MIT
/*
 * Does water run from the top to the bottom of 64 by 64 sites, of which a part is open
 * (--arg, or the threshold)?  A half of large lattices at the threshold, 0.592746.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "picoord_program.h"

enum { SIDE = 64, ROW = SIDE + 2 }; /* with a wall around it */

static bool flows(bool open[ROW * ROW], int at)
{
    if (!open[at])
        return false;
    open[at] = false; /* seen */
    return at / ROW == SIDE || flows(open, at + ROW) || flows(open, at - 1) ||
           flows(open, at + 1) || flows(open, at - ROW);
}

static uint64_t trial(struct chance *chance, const char *arg)
{
    bool open[ROW * ROW] = {false};
    double part = *arg ? atof(arg) : 0.592746;

    for (int y = 1; y <= SIDE; y++)
        for (int x = 1; x <= SIDE; x++)
            open[y * ROW + x] = chance_word(chance) < part * 0x1p32;
    for (int x = 1; x <= SIDE; x++)
        if (flows(open, ROW + x))
            return 1;
    return 0;
}

int main(void)
{
    return program_answer(trial);
}
