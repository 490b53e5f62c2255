#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# All of examples/programs at once, C, Python and bash, with pi beside them, in a fleet of
# five of which two are killed, under a coordinator that is killed and started again: each
# count is the integer that one process gets alone.
. "$(dirname "$0")/../checks.sh"
needs cc python3

examples=$HERE/../../examples/programs
export PYTHONDONTWRITEBYTECODE=1
python=python3
for python in python3 /usr/bin/python3; do # numpy: `make ci` has it
    ! "$python" -c 'import numpy' 2>/dev/null || break
done

# Eight are offered at most: so a worker has the first or the last ones, and picoord none
# of those that are left over.
names=() commands=() trials=()
while read -r file n; do
    name=${file%.*}
    [[ $name != pi ]] || name=circle # each worker has pi
    case $file in
    *.c) cc -O2 -o "$FLEET/$name" "$examples/$file" && command=$FLEET/$name ;;
    *.py) command="$python $examples/$file" ;;
    *) command=$examples/$file ;;
    esac
    names+=("$name") commands+=("$command") trials+=("$n")
done <<'END'
buffon.c 4000000
birthday.c 2000000
percolation.c 20000
network.c 2000000
walk.c 20000
pi.py 200000
ruin.py 60000
option.py 4000000
integral.py 200000
template.sh 60000
END

offers_of() { # from, to: sets offers
    offers=()
    local i
    for ((i = $1; i < $2; i++)); do
        offers+=(--offer "${names[i]}=${commands[i]}")
    done
}
coordinate() {
    offers_of 0 8
    coordinator --state "$FLEET/state" "${offers[@]}"
}
coordinate
for name in ada bob; do
    offers_of 0 8
    worker $name --threads 1 "${offers[@]}"
done
for name in eve kim lea; do
    offers_of 2 10
    worker $name --threads 1 "${offers[@]}"
done
# What picoord lacks is audited by a trusted worker that has it.
wait_until 60 attached 5
pictl trust lea
jobs=()
for i in "${!names[@]}"; do
    more=()
    [[ ${names[i]} != integral ]] || more=(--score)
    jobs+=("$(pictl submit --program "${names[i]}" --trials "${trials[i]}" --seed 42 "${more[@]}" 2>>"$FLEET/submit.log")")
done
pi=$(pictl submit --trials "$(trials_for 4)" --seed 42 2>/dev/null)
wait_until 60 counted "${jobs[0]}" 1000
destroy ada
wait_until 60 counted "${jobs[9]}" 100
destroy kim
destroy picoord
coordinate

for i in "${!names[@]}"; do
    run_to_end pictl watch "${jobs[i]}"
    same "the end of ${names[i]} ($ERR)" 0 "$STATUS"
    alone=$("$BIN/piworker" --serial "${trials[i]}" --seed 42 --threads 2 \
        --offer "${names[i]}=${commands[i]}" --json | field hits)
    same "hits of ${names[i]}" "$alone" "$(job_field "${jobs[i]}" hits)"
    same "trials of ${names[i]}" "${trials[i]}" "$(job_field "${jobs[i]}" "done")"
done
run_to_end pictl watch "$pi"
same 'hits of pi' "$(serial_hits "$(job_field "$pi" trials)" 42)" "$(job_field "$pi" hits)"
