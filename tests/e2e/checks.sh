# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What every scenario begins with: . "$(dirname "$0")/checks.sh"   (its argument: the
# folder of the programs).  A command that fails unexpectedly ends the scenario.

set -euo pipefail
set -E # functions too
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/programs.sh
. "$HERE/../../deploy/programs.sh"
# shellcheck source=tests/lib/needs.sh
. "$HERE/../lib/needs.sh"
trap '((BASH_SUBSHELL)) || printf "FAILED: line %s: %s\n" "$LINENO" "$BASH_COMMAND" >&2' ERR

# A scenario that needs an address which is not loopback's says NEEDS_ADDRESS=yes before
# this.  Where the machine has none it runs in a network of its own that has one.
if [[ -n ${NEEDS_ADDRESS:-} && -z ${OWN_NETWORK:-} ]] && PI_SKIPPED='' has 'its own address' ip unshare >/dev/null &&
    [[ -z $(ip -4 -o address show scope global) ]] && unshare --net true 2>/dev/null; then
    OWN_NETWORK=yes exec unshare --net bash "$0" "$@"
fi
if [[ -n ${NEEDS_ADDRESS:-} && -n ${OWN_NETWORK:-} ]]; then
    ip link set lo up
    ip address add 198.51.100.1/32 dev lo scope global
fi
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

# The same for what may hang, ...
run_within() { # seconds, program (`on HOST run_within ...`)
    run "${AT[@]}" timeout "$(patience "$1")" "${@:2}"
    ((STATUS != 124)) || fleet_late "not over after $(patience "$1") s: ${*:2}"
}

# ... and for pictl when it waits for the end of a job: watch, submit --wait.
run_to_end() {
    run "$@" --timeout "$(patience 100)s"
    ((STATUS != 6)) || fleet_late "not over after $(patience 100) s: $*"
}

# More trials than are computed in any test.
# shellcheck disable=SC2034 # for the scenarios
ENDLESS=1e14

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

unleased() { [[ $(job_field "$1" leased) == 0 ]]; } # job

# Pauses a job, wherever it is: what its workers counted adds up to what is done, each
# range once, and is the truth where it is computed again.
same_count() { # job
    pictl pause "$1" >/dev/null
    wait_until 60 unleased "$1"
    run pictl ledger "$1" --json
    same 'what the workers counted' "$(field 'done' <<<"$OUT")" \
        "$(grep -o '"trials":"[0-9]*"' <<<"${OUT#*'"shares":'}" | grep -o '[0-9]*' |
            awk '{ sum += $1 } END { printf "%.0f", sum }')"
    run pictl verify "$1"
    same 'verify' 0 "$STATUS"
}

# A piworker that holds what it is leased until it is released (tests/e2e/rogue.c): a job
# waits for the test, not the test for the job.
held_worker() { # name, options
    : >"$FLEET/hold-$1"
    start "$1" env HOLD="$FLEET/hold-$1" "$(rogue)" --contact-file "$CONTACT" --name "$@"
}
release() { rm "$FLEET/hold-$1"; } # worker
rogue() { ls "$BIN/../tests/rogue" 2>/dev/null || ls "$BIN/../plain/tests/rogue"; }

worker_field() { # worker, field
    pictl workers --json | grep -o '{[^{]*}' | grep "\"name\":\"$1\"" | field "$2"
}

holds_leases() { # worker
    local leases
    leases=$(worker_field "$1" leases)
    ((${leases:-0} > 0))
}

# A line of picoord's log, from that line on (log_end tells the next one).
log_end() { echo $(($(wc -l <"$FLEET/picoord.log") + 1)); }
logged_since() { # line, extended regular expression
    tail -n "+$1" "$FLEET/picoord.log" | grep -qE -- "$2"
}

# How many lines of picoord's log there would be if none were only counted.
told() { # extended regular expression
    grep -E -- "$1" "$FLEET/picoord.log" |
        awk '{ n += match($0, / more=[0-9]+/) ? substr($0, RSTART + 6, RLENGTH - 6) : 1 }
            END { print n + 0 }'
}

# tests/e2e/relay.py in the background; sets $THERE to where it listens on this host, or
# on the one that $RELAY_LISTEN names.
relay() { # name, arguments
    local listen=${RELAY_LISTEN:-127.0.0.1}
    : >"$FLEET/$1.out"
    start "$1" python3 "$HERE/relay.py" --listen "$listen" "${@:2}"
    wait_until 60 test -s "$FLEET/$1.out"
    # shellcheck disable=SC2034 # for the scenarios
    THERE=$listen:$(<"$FLEET/$1.out")
}

# Sets $OWN, an address of this machine that is not loopback's; false where it has none.
own_address() { # what is skipped then
    has "$1" ip || return 1
    OWN=$(addresses)
    [[ -n $OWN ]] || {
        skip "$1: this machine has no address but loopback, and only root can make one"
        return 1
    }
}
addresses() { ip -4 -o address show scope global | awk 'NR == 1 { sub("/.*", "", $4); print $4 }'; }

# A key and certificate of a stranger, in $FLEET/stranger.pem.
stranger_pem() {
    needs openssl
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj /CN=picoord -keyout "$FLEET/stranger.key" -out "$FLEET/stranger.pem" 2>/dev/null
    cat "$FLEET/stranger.key" >>"$FLEET/stranger.pem"
}

# The same join string with another address, key or token.
join_at() { echo "pi1.$2.$(cut -d . -f 1,2 < <(rev <<<"$1") | rev)"; } # join, address
join_with_other() { # pin | token, join
    local head=${2%.*} token=${2##*.}
    case $1 in
    token) echo "$head.$(other_letter "$token")" ;;
    pin) echo "${head%.*}.$(other_letter "${head##*.}").$token" ;;
    esac
}
other_letter() { [[ $1 == a* ]] && echo "b${1:1}" || echo "a${1:1}"; }

said() { # program's name, words of its log
    grep -qs -- "$2" "$FLEET/$1.log"
}

# A disk that stands still (held_disk.c): programs that are started after
# held_disk_begin, and sync what they write, wait from hold_disk to release_disk.
held_disk_begin() {
    needs cc
    cc -shared -fPIC -o "$FLEET/held_disk.so" "$HERE/held_disk.c"
    export HOLD_DISK=$FLEET/hold-disk LD_PRELOAD=$FLEET/held_disk.so
    export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
}
hold_disk() { : >"$HOLD_DISK"; }
release_disk() { rm "$HOLD_DISK"; }
disk_waits() { [[ -e $HOLD_DISK.waits ]]; }
