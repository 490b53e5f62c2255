// SPDX-License-Identifier: MIT
/*
 * What recomputing takes, of pi and of programs: by the speed that is seen of picoord's
 * own threads, within the share of a core that they may have.
 */
#ifndef SERVER_CORE_COST_H
#define SERVER_CORE_COST_H

#include "server/core/state.h"

void cost_init(struct coord *c);

/* Who recomputes what is of that program: threads of their own for pi and for all
 * others; how many they are, and the CPU time that they may take in a millisecond. */
enum desk cost_desk(const struct program *p);
uint32_t cost_threads(const struct coord *c, enum desk d);
int64_t cost_us_a_ms(const struct coord *c, enum desk d);

/* The time for so many of the ledger's trials, in microseconds. */
unsigned __int128 cost_us(const struct coord *c, const struct program *p,
                          unsigned __int128 trials);

/* So many have taken so long. */
void cost_learn(struct coord *c, struct program *p, uint64_t trials, uint64_t micros);

/* Trials yet to recompute, each program's as it counts them. */
uint64_t cost_trials(const struct coord *c);

/* CPU time that what is due of the worker takes, in ms. */
int64_t cost_debt_ms(const struct coord *c, const struct standing *s);

/* How long all that is due takes in ms, at the present speed and within the budget, and
 * who is the last to be through with it. */
int64_t cost_wait_ms(const struct coord *c, enum desk *ret_desk);

/* The budget, in percent of a core, and the most that would be of use. */
uint32_t cost_percent(const struct coord *c, enum desk d);
uint32_t cost_percent_most(const struct coord *c, enum desk d);

#endif
