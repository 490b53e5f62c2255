# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What every scenario begins with: . "$(dirname "$0")/checks.sh"   (its argument: the
# folder of the programs).  A command that fails unexpectedly ends the scenario.

set -euo pipefail
set -E # functions too
# shellcheck source=deploy/programs.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/programs.sh"
trap '((BASH_SUBSHELL)) || printf "FAILED: line %s: %s\n" "$LINENO" "$BASH_COMMAND" >&2' ERR
fleet_begin "$1"

same() { # what, expected, got
    [[ $2 == "$3" ]] || fleet_fail "$1: expected '$2', got '$3'"
}

matches() { # what, extended regular expression for all of it, got
    [[ $3 =~ ^$2$ ]] || fleet_fail "$1: expected '$2', got '$3'"
}

# Runs it; sets $STATUS, $OUT and $ERR.
run() {
    STATUS=0
    "$@" >"$FLEET/stdout" 2>"$FLEET/stderr" </dev/null || STATUS=$?
    OUT=$(<"$FLEET/stdout") ERR=$(<"$FLEET/stderr")
}

# How many trials one core of this machine, with these programs, counts in so many
# seconds: jobs take about as long everywhere.
trials_for() {
    : "${PI_TEST_RATE:=$("$BIN/piworker" --bench --json --seconds 200ms |
        grep -o '"auto":true,"rate":[0-9]*' | grep -o '[0-9]*$')}"
    export PI_TEST_RATE
    awk -v rate="$PI_TEST_RATE" -v seconds="$1" 'BEGIN { printf "%.0f\n", rate * seconds }'
}

# The hits that one process counts alone, on both cores.
serial_hits() { # trials, seed
    "$BIN/piworker" --serial "$1" --seed "$2" --threads 2 --json | field hits
}

job_field() { # job, field
    pictl status "$1" --json | sed 's/.*"job"://' | field "$2"
}

job_is() { # job, state
    [[ $(job_field "$1" state) == "$2" ]]
}

counted() { # job, at least so many trials
    (($(job_field "$1" 'done') >= $2))
}

worker_field() { # worker, field
    pictl workers --json | grep -o '{[^{]*}' | grep "\"name\":\"$1\"" | field "$2"
}

holds_leases() { # worker
    local leases
    leases=$(worker_field "$1" leases)
    ((${leases:-0} > 0))
}

said() { # program's name, words of its log
    grep -q -- "$2" "$FLEET/$1.log"
}
