#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Where a file is to be written there may be a pipe, a link or a device, or standard
# output is meant: pictl backup and picoord --contact-file write into it, say so only
# when they have, and leave it there.
. "$(dirname "$0")/checks.sh"

pipe=$FLEET/pipe
mkfifo "$pipe"

is_sound() { # what, backup
    local folder
    folder=$(mktemp -d "$FLEET/restored.XXXXXX")
    cp "$2" "$folder/state.db"
    run "$BIN/picoord" --check --state "$folder"
    same "exit status of --check of $1" 0 "$STATUS"
    matches "what is in $1" '.* 1 jobs?, 1 done.*' "$OUT"
}

STATE=$FLEET/state
coordinator --trials 1000 --seed 1 --spawn 1
wait_until 60 job_is j-1 'done'

# ---- a backup ----

start reader cat "$pipe"
run pictl backup "$pipe"
same 'exit status of a backup into a pipe' 0 "$STATUS"
matches 'what it says' "pictl: wrote $pipe, [0-9 ]+ bytes" "$ERR"
ended reader 60
is_sound 'a pipe' "$FLEET/reader.out"
[[ -p $pipe ]] || fleet_fail 'the pipe has been replaced'

# A reader that comes late is waited for; told to stop, it stops.
start late "${PICTL[@]}" backup "$pipe"
start reader2 cat "$pipe"
ended late 60
same 'exit status of a backup that waited' 0 "$STATUS"
ended reader2 60
is_sound 'a pipe with a late reader' "$FLEET/reader2.out"
hears_term() { # name
    local caught
    caught=$(awk '/^SigCgt/ { print $2 }' "/proc/${FLEET_PIDS[$1]}/status")
    ((0x$caught >> 14 & 1))
}
start never "${PICTL[@]}" backup "$pipe"
wait_until 60 hears_term never
signal TERM never
ended never 60
same 'exit status of one that is told to stop' 143 "$STATUS"

# A reader that leaves early.
into_unread() {
    (
        exec 8<>"$pipe"
        exec 9>"$pipe"
        exec 8<&-
        exec "$@" >&9
    )
}
run into_unread "${PICTL[@]}" backup -
same 'exit status without a reader' 7 "$STATUS"
same 'what it says' 'pictl: cannot write standard output: broken pipe' "$ERR"

# Standard output: the snapshot and nothing else.
for name in - /dev/stdout; do
    for json in '' --json; do
        pictl backup "$name" $json 2>"$FLEET/said" | cat >"$FLEET/piped"
        is_sound "$name $json" "$FLEET/piped"
        [[ $json ]] || matches "what a backup to $name says" \
            'pictl: wrote the backup to standard output, [0-9 ]* bytes' "$(<"$FLEET/said")"
    done
done
echo before >"$FLEET/log"
pictl backup /dev/stdout >>"$FLEET/log" 2>/dev/null
same 'what stood before' before "$(sed 1q "$FLEET/log")"
tail -c +8 "$FLEET/log" >"$FLEET/piped"
is_sound 'what was appended' "$FLEET/piped"
[[ ! -e ./- ]] || fleet_fail 'there is a file called -'

# Links.
mkdir "$FLEET/folder"
ln -s folder/real "$FLEET/link"
for round in dangling standing; do
    run pictl backup "$FLEET/link"
    same "exit status of a backup by a $round link" 0 "$STATUS"
    [[ -L $FLEET/link ]] || fleet_fail "the $round link has been replaced"
    is_sound "a $round link" "$FLEET/folder/real"
    same 'mode of the file behind a link' 600 "$(stat -c %a "$FLEET/folder/real")"
    same 'files behind a link' real "$(ls "$FLEET/folder")"
done

# Devices that are always there.
run pictl backup /dev/null
same 'exit status of a backup into nothing' 0 "$STATUS"
[[ -c /dev/null ]] || fleet_fail '/dev/null has been replaced'
if [[ -c /dev/full ]]; then
    run pictl backup /dev/full
    same 'exit status of a backup into a full device' 7 "$STATUS"
    same 'what it says' 'pictl: cannot write /dev/full: no space left on device' "$ERR"
fi

# What fails on the way leaves nothing behind, and what was there stays.
signal TERM picoord
ended picoord 60
STATE=
coordinator
echo before >"$FLEET/kept"
for name in "$FLEET/kept" "$FLEET/new" - "$pipe"; do
    run pictl backup "$name"
    same "exit status of no backup to $name" 1 "$STATUS"
    same "what it writes to standard output for $name" '' "$OUT"
done
same 'what was there' before "$(<"$FLEET/kept")"
[[ ! -e $FLEET/new ]] || fleet_fail 'there is a backup of nothing'
signal TERM picoord
ended picoord 60

# ---- a contact file ----

other() { # contact file
    start other "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$1"
}
stops() {
    signal TERM other
    ended other 60
    same "exit status of picoord --contact-file $1" 0 "$STATUS"
}

exec 7<>"$pipe"
other "$pipe"
read -r -t 60 line <&7
matches 'what the pipe says' '\{"addr":"127\.0\.0\.1",.*"operator_join":"pi1\..*"\}' "$line"
stops 'a pipe'
[[ -p $pipe ]] || fleet_fail 'the pipe has gone'
exec 7<&-

run timeout 60 "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$pipe"
same 'exit status with a pipe that nobody reads' 7 "$STATUS"
same 'what it says' "picoord: cannot write the contact file $pipe: nobody reads from it
hint: start its reader first" "$ERR"

ln -s folder/contact "$FLEET/contact-link"
other "$FLEET/contact-link"
wait_until 60 test -s "$FLEET/folder/contact"
run "$BIN/pictl" --contact-file "$FLEET/folder/contact" status
same 'exit status by what a link points to' 0 "$STATUS"
stops 'a link'
[[ -L $FLEET/contact-link ]] || fleet_fail 'the link has gone'
[[ ! -e $FLEET/folder/contact ]] || fleet_fail 'the contact file behind the link is still there'

: >"$FLEET/other.out"
other -
wait_until 60 grep -q operator_join "$FLEET/other.out"
stops -
same 'lines on standard output' 1 "$(wc -l <"$FLEET/other.out")"
[[ ! -e ./- ]] || fleet_fail 'there is a file called -'

# Somebody else's file in its place is not removed.
other "$FLEET/contact-mine"
wait_until 60 test -s "$FLEET/contact-mine"
cp "$FLEET/contact-mine" "$FLEET/theirs"
mv "$FLEET/theirs" "$FLEET/contact-mine"
stops 'a file that is replaced'
[[ -s $FLEET/contact-mine ]] || fleet_fail 'the file of another has been removed'

# Nor is a pipe in its place opened, which would wait for a reader for ever.
other "$FLEET/contact-pipe"
wait_until 60 test -s "$FLEET/contact-pipe"
rm "$FLEET/contact-pipe"
mkfifo "$FLEET/contact-pipe"
stops 'a pipe in its place'
[[ -p $FLEET/contact-pipe ]] || fleet_fail 'the pipe of another has been removed'
