# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Starts the programs for tests, benchmarks and the demo: the one place that knows how
# they find each other.  Any number of scripts may use it at once, as any user.
#
#   . deploy/programs.sh
#   fleet_begin build/bin         a folder of its own, $FLEET
#   coordinator [OPTION]...       picoord on a free port, ready: $ADDRESS, $CONTACT;
#                                 keeps nothing, unless $STATE or --state names a folder
#   worker NAME [OPTION]...       a piworker of that name, attached to it
#   picoord, piworker, pictl      the same programs in the foreground, as they are used
#   start NAME COMMAND...         any command in the background: $FLEET/NAME.out and .log
#   signal SIGNAL NAME...         to what was started
#   destroy NAME...               SIGKILL, and they are gone when it returns
#   running NAME                  whether it still runs
#   ended NAME SECONDS            waits for its end: $STATUS is its exit status
#   wait_until SECONDS COMMAND... until it succeeds; where it does not: out of time
#   patience SECONDS              prints so many, grown as this machine is slow
#   attached N                    whether N workers are
#   field NAME                    the member of that name in the JSON on stdin
#   fleet_end                     at EXIT, by itself: ends what was started
#
# What picoord says is in $FLEET/picoord.log.  A script that fails shows all logs.
# Seconds are those of a quiet machine: PI_SLOW, a whole number (tests/lib/slowness), is
# how many times longer all waits are.  Out of time is exit status 75.
# Programs without flags meet in $XDG_RUNTIME_DIR, which is the fleet's own: picoords of
# the user do not see them and are not seen.

fleet_begin() { # folder of the programs
    BIN=$(cd "$1" && pwd) || exit 2
    FLEET=$(mktemp -d)
    CONTACT=$FLEET/contact
    PICTL=("$BIN/pictl" --contact-file "$CONTACT") # where a function will not do
    declare -gA FLEET_PIDS=()
    AT=() # words before each command that is started: where it runs (deploy/hosts.sh)
    local setting
    for setting in "${!PI_@}"; do # those of the programs, not those of the tests
        [[ $setting =~ ^PI_(SLOW|TEST_.*|SKIPPED|NO_INSTALL|KERNEL)$ ]] || unset "$setting"
    done
    unset STATE_DIRECTORY STATE
    export XDG_RUNTIME_DIR=$FLEET/run XDG_STATE_HOME=$FLEET/state
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    trap fleet_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

picoord() {
    keeps "$@"
    "${AT[@]}" "$BIN/picoord" "${KEEP[@]}" --listen 127.0.0.1:0 "$@"
}
piworker() { "${AT[@]}" "$BIN/piworker" --contact-file "$CONTACT" "$@"; }
pictl() { "${AT[@]}" "${PICTL[@]}" "$@"; }

coordinator() {
    local options=()
    keeps "$@"
    [[ " $* " =~ ' '--(listen|lan|room)' ' ]] || options+=(--listen 127.0.0.1:0)
    rm -f "$CONTACT"
    start picoord "$BIN/picoord" "${KEEP[@]}" "${options[@]}" --contact-file "$CONTACT" "$@"
    wait_until 30 fleet_listens
    # shellcheck disable=SC2034 # for the scripts
    ADDRESS=$(field addr <"$CONTACT"):$(field port <"$CONTACT")
}

# Where state goes, unless an option says so.
keeps() {
    KEEP=(--ephemeral)
    [[ -z ${STATE:-} ]] || KEEP=(--state "$STATE")
    [[ " $* " != *' --state '* && " $* " != *' --ephemeral '* ]] || KEEP=()
}

worker() {
    local name=$1
    shift
    start "$name" "$BIN/piworker" --contact-file "$CONTACT" --name "$name" "$@"
}

start() {
    local name=$1
    shift
    "${AT[@]}" "$@" </dev/null >>"$FLEET/$name.out" 2>>"$FLEET/$name.log" &
    FLEET_PIDS[$name]=$!
}

signal() {
    local signal=$1 name
    shift
    for name; do
        kill -s "$signal" "${FLEET_PIDS[$name]}"
    done
}

destroy() {
    local name
    for name; do # the shell would tell each death on stderr
        ! running "$name" || {
            kill -s KILL "${FLEET_PIDS[$name]}"
            wait "${FLEET_PIDS[$name]}"
        } 2>/dev/null || true
    done
}

# By the shell's own list: an id alone may belong to another process by now.
running() { [[ " $(jobs -pr | tr '\n' ' ')" == *" ${FLEET_PIDS[$1]} "* ]]; }

ended() {
    wait_until "$2" fleet_has_ended "$1"
    # shellcheck disable=SC2034 # for the scripts
    STATUS=0
    # shellcheck disable=SC2034
    wait "${FLEET_PIDS[$1]}" || STATUS=$?
}

patience() { echo $(($1 * ${PI_SLOW:-1})); }

wait_until() {
    local seconds=$(($1 * ${PI_SLOW:-1})) begin=$SECONDS
    shift
    until "$@"; do
        ((SECONDS - begin <= seconds)) || fleet_late "waited $seconds s in vain until $*"
        sleep 0.02
    done
}

attached() { [[ $(pictl status --json 2>/dev/null | field workers) == "$1" ]]; }

# The first of that name.
field() {
    awk -v name="$1" 'match($0, "\"" name "\":(\"[^\"]*\"|[^],}]*)") {
        value = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
        gsub(/^"|"$/, "", value)
        print value
        exit
    }'
}

fleet_has_ended() { ! running "$1"; }

fleet_listens() {
    running picoord || fleet_fail "picoord has ended: $(<"$FLEET/picoord.log")"
    [[ -s $CONTACT ]]
}

fleet_fail() { # sentence
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

fleet_late() { # sentence
    printf 'OUT OF TIME: %s\n' "$*" >&2
    exit 75
}

fleet_end() {
    local status=$? i
    set +eu
    trap - EXIT ERR
    trap '' INT TERM
    for i in "${!FLEET_PIDS[@]}"; do
        [[ $i == picoord ]] || destroy "$i"
    done
    if [[ -n ${FLEET_PIDS[picoord]:-} ]] && running picoord; then
        # It takes what it has spawned with it.  Stopped, it hears nothing.
        { signal TERM picoord && signal CONT picoord; } 2>/dev/null
        for ((i = 0; i < $(patience 150); i++)); do
            running picoord || break
            sleep 0.02
        done
        destroy picoord
    fi
    ((status == 0)) || fleet_logs
    rm -rf "$FLEET"
    exit $status
}

fleet_logs() {
    local file
    for file in "$FLEET"/*.log; do
        [[ ! -s $file ]] || tail -n 40 "$file" | sed "s|^|$(basename "$file" .log): |" >&2
    done
}
