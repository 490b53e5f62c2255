// SPDX-License-Identifier: MIT
/*
 * The subcommands of pictl, each in the file of its name or with similar ones.
 */
#ifndef CTL_COMMANDS_SUBCOMMANDS_H
#define CTL_COMMANDS_SUBCOMMANDS_H

#include "ctl/lib/ctl.h"

extern const struct subcommand subcommand_submit, subcommand_status, subcommand_jobs,
    subcommand_workers, subcommand_watch, subcommand_history, subcommand_ledger,
    subcommand_verify, subcommand_cancel, subcommand_pause, subcommand_resume,
    subcommand_extend, subcommand_rm, subcommand_drain, subcommand_kick, subcommand_ban,
    subcommand_pardon, subcommand_trust, subcommand_untrust, subcommand_token,
    subcommand_backup, subcommand_doctor, subcommand_version, subcommand_completion,
    subcommand_wait, subcommand_events, subcommand_help;

#endif
