// SPDX-License-Identifier: MIT
/*
 * `piworker --try`: whether a program keeps the rules of docs/PROGRAMS.md, and how fast
 * it is.
 */
#ifndef WORKER_TRY_H
#define WORKER_TRY_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/base.h"

struct program_offer;

/* Runs the self-test and prints what it has found to out.  Returns an exit status:
 * EXIT_NO after program_report() if the program fails. */
MUST_USE int try_run(const struct program_offer *offer, bool json, FILE *out);

#endif
