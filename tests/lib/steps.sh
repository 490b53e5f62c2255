# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Runs the steps of a script: `steps_begin [WORD]`, with a word only those that have it in
# their title; then steps; then `steps_end`.
#
#   step TITLE COMMAND...     has the machine to itself; shown as it goes
#   beside TITLE COMMAND...   keeps one core busy, or mostly waits: two of them at a time,
#                             each shown whole when it has ended
#
# A command may be one of the script's functions: `$STEPS --run COMMAND...` has to run it,
# so that it is a process that can be ended.  The seconds of each step are printed; after a
# failure the others go on, and all are told at the end.  A step that ends with 75
# (tests/lib/slowness), or is not over after STEP_LIMIT seconds, is out of time: none of its
# checks has failed.
set -u
steps_passed=0 steps_failed=0 steps_late=0 steps_failures=()
declare -A steps_running=() steps_began=()

steps_begin() { # [word]
    steps_word=${1-}
    steps_work=$(mktemp -d)
    PI_SLOW=$(tests/lib/slowness) PI_SKIPPED=$steps_work/skipped
    export PI_SLOW PI_SKIPPED
    : >"$PI_SKIPPED"
    trap 'rm -rf "$steps_work"' EXIT
    trap 'kill "${!steps_running[@]}" 2>/dev/null; wait; exit 130' INT TERM
}

steps_start() { # title, command; its output goes where this function's does
    local title=$1
    shift
    timeout --kill-after=20 "$((STEP_LIMIT * PI_SLOW))" "$STEPS" --run "$@" </dev/null &
    steps_running[$!]=$title
    steps_began[$!]=$SECONDS
}

# Until no more than so many run.
steps_wait() {
    local pid status
    while ((${#steps_running[@]} > $1)); do
        wait -n -p pid "${!steps_running[@]}"
        status=$?
        steps_tell "$pid" "$status"
        unset "steps_running[$pid]"
    done
}

steps_tell() { # process, status
    local title=${steps_running[$1]} seconds=$((SECONDS - steps_began[$1])) why
    if [[ -f $steps_work/$title ]]; then
        echo "== $title"
        cat "$steps_work/$title"
    fi
    echo "== $title: $seconds s"
    case $2 in
    0) steps_passed=$((steps_passed + 1)) ;;
    75 | 124 | 137)
        why='the machine is too busy'
        (($2 == 75)) || why="not over after $seconds s"
        steps_late=$((steps_late + 1))
        steps_failures+=("OUT OF TIME: $title: $why (load $(cut -d ' ' -f 1-3 /proc/loadavg))")
        ;;
    *)
        steps_failed=$((steps_failed + 1))
        steps_failures+=("FAILED: $title")
        ;;
    esac
}

step() {
    [[ $1 == *"$steps_word"* ]] || return 0
    steps_wait 0
    echo "== $1"
    steps_start "$@"
    steps_wait 0
}

beside() {
    [[ $1 == *"$steps_word"* ]] || return 0
    steps_wait 1
    steps_start "$@" >"$steps_work/$1" 2>&1
}

# What was skipped, each once, and the packages that would help; then what has failed.
steps_end() {
    local packages
    steps_wait 0
    echo
    sort -u -o "$PI_SKIPPED" "$PI_SKIPPED"
    if [[ -s $PI_SKIPPED ]]; then
        cat "$PI_SKIPPED"
        packages=$(grep -o '(package [^)]*)' "$PI_SKIPPED" | tr -d ')' | cut -d ' ' -f 2 | sort -u | xargs)
        echo "$(wc -l <"$PI_SKIPPED") skipped${packages:+; these would help: $packages}"
    fi
    ((${#steps_failures[@]} == 0)) || printf '%s\n' "${steps_failures[@]}"
    echo "$steps_passed passed, $steps_late out of time, $steps_failed failed"
    ((steps_failed + steps_late == 0 && steps_passed > 0))
}
