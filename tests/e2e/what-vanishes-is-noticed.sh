#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Files that picoord holds open, and that somebody removes, moves or replaces: of its
# state it says so and ends, and acknowledges nothing; the contact file and the folder
# where programs meet are written again.
. "$(dirname "$0")/checks.sh"

# ---- its state ----

state=$FLEET/state
without() { rm "$state/$1"; }
moved() { mv "$state/$1" "$state/aside"; }
replaced() {
    cp "$state/$1" "$state/copy"
    mv "$state/copy" "$state/$1"
}
folder_removed() { rm -r "$state"; }
folder_renamed() { mv "$state" "$FLEET/elsewhere"; }
folder_replaced() {
    cp -r "$state" "$FLEET/copy"
    mv "$state" "$FLEET/aside"
    mv "$FLEET/copy" "$state"
}

for how in without\ state.db without\ state.db-wal moved\ state.db replaced\ state.db \
    replaced\ state.db-wal folder_removed folder_replaced folder_renamed; do
    rm -rf "$state" "$FLEET/aside"
    coordinator --state "$state"
    pictl submit --trials 1M --seed 1 >/dev/null 2>&1
    $how
    run pictl pause j-1
    [[ $STATUS != 0 && -z $OUT ]] || fleet_fail "a change is acknowledged after: $how"
    ended picoord 60
    same "exit status after: $how" 7 "$STATUS"
    said picoord "cannot save progress to $state/state.db: it, or its log, was removed, moved" ||
        fleet_fail "it does not say why it ends after: $how"
    [[ ! -e $CONTACT ]] || fleet_fail "the contact file is still there after: $how"
    : >"$FLEET/picoord.log"
done
run "$BIN/picoord" --check --state "$FLEET/elsewhere"
matches 'the state in its new place' '0 .* is sound: 1 job.*' "$STATUS $OUT"

# Nobody asks for anything: it is noticed nevertheless.
rm -rf "$state"
coordinator --state "$state"
rm -r "$state"
ended picoord 60
same 'exit status of an idle one' 7 "$STATUS"

# ---- what it is found by ----

found() { "$BIN/pictl" version >/dev/null 2>&1; } # where programs meet
coordinator
found || fleet_fail 'it is not even found at first'
rm "$CONTACT"
wait_until 60 test -s "$CONTACT"
mv "$XDG_RUNTIME_DIR/picoord" "$FLEET/cleaned" # at once: it may be made again meanwhile
wait_until 60 found
mkdir -m 700 "$FLEET/anew" # as a login makes it, after the last logout has removed it
mv "$XDG_RUNTIME_DIR" "$FLEET/gone" && mv "$FLEET/anew" "$XDG_RUNTIME_DIR"
wait_until 60 found
rm "$XDG_RUNTIME_DIR/picoord/${FLEET_PIDS[picoord]}/operator.join"
wait_until 60 found
matches 'its lines about that' '[3-5] 1' "$(grep -c 'picoord had gone: it is there again' "$FLEET/picoord.log") $(
    grep -c 'the contact file had gone: it is there again' "$FLEET/picoord.log")"
signal TERM picoord
ended picoord 60
same 'exit status' 0 "$STATUS"
same 'what is left' '' "$(find "$XDG_RUNTIME_DIR" "$CONTACT" -type f 2>/dev/null)"

# The folder of the contact file goes and comes back, and a link goes.
mkdir "$FLEET/deep"
ln -s "$FLEET/deep/contact" "$CONTACT"
start picoord "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$CONTACT"
wait_until 60 test -s "$CONTACT"
rm -r "$FLEET/deep"
wait_until 60 said picoord 'has gone and cannot be written again'
mkdir "$FLEET/deep"
wait_until 60 test -s "$FLEET/deep/contact"
rm "$CONTACT"
wait_until 60 test -f "$CONTACT"
[[ ! -L $CONTACT && ! -e $FLEET/deep/contact ]] || fleet_fail 'the file behind the link is still there'
signal TERM picoord
ended picoord 60
[[ ! -e $CONTACT ]] || fleet_fail 'the contact file is still there'
