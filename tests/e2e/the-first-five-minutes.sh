#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# README.md, "The first five minutes": its commands are typed, and what it shows is
# compared with what they print; "..." is anything.  Only the port is another one.
. "$(dirname "$0")/checks.sh"

needs nc curl
readme=$HERE/../../README.md

# A port that is free now: the commands name one.
coordinator
port=${ADDRESS##*:}
signal TERM picoord
ended picoord 20

PATH=$BIN:$PATH
unset -f picoord piworker pictl
unset XDG_STATE_HOME
export PI_STATE=$FLEET/kept

pattern() { # what the page shows, as a regular expression
    sed -e 's/[][\.*^$+?(){}|]/\\&/g' -e 's/\\\.\\\.\\\./.*/g' <<<"$1"
}
is_up() { "$BIN/pictl" status >/dev/null 2>&1; }

n=0
check() { # command, what the page shows
    local command=${1//31415/$port} shown
    [[ -n $command ]] || return 0
    # Quoted, since & stands for what was found.
    command=${command//'picoord &'/"picoord --listen 127.0.0.1:$port 2>>$FLEET/picoord.log &"}
    command=${command//'ada &'/"ada 2>>$FLEET/ada.log &"}
    command=${command/--timeout 60s/--timeout $(patience 60)s}
    n=$((n + 1))
    eval "$command" >"$FLEET/shown" 2>&1 || fleet_fail "'$1' ends with $?: $(<"$FLEET/shown")"
    [[ $command != *picoord*'&' ]] || wait_until 30 is_up
    [[ $command != *ada*'&' ]] || wait_until 30 attached_here 1
    [[ $command != 'kill -9'* ]] || wait_until 30 attached_here 0
    [[ -n $2 ]] || return 0
    shown=$(sed -e '/ Killed  /d' -e 's/ *$//' "$FLEET/shown") # the shell tells of deaths
    matches "'$1'" "$(pattern "$2")" "$shown"
}
attached_here() { [[ $("$BIN/pictl" status --json | field workers) == "$1" ]]; }

# shellcheck disable=SC2016 # the page's own quotes
commands() {
    sed -n '/^## The first five minutes/,/^## /p' "$readme" |
        sed -n '/^```console/,/^```$/p' | sed '1d;$d'
}
command='' shown=''
while IFS= read -r line; do
    if [[ $line == '$ '* ]]; then
        check "$command" "$shown"
        command=${line#'$ '} shown=''
    else
        shown+=${shown:+$'\n'}$line
    fi
done < <(commands)
check "$command" "$shown"
((n > 15)) || fleet_fail "README.md has only $n commands"
wait
