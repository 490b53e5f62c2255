// SPDX-License-Identifier: MIT
/*
 * How the subcommands put things for people: states with a sign and a colour beside the
 * word, and cells that several tables have.  Reads the environment through common/term.
 */
#ifndef CTL_LIB_PRINT_H
#define CTL_LIB_PRINT_H

#include "common/wire/msg.h"
#include "ctl/lib/table.h"

/* A cell with the state's word, a sign before it, in its colour. */
void print_job_state(struct ctl_table *t, enum job_state state);
void print_worker_state(struct ctl_table *t, enum worker_state state);

/* Numbers as "125.8 G" and "4.12 G/s"; pi with the decimals that its interval settles,
 * "n/a" where it is not known. */
void print_count(struct ctl_table *t, uint64_t count);
void print_rate(struct ctl_table *t, double rate);
void print_pi(struct ctl_table *t, double pi, double ci_low, double ci_high);

/* On stdout, with colour if that is welcome there; then releases it. */
void print_table(struct ctl_table *t);

#endif
