#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Who was not invited does not get in, and each is told why in a sentence, on both ends
# where both can know it, with the exit code for it: by the wrong key, token, protocol,
# server, or by join strings that are damaged.
. "$(dirname "$0")/checks.sh"
needs python3 openssl
stranger_pem

coordinator --log-level debug
worker ada --threads 1
wait_until 60 attached 1
workers=$(pictl token show) operators=$(pictl token show --operator)

# Both programs; %PEER% in what stderr says after "PROGRAM: " is what picoord calls them.
# What it logs of the second is a count, which comes later.
turned_away() { # what, exit code, stderr, picoord's log, join string for piworker, pictl
    local since
    since=$(log_end)
    run_within 30 env PI_JOIN="$5" "$BIN/piworker" --once --threads 1
    same "exit code of piworker, $1 ($ERR)" "$2" "$STATUS"
    matches "stderr of piworker, $1" "piworker: ${3//%PEER%/this worker}" "$ERR"
    [[ -z $4 ]] || wait_until 30 logged_since "$since" "$4"
    run_within 30 env PI_JOIN="$6" "$BIN/pictl" status
    same "exit code of pictl, $1 ($ERR)" "$2" "$STATUS"
    matches "stderr of pictl, $1" "pictl: ${3//%PEER%/this pictl}" "$ERR"
}

# A handshake that is never begun, and one that never ends: closed after 5 s.
# So long it takes too until programs give up a silent server.
waiting=()
for bytes in '' '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'; do
    (
        exec 3<>"/dev/tcp/${ADDRESS/:/\/}"
        # shellcheck disable=SC2059 # a format is what it is
        printf "$bytes" >&3
        timeout "$(patience 30)" cat <&3 >/dev/null
    ) 2>/dev/null &
    waiting+=($!)
done

relay silent say ''
silent=$THERE
start silent-worker env PI_JOIN="$(join_at "$workers" "$silent")" "$BIN/piworker" --once
start silent-pictl env PI_JOIN="$(join_at "$operators" "$silent")" "$BIN/pictl" status

