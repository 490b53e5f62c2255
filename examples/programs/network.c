// SPDX-License-Identifier: MIT
/*
 * Reliability: each cable of a network works by a chance; are node 0 and the highest
 * connected?  --arg '0.9 0-1 0-2 1-2 1-3 2-3', the default, is a bridge:
 * 2p^2 + 2p^3 - 5p^4 + 2p^5 = 0.97848.
 */
#include <stdlib.h>

#include "picoord_program.h"

enum { NODES = 64 };

static uint64_t trial(struct chance *chance, const char *arg)
{
    int root[NODES], goal = 0; /* which nodes are connected have the same */
    char *next;
    double works = strtod(*arg ? arg : "0.9 0-1 0-2 1-2 1-3 2-3", &next);

    for (int i = 0; i < NODES; i++)
        root[i] = i;
    for (unsigned a, b, n; sscanf(next, "%u-%u%n", &a, &b, &n) == 2; next += n) {
        int from, to;

        if (a >= NODES || b >= NODES)
            abort();
        goal = (int)a > goal ? (int)a : goal;
        goal = (int)b > goal ? (int)b : goal;
        from = root[a], to = root[b];
        if (chance_word(chance) < works * 0x1p32)
            for (int i = 0; i < NODES; i++)
                root[i] = root[i] == from ? to : root[i];
    }
    return root[0] == root[goal];
}

int main(void)
{
    return program_answer(trial);
}
