// SPDX-License-Identifier: MIT
/*
 * Table cells that several subcommands share: states as a word with a sign and a
 * colour, counts, rates, pi.  Reads the environment through common/cli/term.h.
 */
#ifndef CTL_LIB_PRINT_H
#define CTL_LIB_PRINT_H

#include "common/wire/msg.h"
#include "ctl/lib/table.h"

/* Appends a cell with a sign and the state's name, in its colour. */
/* With a question mark where its answer is in doubt. */
void print_job_state(struct ctl_table *t, const struct job_view *j);
void print_worker_state(struct ctl_table *t, enum worker_state state);

/* Append cells: "125.8 G"; "4.12 G/s"; pi with as many decimals as its interval
 * justifies, or "n/a" if it is unknown. */
void print_count(struct ctl_table *t, uint64_t count);
void print_rate(struct ctl_table *t, double rate);
void print_pi(struct ctl_table *t, double pi, double ci_low, double ci_high);

/* Prints the table on stdout, in colour if that is enabled, as narrow as a terminal
 * needs it, and releases it. */
void print_table(struct ctl_table *t);

#endif
