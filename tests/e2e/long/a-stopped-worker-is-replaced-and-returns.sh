#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A worker that is stopped, its connection open, keeps nothing from being computed: what
# it held is leased again when its silence has been noticed.  Set going, it is back at work.
. "$(dirname "$0")/../checks.sh"

coordinator
worker ada --threads 1
worker bob --threads 1
wait_until 60 attached 2
job=$(pictl submit --trials $ENDLESS --seed 12)
wait_until 60 holds_leases bob
signal STOP bob
wait_until 60 said picoord 'worker lost.* name=bob .*reason=.*silen'
wait_until 60 said picoord 'leased again .*worker=ada'

before=$(worker_field bob trials)
signal CONT bob
works_again() { (($(worker_field bob trials) > before)); }
wait_until 60 works_again
same 'state' running "$(job_field "$job" state)"
wait_until 60 attached 2

# Each range was counted once.
same_count "$job"
