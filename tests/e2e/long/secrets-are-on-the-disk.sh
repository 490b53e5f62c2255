#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The order of system calls, by strace(1): what holds a secret or an answer has its bytes
# on the disk before it gets its name, and its name before the program goes on; nothing of
# a state directory is touched before it is locked.
. "$(dirname "$0")/../checks.sh"
needs strace
why=$(strace -o "$FLEET/try" true 2>&1) || {
    skip "the order of system calls: ${why%%$'\n'*}"
    exit 0
}

traced() { # name, program and arguments
    echo strace -f -y -qq -o "$FLEET/$1.calls" \
        -e trace=openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,flock "${@:2}"
}

# Each rename to a path that matches: prints those that were not right, and how many were.
renames() { # name, pattern of paths
    awk -v pattern="^($2)$" '
        { call = $2; sub(/\(.*/, "", call); path = "" }
        match($0, /\([0-9]+<[^>]*>/) { path = substr($0, RSTART, RLENGTH); gsub(/^[^<]*<|>$/, "", path) }
        call ~ /^p?write/ { dirty[path] = NR }
        call ~ /^f(data)?sync$/ {
            synced[path] = NR
            for (to in waits)
                if (waits[to] == path) { delete waits[to]; right++ }
        }
        call ~ /^rename/ {
            split($0, part, "\"")
            from = part[2]; to = part[4]
            if (to !~ pattern) next
            if (!(from in synced) || synced[from] < dirty[from])
                print "renamed before it was synced: " to
            folder = to; sub(/\/[^\/]*$/, "", folder)
            waits[to] = folder
        }
        END {
            for (to in waits) print "its folder was not synced: " to
            print right + 0
        }' "$FLEET/$1.calls"
}

# Until the lock is taken no other file of the folder is opened.
locked_first() { # name, folder
    awk -v folder="$2/" '
        index($0, "flock(") && index($0, "<" folder "lock>") && / = 0$/ { locked = 1 }
        index($0, "openat(") && index($0, "\"" folder) && !index($0, "\"" folder "lock\"") {
            opened++
            if (!locked) print "opened before it was locked: " $0
        }
        END { if (!opened) print "nothing was opened" }' "$FLEET/$1.calls"
}

# Files that name a process which runs are gone with the power: they are only never half
# there.  How many were renamed, and what was written under its own name.
whole() { # name, pattern of paths
    awk -v pattern="^($2)$" '
        match($0, / p?write(64)?\([0-9]+<[^>]*>/) {
            path = substr($0, RSTART, RLENGTH)
            gsub(/^[^<]*<|>$/, "", path)
            if (path ~ pattern) print "written where it is read: " path
        }
        / rename/ { split($0, part, "\""); renamed += part[4] ~ pattern }
        END { print renamed + 0 }' "$FLEET/$1.calls"
}

STATE=$FLEET/state-kept
secrets="$STATE/(key.pem|certificate.pem|state.key|tokens)"

# A state directory is made, and opened again.
# shellcheck disable=SC2046 # words
run $(traced made "$BIN/picoord" --init --state "$STATE")
same 'picoord --init' 0 "$STATUS"
# The certificate twice: with the key, and when the names are known.
same 'secrets that are made' 5 "$(renames made "$secrets")"
same 'the lock of what is made' '' "$(locked_first made "$STATE")"

# A coordinator on it; a token is rotated while it runs.
rm -f "$CONTACT"
# shellcheck disable=SC2046
start picoord $(traced kept "$BIN/picoord" --state "$STATE" --listen 127.0.0.1:0 --contact-file "$CONTACT")
wait_until 60 fleet_listens
worker ada --threads 1
run_to_end pictl submit --trials 1e6 --wait
same 'a job' 0 "$STATUS"
run pictl token rotate
same 'pictl token rotate' 0 "$STATUS"
same 'tokens that are rotated' 1 "$(renames kept "$secrets")"
same 'a contact file, and the one with the new token' 2 "$(renames kept "$CONTACT")"
number=$(field pid <"$CONTACT")
joins="$XDG_RUNTIME_DIR/picoord/$number"
same 'join files, and those with the new token' 6 "$(whole kept "$joins/(worker|local-worker|operator).join")"
same 'the lock of join files' '' "$(locked_first kept "$joins")"
same 'the lock of what is kept' '' "$(locked_first kept "$STATE")"

# A backup, where there was one.
for backup in first second; do
    # shellcheck disable=SC2046
    run $(traced $backup "${PICTL[@]}" backup "$FLEET/kept.db")
    same 'pictl backup' 0 "$STATUS"
    same "the $backup backup" 1 "$(renames $backup "$FLEET/kept.db")"
done
