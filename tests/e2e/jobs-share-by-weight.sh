#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Two jobs of weights 3 and 1 get about three quarters and one of the fleet.
. "$(dirname "$0")/checks.sh"

coordinator
heavy=$(pictl submit --trials $ENDLESS --weight 3 2>/dev/null)
light=$(pictl submit --trials $ENDLESS --weight 1 2>/dev/null)
worker ada --threads 4
both() { (($(job_field "$heavy" 'done') + $(job_field "$light" 'done') >= $1)); }
wait_until 60 both "$(trials_for 4)"
a=$(job_field "$heavy" 'done') b=$(job_field "$light" 'done')
awk -v a="$a" -v b="$b" 'BEGIN { share = a / (a + b); exit !(share > 0.6 && share < 0.88) }' ||
    fleet_fail "weights 3 and 1 got $a and $b trials"
