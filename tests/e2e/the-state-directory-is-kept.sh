#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a coordinator is known by outlives it: key and tokens, in files that nobody else
# may read, one coordinator at a time.  What others find it by goes with it.
. "$(dirname "$0")/checks.sh"

state=$FLEET/deep/state
modes() { find "$1" -printf '%m %P\n' | sort -k 2; }

coordinator --state "$state"
same 'modes in the state directory' '700 ' "$(modes "$state" | head -n 1)"
for file in key.pem certificate.pem state.key tokens; do
    same "mode of $file" "600 $file" "$(modes "$state" | grep " $file$")"
done
same 'what others may read or write' '' "$(find "$FLEET/deep" -perm /077)"
workers=$(pictl token show) operators=$(pictl token show --operator)
first=${FLEET_PIDS[picoord]}

# The folder in which programs meet.
meet=$XDG_RUNTIME_DIR/picoord
same 'modes where programs meet' "700 
700 $first
600 $first/local-worker.join
600 $first/lock
600 $first/operator.join
600 $first/worker.join" "$(modes "$meet")"
same 'worker.join' "$workers" "$(<"$meet/$first/worker.join")"
same 'operator.join' "$operators" "$(<"$meet/$first/operator.join")"

# A second one on the same directory.
run_within 30 "$BIN/picoord" --listen 127.0.0.1:0 --state "$state"
same 'exit code of a second one' 7 "$STATUS"
matches 'a second one' "picoord: the state directory $state is in use by picoord with pid $first(
hint: .*)?" "$ERR"

signal TERM picoord
ended picoord 60
[[ ! -e $meet/$first ]] || fleet_fail 'the folder to meet in is still there'

# Started again it is the same one, at another address.
coordinator --state "$state"
same 'key and token of workers, again' "$(join_at "$workers" "$ADDRESS")" "$(pictl token show)"
same 'key and token of operators, again' "$(join_at "$operators" "$ADDRESS")" \
    "$(pictl token show --operator)"
