#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Workers that lie, as processes (tests/e2e/rogue.c): where all is audited the answer is
# exact whatever they say; by default those that lie all the time, or in a tenth of what
# they say, are found and excluded, after a restart too.
. "$(dirname "$0")/checks.sh"
rogue=$BIN/../tests/rogue
[[ -x $rogue ]] || rogue=$BIN/../plain/tests/rogue
[[ -x $rogue ]] || { echo 'skipped: there is no tests/rogue'; exit 0; }

liar() { # name, how
    start "$1" env LIE="$2" "$rogue" --contact-file "$CONTACT" --name "$1" --threads 1
}

coordinator
worker honest --threads 1
for how in always 10 1 piece later elsewhere; do
    liar "liar-$how" "$how"
done
trials=$(trials_for 2)
expected=$(serial_hits "$trials" 5)
job=$(pictl submit --trials "$trials" --seed 5 --audit all)
run pictl watch "$job" --timeout 100s
same 'the answer among liars' "0 $expected" "$STATUS $(job_field "$job" hits)"
same 'all of it is verified' "$trials" "$(job_field "$job" verified_done)"
for how in always elsewhere; do
    ended "liar-$how" 60
    same "exit code of who lies $how" 4 "$STATUS"
    said "liar-$how" 'this worker is excluded: it said [0-9]* hits in [0-9]* trials' ||
        fleet_fail "who lies $how is not told why it is excluded"
done
said picoord 'results revoked' || said picoord 'worker excluded' || fleet_fail 'nobody says so'

# By default, without those that are hard to find.
for how in 10 1 piece later; do
    destroy "liar-$how"
done
liar again always
job=$(pictl submit --trials "$trials" --seed 6)
run pictl watch "$job" --timeout 100s
same 'the answer, audited in part' "0 $(serial_hits "$trials" 6)" "$STATUS $(job_field "$job" hits)"
ended again 60
same 'exit code of the liar' 4 "$STATUS"

# Who is trusted is not audited.
run pictl trust honest
same 'pictl trust' 0 "$STATUS"
same 'its trust' full "$(worker_field honest trust)"
run pictl trust nobody
same 'to trust nobody' 5 "$STATUS"
