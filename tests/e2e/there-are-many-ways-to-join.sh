#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Each way in which a worker and an operator are told where their coordinator is, what
# goes before what, and files that are not kept secret.
. "$(dirname "$0")/checks.sh"

coordinator
workers=$(pictl token show) operators=$(pictl token show --operator)
nowhere=127.0.0.1:1

joins() { # what, environment and options of piworker
    local name=w$((++n)) words=()
    while [[ ${2:-} == *=* && $2 != --* ]]; do
        words+=("$2")
        set -- "$1" "${@:3}"
    done
    start "$name" env "${words[@]}" "$BIN/piworker" --name "$name" --threads 1 "${@:2}"
    wait_until 60 attached 1 || fleet_fail "$1"
    destroy "$name"
    wait_until 60 attached 0
}
asks() { # what, environment, -- and options of pictl
    run env "${@:2}" status
    same "$1" '0 ' "$STATUS $ERR"
}
n=0

# Without a word.
joins 'nothing'
asks 'nothing' "$BIN/pictl"

# By the environment; an operator may work too.
joins 'PI_JOIN' PI_JOIN="$workers"
joins "the operators' PI_JOIN" PI_JOIN="$operators"
asks 'PI_JOIN' PI_JOIN="$operators" "$BIN/pictl"
joins 'PI_JOIN in capitals, white space around it' PI_JOIN=" ${workers^^} "
joins 'an address that replaces that of PI_JOIN' \
    PI_JOIN="$(join_at "$workers" $nowhere)" "$ADDRESS"
joins 'PI_COORDINATOR in the place of that of PI_JOIN' \
    PI_JOIN="$(join_at "$workers" $nowhere)" PI_COORDINATOR="$ADDRESS"
joins 'PI_COORDINATOR and what is found' PI_COORDINATOR="localhost:${ADDRESS##*:}"
asks 'PI_COORDINATOR and what is found' PI_COORDINATOR="$ADDRESS" "$BIN/pictl"
asks '--coordinator before PI_COORDINATOR' PI_COORDINATOR=$nowhere \
    "$BIN/pictl" --coordinator "$ADDRESS"

# By files, which go before the environment.
umask 077
echo "$workers" >"$FLEET/join"
echo "PI_JOIN=$operators piworker" >"$FLEET/line" # the whole line, as it was printed
joins '--join-file' PI_JOIN=rubbish PI_COORDINATOR=$nowhere --join-file "$FLEET/join"
joins 'a whole line in a file' --join-file "$FLEET/line"
asks '--join-file' PI_JOIN=rubbish "$BIN/pictl" --join-file "$FLEET/line"
joins '--contact-file' PI_JOIN=rubbish --contact-file "$CONTACT"
for member in addr port pid version join operator_join; do
    [[ -n $(field $member <"$CONTACT") ]] || fleet_fail "the contact file has no $member"
done
same 'mode of the contact file' 600 "$(stat -c %a "$CONTACT")"

# Files that others can read or have written.
refused() { # what stderr says, hint
    local option=(--join-file "$FLEET/file")
    [[ $1 != *contact* ]] || option=(--contact-file "$CONTACT")
    run_within 30 "$BIN/piworker" "${option[@]}"
    same "piworker" "7 piworker: $1${2:+
hint: $2}" "$STATUS $ERR"
    run_within 30 "$BIN/pictl" "${option[@]}" status
    same "pictl" "7 pictl: $1${2:+
hint: $2}" "$STATUS $ERR"
}
cp "$FLEET/line" "$FLEET/file"
for mode in 0620 0606 0660; do
    chmod $mode "$FLEET/file"
    refused "$FLEET/file may be written by others (mode $mode)" "chmod 600 $FLEET/file"
done
chmod 600 "$FLEET/file"
chmod 644 "$CONTACT"
refused "$CONTACT may be read by others (mode 0644)" "chmod 600 $CONTACT"
chmod 600 "$CONTACT"
if (($(id -u) == 0)); then
    chown 12345 "$FLEET/file"
    refused "$FLEET/file belongs to another user (uid 12345)" \
        'make a copy of your own, with mode 0600'
