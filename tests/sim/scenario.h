// SPDX-License-Identifier: MIT
/*
 * Small scripted worlds without randomness, whose whole traces are compared with
 * tests/sim/traces/NAME.txt: a lease expires, a result comes late, a coordinator
 * restarts, and so on.
 */
#ifndef TESTS_SIM_SCENARIO_H
#define TESTS_SIM_SCENARIO_H

#include <stdbool.h>

struct world;

/* Runs all of them, or the named one.  update: writes the trace files instead.  0, or 1
 * if a trace differs or there is no such scenario. */
int scenarios_run(struct world *w, const char *name, bool update);

#endif