pictl token rotate >/dev/null 2>&1
rotated=$(pictl token show)
[[ ${rotated##*.} != "${workers##*.}" ]] || fleet_fail 'rotation has changed nothing'

# Killed, it leaves its folder behind: nobody takes it for one that lives.
second=${FLEET_PIDS[picoord]}
destroy picoord
[[ -e $meet/$second/lock ]] || fleet_fail 'a killed one has left nothing to be skipped'
run "$BIN/pictl" status
same 'pictl after the kill' '3 pictl: no picoord of yours runs on this machine
hint: start one: picoord; for one elsewhere set PI_JOIN to the line that it prints' "$STATUS $ERR"
coordinator --state "$state"
[[ ! -e $meet/$second ]] || fleet_fail 'nobody has removed what the killed one left'
same 'the rotated token after the kill' "$(join_at "$rotated" "$ADDRESS")" "$(pictl token show)"

# Two that live: a list, and either can be chosen.
start other "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$FLEET/other.contact"
wait_until 60 test -s "$FLEET/other.contact"
there=127.0.0.1:$(field port <"$FLEET/other.contact")
for program in pictl piworker; do
    # shellcheck disable=SC2046 # a word or nothing
    run_within 30 "$BIN/$program" $([[ $program != pictl ]] || echo status)
    same "exit code of $program with two" 2 "$STATUS"
    matches "$program with two" "$program: 2 of your picoords run on this machine: .*127\.0\.0\.1.*
hint: choose one: $program .*HOST:PORT" "$ERR"
    for address in "$ADDRESS" "$there"; do
        [[ $ERR == *"$address (pid "* ]] || fleet_fail "$program does not list $address: $ERR"
    done
done
for address in "$ADDRESS" "$there"; do
    run "$BIN/pictl" --coordinator "$address" status
    same "the one at $address" "0 " "$STATUS $ERR"
    [[ $OUT == *"coordinator $address "* ]] || fleet_fail "another one answered: $OUT"
done
signal TERM other
ended other 60
run "$BIN/pictl" status
same 'one again' '0 ' "$STATUS $ERR"
signal TERM picoord
ended picoord 60

# Nothing is left of an ephemeral one.
before=$(find "$FLEET" -mindepth 1 ! -path "$FLEET/std*" | sort)
run picoord --trials 1e6 --spawn 1 --exit-when-done
same 'exit code of an ephemeral one' 0 "$STATUS"
same 'what it left' "$before" "$(find "$FLEET" -mindepth 1 ! -path "$FLEET/std*" | sort)"
[[ ! -e $XDG_STATE_HOME ]] || fleet_fail 'it has made a state directory'

# Without --state: where the environment says.
start picoord "$BIN/picoord" --listen 127.0.0.1:0 --contact-file "$CONTACT"
wait_until 60 test -s "$CONTACT"
[[ -s $XDG_STATE_HOME/picoord/tokens ]] || fleet_fail "no tokens in $XDG_STATE_HOME/picoord"
signal TERM picoord
ended picoord 60

# Open to others, or not ours: refused with a sentence, and nothing is written.
refused() { # what stderr says, hint
    run_within 30 "$BIN/picoord" --listen 127.0.0.1:0 --state "$state"
    same "exit code, $1" 7 "$STATUS"
    same 'stderr' "picoord: $1
hint: $2" "$ERR"
}
for file in key.pem state.key tokens; do
    chmod 640 "$state/$file"
    refused "$state/$file may be read by others (mode 0640)" "chmod 600 $state/$file"
    chmod 600 "$state/$file"
done
chmod 750 "$state"
refused "$state may be read by others (mode 0750)" "chmod 700 $state"
chmod 700 "$state"
mv "$state/tokens" "$state/aside"
ln -s aside "$state/tokens"
refused "$state/tokens is a symbolic link" 'name what it points to'
mv "$state/aside" "$state/tokens"

# Behind links it is the same one, and so is what --check reads.
ln -s deep "$FLEET/middle"
ln -s "$FLEET/middle/state" "$FLEET/last"
for path in "$FLEET/middle/state" "$FLEET/last"; do
    coordinator --state "$path"
    same "key and token by $path" "$(join_at "$rotated" "$ADDRESS")" "$(pictl token show)"
    run timeout 30 "$BIN/picoord" --check --state "$state"
    matches 'while it runs' "7 picoord: the state directory $state is in use by .*" "$STATUS $ERR"
    signal TERM picoord
    ended picoord 60
    run timeout 30 "$BIN/picoord" --check --state "$path"
    matches "--check by $path" "0 $state/state\.db is sound: .*" "$STATUS $OUT"
done
coordinator --state "$FLEET/middle/new/state"
signal TERM picoord
ended picoord 60
[[ -s $FLEET/deep/new/state/state.db ]] || fleet_fail 'no state.db in a new directory behind a link'

refused_at() { # path, what stderr says, hint
    run timeout 30 "$BIN/picoord" --listen 127.0.0.1:0 --state "$1"
    same "stderr with $1" "7 picoord: $2
hint: $3" "$STATUS $ERR"
}
ln -s nothing "$FLEET/dangling"
ln -s loop "$FLEET/loop"
ln -s "$state/tokens" "$FLEET/file"
for path in "$FLEET/dangling" "$FLEET/loop"; do
    refused_at "$path" "$path is a symbolic link that leads nowhere" \
        'make the folder that it points to, or name another'
done
path=$FLEET/dangling/state
refused_at "$path" "cannot make the folder $path: no such file or directory" 'is the path right?'
refused_at "$FLEET/file" "cannot open $state/tokens: not a directory" 'is the path right?'
chmod 750 "$state"
refused_at "$FLEET/last" "$state may be read by others (mode 0750)" "chmod 700 $state"
chmod 700 "$state"
if (($(id -u) != 0)); then
    skip 'files of another user: only root can make them'
    exit 0
fi
chown 12345 "$state/key.pem"
run_within 30 "$BIN/picoord" --listen 127.0.0.1:0 --state "$state"
matches 'a key of another user' "7 picoord: $state/key\.pem belongs to another user \(uid 12345\)
hint: .*" "$STATUS $ERR"
chown 12345 "$state"
refused_at "$FLEET/last" "$state belongs to another user (uid 12345)" \
    'name another folder, or give it to the user that runs this'