else
    skip 'a file of another user: only root can make one'
fi
rm "$FLEET/file"

# As they are mounted into a container: behind links, root's, and for others to read.
mkdir "$FLEET/..data"
ln -s ..data/join "$FLEET/file"
for mode in 0444 0440 0644 0400; do
    rm -f "$FLEET/..data/join"
    cp "$FLEET/line" "$FLEET/..data/join"
    chmod $mode "$FLEET/..data/join"
    warning=
    [[ $mode == 0400 ]] || warning="warning: $FLEET/file may be read by others (mode $mode)
hint: chmod 600 $FLEET/file"
    run "$BIN/pictl" --join-file "$FLEET/file" version
    same "pictl with a file of mode $mode" "0 ${warning:+pictl: $warning}" "$STATUS $ERR"
    [[ $mode == 0444 || $mode == 0400 ]] || continue
    run_within 60 "$BIN/piworker" --join-file "$FLEET/file" --threads 1 \
        --exit-when-idle "$(patience 1)s"
    same "piworker with a file of mode $mode" "0 ${warning:+piworker: $warning}" \
        "$STATUS $(grep -v ' INFO ' <<<"$ERR")"
done
rm "$FLEET/file"
refused "cannot open $FLEET/file: no such file or directory" 'is the path right?'
echo 'pi1.here' >"$FLEET/file"
run "$BIN/piworker" --join-file "$FLEET/file"
matches 'a file without a join string' "2 piworker: .*$FLEET/file .*
hint: .*" "$STATUS $ERR"

# Where the user's picoords meet, but others may write there: nothing in it is trusted.
meet=$XDG_RUNTIME_DIR/picoord
chmod 755 "$meet"
run "$BIN/pictl" status
same 'a loose folder' "7 pictl: $meet may be read by others (mode 0755)
hint: chmod 700 $meet" "$STATUS $ERR"
chmod 700 "$meet"

# pictl doctor: a line for each thing that can be wrong.
run pictl doctor
same 'exit code of doctor' 0 "$STATUS"
same 'what doctor looks at' 'name port protocol token clock fds ' \
    "$(awk '$2 == "ok" { printf "%s ", $1 }' <<<"$OUT")"
unwell() { # what fails, exit code, environment and pictl
    run env "${@:3}" doctor
    same "exit code of doctor, $1 ($OUT$ERR)" "$2" "$STATUS"
    matches "what doctor finds, $1" ".*$1 +(FAILED|failed|no|bad|wrong)[^
]*(
.*)?" "$OUT"
}
unwell port 3 PI_JOIN="$(join_at "$operators" $nowhere)" "$BIN/pictl"
unwell name 3 PI_JOIN="$(join_at "$operators" no-such-host.invalid:31415)" "$BIN/pictl"
unwell token 4 PI_JOIN="$(join_with_other token "$operators")" "$BIN/pictl"
unwell protocol 4 PI_JOIN="$(join_with_other pin "$operators")" "$BIN/pictl"

# It tries what it can with any token, or none, and sends nobody for an operator's.
run env PI_JOIN="$workers" "$BIN/pictl" doctor
same "exit code of doctor, with a worker's token" '0 ' "$STATUS $ERR"
matches "what it says of a worker's token" '.*
token +ok +it lets a worker in; not an operator
.*' "$OUT"
mkdir -m 700 "$FLEET/nobody"
run env XDG_RUNTIME_DIR="$FLEET/nobody" "$BIN/pictl" doctor "$ADDRESS"
same 'exit code of doctor, without a token' 4 "$STATUS"
matches 'what it says without a token' 'name +ok .*
port +ok .*
protocol +ok +it is a picoord, with TLS
token +none +there is no join string for .*' "$OUT"
matches 'what to do then' 'hint: set PI_JOIN to the line that .*' "$ERR"

# Asked while it is still starting, pictl looks again for a second.
signal TERM picoord
ended picoord 60
found_while_starting() {
    local found
    start early "$BIN/pictl" version
    coordinator
    ended early 60
    found=$STATUS
    signal TERM picoord
    ended picoord 60
    [[ $found == 0 ]]
}
wait_until 60 found_while_starting
