// SPDX-License-Identifier: MIT
/*
 * The parameters of a request: which entries of a list, how many ticks of the events.
 * What an address of the API does not take is refused, so that nobody gets all who has
 * asked for some.
 */
#ifndef SERVER_VIEW_FILTER_H
#define SERVER_VIEW_FILTER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

enum { FILTER_WHY_BYTES = 200, FILTER_HZ = 4, FILTER_HZ_MAX = 20 };

struct filter {
    uint32_t states;            /* of jobs or workers: bit 1 << state; 0: any */
    unsigned hz;                /* ticks a second */
    char why[FILTER_WHY_BYTES]; /* why it is refused; "": it is not */
};

/* Reads the parameters of a request for that path; others than those of the API take
 * whatever comes. */
void filter_read(struct MHD_Connection *m, const char *path, struct filter *ret);

/* Whether an entry in that state is asked for. */
static inline bool filter_has(uint32_t states, int state)
{
    return states == 0 || states >> state & 1;
}

#endif
