#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Peers of other protocols and hostile bytes: each connection is closed, and the
# coordinator and the job that it has under way go on.  Frames are written by hand here,
# so they are taken in the clear.
. "$(dirname "$0")/checks.sh"

coordinator --plaintext
worker ada --threads 1
wait_until 60 attached 1
descriptors() { find "/proc/${FLEET_PIDS[picoord]}/fd" | wc -l; }
before=$(descriptors)
job=$(pictl submit --trials $ENDLESS --seed 21)

talk() { # seconds, bytes as printf writes them; prints what is answered until the end
    exec 3<>"/dev/tcp/${ADDRESS/:/\/}"
    # shellcheck disable=SC2059 # a format is what it is
    printf "$2" >&3 2>/dev/null || true
    STATUS=0
    timeout "$1" cat <&3 | tr -c '[:print:]' . || STATUS=$?
    exec 3>&-
}

closed() { # what, bytes, what is answered
    local answer
    answer=$(talk "$(patience 4)" "$2" 2>/dev/null && exit "$STATUS") || fleet_fail "$1: was not closed"
    matches "answer to $1" "$3" "$answer"
}

hello='\x00\x00\x00\x0e\x0a\x0c\x08\x01\x10\x01\x1a\x01x\x22\x010\x28\x02'
other_protocol='\x00\x00\x00\x0e\x0a\x0c\x08\x08\x10\x09\x1a\x01x\x22\x010\x28\x02'
submit='\x00\x00\x00\x1d\xa2\x01\x1a\x08\x07\x12\x16\x0a\x10ABCDEFGHIJKLMNOP\x10\xc0\x84\x3d'

closed HTTP 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' '.*200 OK.*state: .*'
closed 'a head that is too long' "GET /$(printf '%09000d' 0) HTTP/1.1\r\n" '.*'
closed 'no HTTP after all' 'HELLO\r\n\r\n' '.*'
closed 'a command that is too long' "status$(printf '%0300d' 0)" 'ERR a command has at most 256 bytes.'
closed SSH 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n' '.*'
closed 'noise after the first byte of TLS' '\x16\x16\x16\x16\x16\x16\x16\x16\x16' '.*'
closed text 'status\n' 'state: .*version: .*'
closed 'an empty frame' '\x00\x00\x00\x00' '.*a frame that is empty or longer.*'
closed 'a frame that is too long for a Hello' '\x00\x00\x04\x01' '.*a frame that is empty or longer.*'
closed 'a frame of 16 MiB' '\x00\xff\xff\xff' '.*a frame that is empty or longer.*'
closed 'a frame too long after Welcome' "$hello"'\x00\x01\x00\x00' '.*a frame that is empty or longer.*'
closed 'no protobuf' '\x00\x00\x00\x03\xff\xff\xff' '.+'
closed 'a request before Hello' "$submit" '.+'
closed 'Hello twice' "$hello$hello" '.+'
closed 'a protocol of tomorrow' "$other_protocol" '.*protocol.*'
for ((i = 0; i < 20; i++)); do
    { printf '\0'; head -c 2000 /dev/urandom; } >"$FLEET/noise"
    { timeout 2 cat "$FLEET/noise" >"/dev/tcp/${ADDRESS/:/\/}"; } 2>/dev/null || true
done

# A frame that is never finished, a handshake, and what is never begun: closed after 5 s.
for bytes in 'stat' 'GET / HTTP/1.1\r\nHost: lo' '\x00\x00\x00\x0e\x0a' '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' ''; do
    (talk "$(patience 30)" "$bytes" && exit "$STATUS") >/dev/null 2>&1 &
    waiting+=($!)
done

# The same request twice is one job.
exec 4<>"/dev/tcp/${ADDRESS/:/\/}"
start replies bash -c 'exec cat <&4'
# shellcheck disable=SC2059
printf "$hello$submit$submit" >&4
answered_twice() { (($(grep -ao 'j-2' "$FLEET/replies.out" | wc -l) >= 2)); }
wait_until 60 answered_twice
exec 4>&-
destroy replies
same 'jobs' 2 "$(pictl jobs --json | grep -o '"id":' | wc -l)"

for pid in "${waiting[@]}"; do
    wait "$pid" || fleet_fail 'one that says nothing was not closed'
done
running picoord || fleet_fail 'picoord has ended'
counted=$(job_field "$job" 'done')
wait_until 60 counted "$job" $((counted + 1))
same_count "$job"
as_before() { (($(descriptors) <= before)); }
wait_until 60 as_before
! said picoord 'worker lost' || fleet_fail 'a worker was lost'

# The other way round: programs that are pointed at something else.
has 'what programs say of a server that is no picoord' python3 || exit 0
cat >"$FLEET/server.py" <<'END'
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    peer, _ = listener.accept()
    peer.sendall(sys.argv[1].encode().decode("unicode_escape").encode("latin1"))
    peer.recv(1)
    peer.close()
END
stranger() { # name, what it says; sets $THERE
    start "$1" python3 "$FLEET/server.py" "$2"
    wait_until 60 test -s "$FLEET/$1.out"
    THERE=127.0.0.1:$(<"$FLEET/$1.out")
}
stranger ssh 'SSH-2.0-OpenSSH_9.2\r\n'
run_within 60 "$BIN/piworker" "$THERE"
same 'piworker at an SSH server' "4 piworker: $THERE is not a picoord (it answered \"SSH-2.0-OpenSSH_9.2\")
hint: check the host and the port" "$STATUS $ERR"
run_within 60 "$BIN/pictl" --coordinator "$THERE" status
same 'pictl at an SSH server' "4 pictl: $THERE is not a picoord (it answered \"SSH-2.0-OpenSSH_9.2\")
hint: picoord listens on port 31415 unless told otherwise" "$STATUS $ERR"
run_within 60 "$BIN/picoord" --listen "$THERE"
same 'picoord on its port' "7 picoord: cannot listen on $THERE: address already in use
hint: choose another port, or --listen 127.0.0.1:0 for any free one" "$STATUS $ERR"
stranger noise '\x00\x00\x00\x05hello'
run_within 60 "$BIN/piworker" "$THERE"
same 'exit code of piworker at a noisy server' 4 "$STATUS"
run_within 60 "$BIN/pictl" --coordinator "$THERE" status
same 'exit code of pictl at a noisy server' 4 "$STATUS"
