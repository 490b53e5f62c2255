// SPDX-License-Identifier: MIT
/*
 * The subcommands of pictl, each in the file of its name, and what a few of them share.
 */
#ifndef CTL_LIB_SUBCOMMANDS_H
#define CTL_LIB_SUBCOMMANDS_H

#include "ctl/lib/ctl.h"

extern const struct subcommand subcommand_submit, subcommand_status, subcommand_jobs,
    subcommand_workers, subcommand_watch, subcommand_history, subcommand_ledger,
    subcommand_verify, subcommand_cancel, subcommand_pause, subcommand_resume,
    subcommand_extend, subcommand_drain, subcommand_kick, subcommand_trust,
    subcommand_token, subcommand_backup, subcommand_doctor, subcommand_version,
    subcommand_completion, subcommand_help;

/* A job's answer on stdout: aligned lines, or an object with --json.  (submit.c) */
void print_job(const struct ctl *ctl, const struct job_view *j);

/* Follows it with progress on stderr, then prints its answer.  (submit.c) */
MUST_USE int wait_for_job(struct ctl *ctl, const struct job_view *j,
                          int64_t deadline_ms);

#endif
