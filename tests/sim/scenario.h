// SPDX-License-Identifier: MIT
/*
 * Small scripted worlds without chance, whose whole traces are compared with
 * tests/sim/traces/NAME.txt: what happens, in the words of a trace, when a lease
 * expires, a result comes late, a coordinator restarts.
 */
#ifndef TESTS_SIM_SCENARIO_H
#define TESTS_SIM_SCENARIO_H

#include <stdbool.h>

struct world;

/* All of them, or the one of that name.  update: writes the files instead.  0, or 1
 * where a trace differs or there is no such scenario. */
int scenarios_run(struct world *w, const char *name, bool update);

#endif
