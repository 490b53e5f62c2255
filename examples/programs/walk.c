// SPDX-License-Identifier: MIT
/*
 * Polya: does a random walk on the grid of three dimensions come back to where it
 * began, within 1,000 steps (--arg)?  0.331466; of walks without an end 0.340537.
 */
#include <stdlib.h>

#include "picoord_program.h"

static uint64_t trial(struct chance *chance, const char *arg)
{
    int at[3] = {0};

    for (int steps = *arg ? atoi(arg) : 1000; steps > 0; steps--) {
        uint32_t direction = chance_below(chance, 6);

        at[direction / 2] += direction % 2 ? 1 : -1;
        if (!at[0] && !at[1] && !at[2])
            return 1;
    }
    return 0;
}

int main(void)
{
    return program_answer(trial);
}
