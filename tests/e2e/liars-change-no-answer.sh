#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Workers that lie, as processes (tests/e2e/rogue.c): where all is audited the answer is
# exact whatever they say, and whoever is excluded is told why, comes back as somebody
# new and is excluded again.  One whose kernel is broken does not get in.
. "$(dirname "$0")/checks.sh"
rogue=$BIN/../tests/rogue
[[ -x $rogue ]] || rogue=$BIN/../plain/tests/rogue
[[ -x $rogue ]] || { echo 'skipped: there is no tests/rogue'; exit 0; }

liar() { # name, how
    start "$1" env LIE="$2" "$rogue" --contact-file "$CONTACT" --name "$1" --threads 1
}

is_excluded() { # name
    ended "$1" 60
    same "exit code of $1" 4 "$STATUS"
    said "$1" 'this worker is excluded: it said [0-9]* hits in [0-9]* trials' ||
        fleet_fail "$1 is not told why it is excluded"
}

coordinator
liar broken broken
ended broken 60
same 'exit code of a broken worker' 4 "$STATUS"
said broken "the kernel '.*' of this worker counts wrong: 51383 hits in the test range" ||
    fleet_fail 'it is not told that its kernel is broken'

# All of them, and among them two who tell the same lies, and one honest worker.
worker honest --threads 1
for how in always 10 1 piece sigma later elsewhere together late; do
    liar "liar-$how" "$how"
done
liar accomplice together
trials=$(trials_for 2)
expected=$(serial_hits "$trials" 5)
job=$(pictl submit --trials "$trials" --seed 5 --audit all)
is_excluded liar-always
liar second always
is_excluded second
liar third always
run pictl watch "$job" --timeout 100s
same 'the answer among liars' "0 $expected" "$STATUS $(job_field "$job" hits)"
same 'all of it is verified' "$trials" "$(job_field "$job" verified_done)"
is_excluded liar-elsewhere
said picoord 'results revoked' || said picoord 'worker excluded' || fleet_fail 'nobody says so'

# By default, without those that are hard to find.
for how in 10 1 piece sigma later together late; do
    destroy "liar-$how"
done
destroy accomplice
destroy third
liar again always
job=$(pictl submit --trials "$trials" --seed 6)
run pictl watch "$job" --timeout 100s
same 'the answer, audited in part' "0 $(serial_hits "$trials" 6)" "$STATUS $(job_field "$job" hits)"
is_excluded again

# Who is trusted is not audited.
run pictl trust honest
same 'pictl trust' 0 "$STATUS"
same 'its trust' full "$(worker_field honest trust)"
run pictl trust nobody
same 'to trust nobody' 5 "$STATUS"
