#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# deploy/factory with an engine that starts workers here, makes them wait, or starts
# nothing: none without work, then no more than the most, none twice, who is killed is
# replaced, all leave by themselves; and it gives up where nobody joins.
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$0")/checks.sh"
needs python3

# Workers are files.  What is in $ENGINE/as says what becomes of those that are asked for.
export ENGINE=$FLEET/engine PIWORKER=$BIN/piworker
mkdir "$ENGINE" "$ENGINE/running" "$ENGINE/waiting"
cat >"$ENGINE/engine" <<'END'
#!/bin/sh
cd "$ENGINE" || exit
echo "$*" >>calls
case $1 in
count)
    [ ! -e broken ] || { echo 'engine: it is broken' >&2; exit 1; }
    waiting=$(ls waiting | wc -l)
    echo $(($(ls running | wc -l) + waiting)) $waiting
    ;;
start)
    for i in $(seq "$2"); do
        name=$$.$i as=$(cat as)
        case $as in
        nothing) ;;
        waiting) : >waiting/$name ;;
        *)
            : >running/$name
            {
                "$PIWORKER" --name "$FACTORY_NAME.$name" --threads 1 --exit-when-idle 2s &
                echo $! >running/$name
                wait
                rm running/$name
            } &
            ;;
        esac
    done
    ;;
stop) rm -f waiting/* ;;
esac
END
chmod +x "$ENGINE/engine"

factory() { # options
    : >"$ENGINE/calls"
    : >"$FLEET/factory.log"
    start factory env PI_CONTACT_FILE="$CONTACT" "$HERE/../../deploy/factory" --every 100ms "$@" "$ENGINE/engine"
}
starts() { grep '^start' "$ENGINE/calls" | xargs; }
counts() { (($(grep -c '^count' "$ENGINE/calls") >= $1)); }
cycles() { # more of them; what is not done after so many is not done
    wait_until 60 counts $(($(grep -c '^count' "$ENGINE/calls") + $1))
}
nobody_runs() { [[ -z $(ls "$ENGINE/running") ]]; }
three_starts() { [[ $(starts) == *start*start*start* ]]; }
workers_that() { pictl events --json | grep -c "\"worker_$1\""; }
told() { grep -q "$1" "$FLEET/factory.log"; }
ends_with() { # exit status, the last call
    ended factory 60
    same 'exit status of the factory' "$1" "$STATUS"
    same 'its last call' "$2" "$(tail -n 1 "$ENGINE/calls")"
}

coordinator
echo running >"$ENGINE/as"

# From none to four to none.
factory --max 4 --per-cycle 3 --name lab
cycles 3
same 'without work' '' "$(starts)"
pictl submit --trials $ENDLESS >/dev/null
wait_until 60 attached 4
cycles 3
same 'starts' 'start 3 start 1' "$(starts)"
kill -s KILL "$(cat "$ENGINE/running/"* | head -n 1)"
wait_until 60 three_starts
wait_until 60 attached 4
pictl cancel j-1 >/dev/null
wait_until 60 nobody_runs
cycles 3
same 'starts, one of the four was killed' 'start 3 start 1 start 1' "$(starts)"
same 'workers that others had to replace' 1 "$(workers_that lost)"
same 'workers that left by themselves' 4 "$(workers_that left)"
signal TERM factory
ends_with 0 stop

# Those that wait for a machine count; what still waits is taken back at the end.
echo waiting >"$ENGINE/as"
pictl submit --trials $ENDLESS >/dev/null
factory --min 1 --max 4 --per-cycle 3 --patience 100ms
wait_until 60 told 'there are 4, 4 of them waiting'
cycles 5
same 'starts while all wait' 'start 3 start 1' "$(starts)"
signal INT factory
ends_with 0 stop
same 'what still waits' '' "$(ls "$ENGINE/waiting")"

# Whoever never joins is not asked for again and again.
echo nothing >"$ENGINE/as"
factory --max 4 --per-cycle 3 --patience 300ms
ends_with 1 stop
same 'starts, none joins' 'start 3' "$(starts)"
told '3 workers were started and none has joined: no workers attached' || fleet_fail 'it does not say why'

# What fails at once ends it; what has worked is tried again.
: >"$ENGINE/broken"
factory --max 4
ends_with 7 count
told 'factory: engine: it is broken' || fleet_fail 'it does not say what the engine said'
rm "$ENGINE/broken"
factory --max 4 --patience 60s
wait_until 60 told 'starts 4'
: >"$ENGINE/broken"
wait_until 60 told 'it is broken; tries again'
rm "$ENGINE/broken"
destroy picoord
wait_until 60 told 'cannot reach .*; tries again'
signal TERM factory
ends_with 0 stop
factory --max 4
ends_with 3 count

# Slurm's engine, with commands that write down what they are asked for.
for command in squeue sbatch scancel; do
    # shellcheck disable=SC2016 # for the other shell
    printf '#!/bin/sh\necho %s "$@" >>"$ENGINE/slurm"\n%s\n' $command \
        "[ $command != squeue ] || printf '%s\n' RUNNING PENDING COMPLETING CONFIGURING SUSPENDED" >"$ENGINE/$command"
    chmod +x "$ENGINE/$command"
done
slurm() { PATH=$ENGINE:$PATH FACTORY_NAME=lab "$HERE/../../deploy/slurm/engine" "$@"; }
same 'workers, and those that wait' '4 2' "$(slurm count)"
slurm start 3
slurm stop
user=$(id -un)
same 'what Slurm was asked for' "squeue --noheader --array --user=$user --name=lab --format=%T
sbatch --quiet --job-name=lab --array=1-3 $HERE/../../deploy/slurm/workers.sbatch
scancel --quiet --user=$user --name=lab --state=PENDING" "$(<"$ENGINE/slurm")"
