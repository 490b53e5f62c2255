#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The first process of a container is the parent of whatever loses its own: no zombie
# stays.  The kernel gives it only signals that it asks for: SIGTERM ends it always.
. "$(dirname "$0")/checks.sh"
needs unshare nsenter
unshare --pid --fork --mount-proc true 2>/dev/null || {
    skip 'the first process of a container: only root can make one'
    exit 0
}

first() { # name, command: as process 1; sets $FIRST, its number here
    start "$1" unshare --pid --fork --kill-child --mount-proc "${@:2}"
    wait_until 60 begun "${FLEET_PIDS[$1]}"
    FIRST=$(children "${FLEET_PIDS[$1]}")
}
begun() { [[ $(tr '\0' ' ' <"/proc/$(children "$1")/cmdline") == "$BIN"/* ]]; } 2>/dev/null
children() { { grep -lsx "PPid:.$1" /proc/[0-9]*/status || true; } | cut -d / -f 3; } # process
has_children() { [[ $(children "$FIRST" | wc -l) == "$1" ]]; }
orphans() { # a few, which end at once or a little later
    nsenter -t "$FIRST" -p -m bash -c 'for i in 1 2 3; do true & sleep 0.1 & done'
}

rm -f "$CONTACT"
first picoord "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$CONTACT" \
    --trials $ENDLESS --spawn 2
wait_until 60 attached 2
first ada "$BIN/piworker" --contact-file "$CONTACT" --threads 1 --name ada
ada=$FIRST
wait_until 60 attached 3
orphans
wait_until 60 has_children 0

# The children of programs are waited for by who has started them, and orphans of theirs are not.
hash=$HERE/../programs/hash.sh
first counts "$BIN/piworker" --contact-file "$CONTACT" --threads 1 --name counts \
    --offer "hash=sh -c 'true & exec $hash'"
counts=$FIRST
run_to_end pictl submit --program hash --trials 10000 --seed 42 --audit none --wait
same 'a job by a program' 0 "$STATUS"
wait_until 60 has_children 1
kill -s TERM "$counts"
ended counts 60
same 'exit status of a worker with a program' 0 "$STATUS"

# Workers that picoord has spawned are libuv's to wait for: they are started again.
FIRST=$(children "${FLEET_PIDS[picoord]}")
orphans
wait_until 60 has_children 2
kill -s KILL "$(children "$FIRST" | sed 1q)"
orphans
wait_until 60 said picoord 'spawned worker ended'
wait_until 60 attached 3
wait_until 60 has_children 2

kill -s TERM "$ada"
ended ada 60
same 'exit status of a worker' 0 "$STATUS"
kill -s TERM "$FIRST"
ended picoord 60
same 'exit status of picoord' 0 "$STATUS"

# Without a loop, too.
first serial "$BIN/piworker" --serial $ENDLESS
kill -s TERM "$FIRST"
ended serial 60
same 'exit status of --serial' 143 "$STATUS"