here=${ADDRESS//./\\.}
hint='
hint: .+'
show="
hint: on the coordinator's machine run 'pictl token show', here set PI_JOIN or --join-file"
other_key=' shows another key than the join string names: it is another coordinator, or somebody is in between'"$hint"

turned_away 'the wrong token' 4 "$here refused %PEER%: wrong token$show" \
    'WARN  peer refused addr=127\.0\.0\.1:[0-9]+ reason="wrong token"' \
    "$(join_with_other token "$workers")" "$(join_with_other token "$operators")"
turned_away 'the wrong key' 4 "$here$other_key" "WARN  connection closed .*reason=\"does not take this coordinator's key" \
    "$(join_with_other pin "$workers")" "$(join_with_other pin "$operators")"

since=$(log_end)
run env PI_JOIN="$workers" "$BIN/pictl" status
same "a worker's token shown by pictl" "4 pictl: $ADDRESS refused this pictl: this is a worker's token: pictl needs the operator's
hint: on the coordinator's machine run 'pictl token show --operator' and set PI_JOIN here; do not give it to workers" "$STATUS $ERR"
wait_until 30 logged_since "$since" "WARN  peer refused .*reason=\"this is a worker's token: pictl needs the operator's\""

# In the middle: the join string's pin is not the key that is shown.
relay between to "$ADDRESS" --certificate "$FLEET/stranger.pem"
turned_away 'a man in the middle' 4 "${THERE//./\\.}$other_key" '' \
    "$(join_at "$workers" "$THERE")" "$(join_at "$operators" "$THERE")"
destroy between

# A recorded connection, sent once more.
relay recorder to "$ADDRESS" --record "$FLEET/recorded"
PI_JOIN=$(join_at "$workers" "$THERE") "$BIN/piworker" --threads 1 --name recorded \
    --exit-when-idle 100ms 2>/dev/null
joined() { grep -c 'worker joined' "$FLEET/picoord.log"; }
before=$(joined) since=$(log_end)
python3 "$HERE/relay.py" replay "$FLEET/recorded" "$ADDRESS" >/dev/null
wait_until 30 logged_since "$since" 'reason="breaks the rules of TLS'
same 'workers that joined by what was recorded' "$before" "$(joined)"

# Bytes that are damaged or cut on the way.
for damage in '--corrupt 100' '--corrupt 300' '--cut 100' '--cut 300'; do
    # shellcheck disable=SC2086 # words
    relay "damage${damage// /}" to "$ADDRESS" $damage
    run_within 30 env PI_JOIN="$(join_at "$operators" "$THERE")" "$BIN/pictl" status
    matches "exit code with $damage" '[34]' "$STATUS"
done
relay splitter to "$ADDRESS" --split 1
run_within 30 env PI_JOIN="$(join_at "$operators" "$THERE")" "$BIN/pictl" status
same 'exit code, a byte at a time' '0 ' "$STATUS $ERR"

# Other protocols, from either side.
since=$(log_end)
openssl s_client -tls1_2 -connect "$ADDRESS" </dev/null >"$FLEET/s_client" 2>&1 || true
grep -q 'alert protocol version' "$FLEET/s_client" || fleet_fail 'TLS 1.2 was not refused by an alert'
wait_until 30 logged_since "$since" 'reason="does not speak TLS 1\.3"'
since=$(log_end)
run "$BIN/piworker" --plaintext --once "$ADDRESS"
same 'a plaintext worker' "4 piworker: $ADDRESS refused this worker: this coordinator takes frames only in TLS
hint: leave out --plaintext" "$STATUS $ERR"
wait_until 30 logged_since "$since" 'speaks in the clear'
run "$BIN/pictl" --plaintext --coordinator "$ADDRESS" status
same 'a plaintext pictl' "4 pictl: $ADDRESS refused this pictl: this coordinator takes frames only in TLS
hint: leave out --plaintext" "$STATUS $ERR"

server() { # title, what it says of it, exit code, what stands there
    relay "${1// /-}" "${@:4}"
    turned_away "$1" "$3" "${2//%THERE%/${THERE//./\\.}}$hint" '' \
        "$(join_at "$workers" "$THERE")" "$(join_at "$operators" "$THERE")"
    destroy "${1// /-}"
}
server 'an SSH server' '%THERE% is not a picoord \(it answered "SSH-2\.0-OpenSSH_9\.2"\)' 4 \
    say 'SSH-2.0-OpenSSH_9.2\r\n'
server 'an HTTP server' '%THERE% is not a picoord \(it answered "HTTP/1\.1 400 Bad Request.*"\)' 4 \
    say 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'
server 'a server of TLS 1.2' '%THERE% does not speak TLS 1\.3' 4 tls12 "$FLEET/stranger.pem"
# Join strings that are damaged: usage errors, which show nothing of the string.
damaged() { # what is wrong with it, join string
    run env PI_JOIN="$2" "$BIN/piworker"
    same "piworker, $2" "2 piworker: PI_JOIN holds no join string: $1
hint: copy the whole of PI_JOIN=... from the line that picoord prints" "$STATUS $ERR"
    run env PI_JOIN="$2" "$BIN/pictl" status
    same "pictl, $2" "2 pictl: PI_JOIN holds no join string: $1
hint: copy the whole of PI_JOIN=... from the line that picoord prints" "$STATUS $ERR"
}
rest=${workers#pi1."$ADDRESS".}
damaged 'its token has 23 characters of 26: is the line cut?' "${workers:0:-3}"
damaged 'its key has 49 characters of 52: is the line cut?' "${workers:0:-30}"
damaged 'its key has 0 characters of 52: is the line cut?' "pi1.$ADDRESS."
damaged 'it does not begin with pi1.' "x$workers"
damaged 'it does not begin with pi1.' "pi2${workers:3}"
damaged 'its port is no number from 1 to 65535' "pi1.127.0.0.1:99999.$rest"
damaged 'it has no HOST:PORT: is the line cut?' "pi1..$rest"
damaged "'!' at character $((${#workers} - 1)) is no base32" "${workers:0:-2}!a"

# Tokens that have been rotated away.
pictl token rotate >/dev/null 2>&1
pictl token rotate --operator >/dev/null 2>&1
turned_away 'an old token' 4 "$here refused %PEER%: this token has been rotated away$show" \
    'WARN  peer refused .*reason="this token has been rotated away"' "$workers" "$operators"

for pid in "${waiting[@]}"; do
    wait "$pid" || fleet_fail 'a handshake that never ends was not closed'
done
said picoord 'reason="did not finish the TLS handshake in time"' ||
    fleet_fail 'picoord says nothing of a handshake that never ends'
for program in silent-worker silent-pictl; do
    ended $program 60
    same "exit code at a silent server, $program" 3 "$STATUS"
    said $program "cannot reach $silent: did not finish the TLS handshake within 4 s: no picoord" ||
        fleet_fail "$program: $(<"$FLEET/$program.log")"
done
# Two tokens that are wrong, one that is a worker's, two that have been rotated, each of
# which has also sent somebody away.
all_told() { (($(told 'peer refused') >= 7)); }
wait_until 30 all_told
destroy picoord

# Another coordinator behind the same address.
coordinator --state "$FLEET/one"
old=$ADDRESS workers=$(pictl token show) operators=$(pictl token show --operator)
signal TERM picoord
ended picoord 60
coordinator --state "$FLEET/two" --listen "$old"
turned_away 'a certificate replaced' 4 "${old//./\\.}$other_key" '' "$workers" "$operators"
