#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A worker that takes leases and then only says that it lives holds nobody up: others get
# them as well, and the hits are those of one process.
. "$(dirname "$0")/checks.sh"

coordinator
job=$(pictl submit --trials 300000000 --seed 5)
held_worker sloth
wait_until 20 holds_leases sloth
worker ada --threads 1
wait_until 60 job_is "$job" 'done'
same 'hits' "$(serial_hits 300000000 5)" "$(job_field "$job" hits)"
same 'what the sloth has counted' 0 "$(worker_field sloth trials)"
same 'what is left with it' 0 "$(job_field "$job" leased)"
