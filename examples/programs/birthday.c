// SPDX-License-Identifier: MIT
/*
 * Do two of so many people (--arg, or 23) have the same birthday?  0.507297 of 23.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "picoord_program.h"

static uint64_t trial(struct chance *chance, const char *arg)
{
    bool taken[365] = {false};

    for (int people = *arg ? atoi(arg) : 23; people > 0; people--) {
        bool *day = &taken[chance_below(chance, 365)];

        if (*day)
            return 1;
        *day = true;
    }
    return 0;
}

int main(void)
{
    return program_answer(trial);
}
