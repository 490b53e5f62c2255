// SPDX-License-Identifier: MIT
/*
 * `piworker --try`: whether a program keeps the rules of docs/PROGRAMS.md, and how fast
 * it is; and what is said about programs that do not, here and elsewhere in piworker.
 */
#ifndef WORKER_TRY_H
#define WORKER_TRY_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/base.h"

struct offer;
struct program_failure;
struct self_test;

/* Runs the self-test and prints what it has found to out.  Returns an exit status:
 * EXIT_NO after report_program() if the program fails. */
MUST_USE int try_run(const struct offer *offer, bool json, FILE *out);

/* Runs the self-test of each program, in order.  0, or EXIT_LOCAL after
 * report_program(). */
struct offers;
MUST_USE int try_all(const struct offers *offers, struct self_test *ret);

/* Tells on stderr why the program of this name does not count. */
void report_program(const char *name, const struct program_failure *why);

#endif
