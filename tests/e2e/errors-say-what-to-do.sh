#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What needs a server of its own to provoke: a coordinator of another protocol, and one
# whose descriptors are all in use.
. "$(dirname "$0")/checks.sh"

# No more descriptors: who is there stays, who comes is told.
start picoord bash -c 'ulimit -n 110 && exec "$@"' - "$BIN/picoord" --ephemeral \
    --listen 127.0.0.1:0 --contact-file "$CONTACT"
wait_until 30 test -s "$CONTACT"
ADDRESS=$(field addr <"$CONTACT"):$(field port <"$CONTACT")
worker ada --threads 1
wait_until 30 attached 1
idle=()
for ((i = 0; i < 60; i++)); do
    exec {fd}<>"/dev/tcp/${ADDRESS/://}"
    idle+=("$fd")
done
run pictl status
matches 'one too many' "3 pictl: $ADDRESS refused this pictl: this coordinator has no room for more connections
hint: try again later" "$STATUS $ERR"
said() { grep -q "$1" "$FLEET/picoord.log"; }
wait_until 10 said 'too many connections: refusing new ones, existing ones continue.*ulimit -n 65536'
same 'lines about it' 1 "$(grep -c 'too many connections' "$FLEET/picoord.log")"
for fd in "${idle[@]}"; do
    exec {fd}>&-
done
wait_until 20 attached 1 # it is still there

# Another protocol: a server that welcomes in the fourth.
has 'a coordinator of another protocol' python3 || exit 0
cat >"$FLEET/fourth.py" <<'END'
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    peer, _ = listener.accept()
    peer.recv(1000)
    peer.sendall(bytes.fromhex("0000000412020804"))
    peer.recv(100)
    peer.close()
END
start fourth python3 "$FLEET/fourth.py"
wait_until 30 test -s "$FLEET/fourth.out"
there=127.0.0.1:$(<"$FLEET/fourth.out")
version=$(<"$HERE/../../VERSION")
for program in piworker pictl; do
    arguments=("$there")
    [[ $program == piworker ]] || arguments=(--coordinator "$there" status)
    run_within 60 "$BIN/$program" --plaintext "${arguments[@]}"
    same "$program at another protocol" \
        "4 $program: $there speaks protocol 4, this $program $version speaks 1
hint: bring both to the same release" "$STATUS $ERR"
done
