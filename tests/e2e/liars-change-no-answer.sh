#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Workers that lie, as processes (tests/e2e/rogue.c): where all is audited the answer is
# exact whatever they say, and whoever is excluded is told why, comes back as somebody
# new and is excluded again.  One whose kernel is broken does not get in.
. "$(dirname "$0")/checks.sh"

liar() { # name, how
    start "$1" env LIE="$2" "$(rogue)" --contact-file "$CONTACT" --name "$1" --threads 1
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
# They are found while there is work, ...
job=$(pictl submit --trials $ENDLESS --audit all 2>/dev/null)
is_excluded liar-always
is_excluded liar-elsewhere
liar second always
is_excluded second
pictl cancel "$job" >/dev/null
# ... and a job that ends has the answer, whatever they say.
liar third always
trials=$(trials_for 2)
expected=$(serial_hits "$trials" 5)
job=$(pictl submit --trials "$trials" --seed 5 --audit all 2>/dev/null)
run_to_end pictl watch "$job"
same 'the answer among liars' "0 $expected" "$STATUS $(job_field "$job" hits)"
same 'all of it is verified' "$trials" "$(job_field "$job" verified_done)"
said picoord 'results revoked' || said picoord 'worker excluded' || fleet_fail 'nobody says so'

# By default, without those that are hard to find.
for how in 10 1 piece sigma later together late; do
    destroy "liar-$how"
done
destroy accomplice
destroy third
liar again always
endless=$(pictl submit --trials $ENDLESS 2>/dev/null)
is_excluded again
pictl cancel "$endless" >/dev/null
liar 'once-more' always
job=$(pictl submit --trials "$trials" --seed 6 2>/dev/null)
run_to_end pictl watch "$job"
same 'the answer, audited in part' "0 $(serial_hits "$trials" 6)" "$STATUS $(job_field "$job" hits)"

# Who is trusted is not audited.
run pictl trust honest
same 'pictl trust' 0 "$STATUS"
same 'its trust' full "$(worker_field honest trust)"
run pictl trust nobody
same 'to trust nobody' 5 "$STATUS"
