#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Each row of bad-input.table is typed; exit code and both lines are as it says, and
# nothing is on stdout.
. "$(dirname "$0")/checks.sh"

PATH=$BIN:$PATH
unset -f picoord piworker pictl
mkdir "$FLEET/folder"
cd "$FLEET/folder"
echo 'no JSON, no setting' | tee text >bad.ini
mkdir -m 755 loose

pattern() { # what the table shows, as a regular expression
    sed -e 's/[][\.*^$+?(){}|]/\\&/g' -e 's/\\\.\\\.\\\./.*/g' <<<"$1"
}
rows=0
row() { # exit code, what was typed, both lines
    local program=${2/#*=* pi/pi}
    run_within 60 bash -c "export ADDRESS=$ADDRESS; $2"
    matches "exit code and stderr of '$2'" "$1 ${program%% *}: $(pattern "$3")" "$STATUS $ERR"
    same "stdout of '$2'" '' "$OUT"
    rows=$((rows + 1))
}

ADDRESS=''
while IFS= read -r line; do
    case $line in
    '' | '#'*) ;;
    '[a picoord runs'*)
        coordinator
        export PI_COORDINATOR=$ADDRESS
        pictl submit --trials $ENDLESS --seed 1 >/dev/null 2>&1
        ;;
    '['*) ;;
    [0-9]*)
        IFS= read -r what
        IFS= read -r hint
        row "${line%% *}" "${line#* }" "${what#    }"$'\n'"${hint#    }"
        ;;
    *) fleet_fail "the table has: $line" ;;
    esac
done <"$HERE/bad-input.table"
((rows >= 60)) || fleet_fail "only $rows rows"
