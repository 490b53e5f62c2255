#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A worker that is stopped, its connection open, keeps nothing from being computed: what
# it held is leased again within 8 s.  Set going, it is back at work.
. "$(dirname "$0")/../checks.sh"

trials=$(trials_for 60)
coordinator
worker ada --threads 1
worker bob --threads 1
wait_until 60 attached 2
job=$(pictl submit --trials "$trials" --seed 12)
wait_until 60 holds_leases bob
signal STOP bob
begin=$(date +%s%3N)
wait_until 60 said picoord 'worker lost.* name=bob'
wait_until 60 said picoord 'leased again .*worker=ada'
again=$(grep -A 20 'worker lost.* name=bob' "$FLEET/picoord.log" |
    grep -m 1 'INFO  leased again .*worker=ada' | cut -d ' ' -f 1)
took=$(($(date -d "$again" +%s%3N) - begin))
((took > 4000 && took < 8000)) || fleet_fail "leased again after $took ms"

before=$(worker_field bob trials)
signal CONT bob
works_again() { (($(worker_field bob trials) > before)); }
wait_until 60 works_again
same 'state' running "$(job_field "$job" state)"
wait_until 60 attached 2

# Each range was counted once: what the workers counted adds up to what is done.
pictl pause "$job" >/dev/null
unleased() { [[ $(job_field "$job" leased) == 0 ]]; }
wait_until 60 unleased
run pictl ledger "$job" --json
same 'what the workers counted' "$(field 'done' <<<"$OUT")" \
    "$(grep -o '"trials":"[0-9]*"' <<<"${OUT#*'"shares":'}" | grep -o '[0-9]*' |
        awk '{ sum += $1 } END { printf "%.0f", sum }')"
run pictl verify "$job"
same 'verify' 0 "$STATUS"
