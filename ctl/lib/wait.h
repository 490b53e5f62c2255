// SPDX-License-Identifier: MIT
/* What submit, extend and watch do with a job that they wait for. */
#ifndef CTL_LIB_WAIT_H
#define CTL_LIB_WAIT_H

#include "ctl/lib/ctl.h"

/* Prints a job's answer on stdout: aligned lines, or an object with --json. */
void print_job(const struct ctl *ctl, const struct job_view *j);

/* Follows a job with progress on stderr, then prints its answer.  Returns the exit
 * code. */
MUST_USE int wait_for_job(struct ctl *ctl, const struct job_view *j,
                          int64_t deadline_ms);

#endif
