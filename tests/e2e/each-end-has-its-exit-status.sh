#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A table of exit statuses: the three programs, and each way in which they end.
. "$(dirname "$0")/checks.sh"

ends() { # exit status, program and arguments
    run_within 30 "${@:2}"
    [[ $STATUS == "$1" ]] || fleet_fail "exit status of ${*:2}: expected $1, got $STATUS: $ERR"
}

ended_with() { # exit status, what was started
    ended "$2" 60
    same "exit status of $2" "$1" "$STATUS"
}

told() { # signal, exit status, what was started
    signal "$1" "$3"
    ended_with "$2" "$3"
}

in_table() { # reads rows: exit status and command, in which PO, PW, PC are the programs
    local status words
    while read -r status words; do
        words=${words//PO/"$BIN/picoord"} words=${words//PW/"$BIN/piworker"}
        # shellcheck disable=SC2086 # words
        ends "$status" env ${words//PC/"$BIN/pictl"}
    done
}

# --- what needs nobody
mkdir -m 755 "$FLEET/loose"
touch "$FLEET/no-folder"
install -m 622 /dev/null "$FLEET/anybodys.join"
echo '{"job":{"id":"j-1","state":"done","seed":"42","trials":"300","done":"300","hits":"241",
    "uid":"00000000000000000000000000000000"},"first":[0],"count":[300],"done":[300],"hits":[241]}' \
    >"$FLEET/wrong.json"
echo 'picoord' >"$FLEET/no.json"
in_table <<END
0 PO --help
0 PO --version
0 PO --print-config
0 PO --init --state $FLEET/made
0 PO --init --state $FLEET/made
2 PO --listen nowhere
2 PO --trials 5x
2 PI_SPAWN=x PO
2 PO --config $FLEET/no.json
7 PO --config $FLEET/none
7 PO --state $FLEET/no-folder/state
7 PO --state $FLEET/loose
7 PO --check --state $FLEET/none
1 PO --check --state $FLEET/wrong.json
0 PW --help
0 PW --version
0 PW --serial 1000
0 PW --bench --seconds 1ms
2 PW --serial 0
2 PW --serial 10 --first 4611686018427387900
2 PW --serial 10 --once
2 PW --serial 10 --seconds 1s
2 PW --serial 10 127.0.0.1
2 PW a b
2 PI_JOIN=pi1.nothing PW
3 PW --exit-when-idle 50ms
3 PW --once
3 PW --once 127.0.0.1:1 --plaintext
3 PW --doctor 127.0.0.1:1
7 PW --join-file $FLEET/none
7 PW --join-file $FLEET/anybodys.join
0 PC --help
0 PC help exit-codes
0 PC completion fish
1 PC verify $FLEET/wrong.json
2 PC
2 PC submit
2 PC verify $FLEET/no.json
2 PC completion csh
3 PC jobs
3 PC jobs --coordinator 127.0.0.1:1 --plaintext
3 PC jobs --contact-file $FLEET/none
3 PC doctor 127.0.0.1:1
7 PC jobs --join-file $FLEET/none
7 PC jobs --join-file $FLEET/anybodys.join
7 PC verify $FLEET/none.json
END
for words in "picoord --init --state $FLEET/made" 'piworker --serial 1000' 'pictl help'; do
    # shellcheck disable=SC2086,SC2016 # words; in the other shell
    ends 7 sh -c '"$@" >/dev/full' sh "$BIN/"$words
done

mkfifo "$FLEET/unread"
exec 3<>"$FLEET/unread"
exec 4>"$FLEET/unread"
exec 3<&-
# shellcheck disable=SC2016 # in the other shell
ends 0 sh -c '"$0" help >&4' "$BIN/pictl"
exec 4>&-

# --- a coordinator
coordinator
ends 7 "$BIN/picoord" --ephemeral --listen "$ADDRESS"
ends 7 "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --contact-file "$FLEET/none/contact"
wrong=$(join_with_other token "$(pictl token show --operator)")
export PI_CONTACT_FILE=$CONTACT
held_worker ada
job=$(pictl submit --trials $ENDLESS 2>/dev/null)
wait_until 60 holds_leases ada
in_table <<END
0 PW --doctor
4 PI_CONTACT_FILE= PI_JOIN=$(join_with_other token "$(pictl token show)") PW --once
4 PI_CONTACT_FILE= PI_JOIN=$wrong PW --doctor
4 PI_CONTACT_FILE= PI_JOIN=$wrong PC jobs
4 PI_CONTACT_FILE= PC jobs --coordinator $ADDRESS --plaintext
4 PI_CONTACT_FILE= PI_JOIN=$(pictl token show) PC cancel $job
0 PC doctor
0 PC submit --trials 1000 --name second
0 PC pause second
1 PC rm second
0 PC cancel second
0 PC rm second
5 PC rm second
5 PC wait j-9
5 PC ledger j-9
5 PC kick nobody
6 PC wait $job --timeout 50ms
6 PC watch $job --timeout 50ms
6 PC submit --trials $ENDLESS --name third --wait --timeout 50ms
1 PC backup $FLEET/none/file
END

# --- a job that is cancelled, and who waits for it
start waits "$BIN/pictl" wait "$job"
for name in watches hears-term hears-int; do
    start "$name" "$BIN/pictl" watch "$job"
    wait_until 60 test -s "$FLEET/$name.out"
done
told TERM 143 hears-term
told INT 130 hears-int
pictl cancel --all >/dev/null
ended_with 1 waits
ended_with 1 watches

# --- workers that leave
start bored "$BIN/piworker" --exit-when-idle "$(patience 1)s"
start old "$BIN/piworker" --lifetime "$(patience 1)s"
ended_with 0 bored
ended_with 0 old
for name in hears-term hears-int is-kicked is-banned is-drained; do
    start "$name" "$BIN/piworker" --name "$name"
done
held_worker hears-two --grace "$(patience 100)s"
start stays "$BIN/piworker" --once --name stays
wait_until 60 attached 8
told TERM 0 hears-term
told INT 0 hears-int
pictl kick is-kicked >/dev/null
ended_with 4 is-kicked
pictl ban is-banned >/dev/null 2>&1
ended_with 4 is-banned
pictl drain is-drained >/dev/null
ended_with 0 is-drained
pictl submit --trials $ENDLESS >/dev/null 2>&1
wait_until 60 holds_leases hears-two
signal TERM hears-two
wait_until 60 said hears-two leaving
told TERM 143 hears-two

# --- coordinators that stop, and one that does at a second signal
told TERM 0 picoord
ended_with 0 stays
destroy ada
unset PI_CONTACT_FILE
for signal in INT USR2; do
    coordinator
    told $signal 0 picoord
done
began=$(log_end)
coordinator --grace "$(patience 100)s"
held_worker bob --contact-file "$CONTACT"
pictl submit --trials $ENDLESS >/dev/null 2>&1
wait_until 60 holds_leases bob
signal TERM picoord
wait_until 60 logged_since "$began" 'draining: waits for the leases'
told INT 130 picoord
destroy bob

# --- coordinators of one job
ends 0 "$BIN/picoord" --ephemeral --trials 1000 --spawn 1 --exit-when-done --listen 127.0.0.1:0
ends 0 "$BIN/picoord" --state "$FLEET/made" --trials 1000 --spawn 1 --exit-when-done --listen 127.0.0.1:0
ends 2 "$BIN/picoord" --state "$FLEET/made" --trials 2000 --exit-when-done --listen 127.0.0.1:0
ends 0 "$BIN/picoord" --check --state "$FLEET/made"
asked() { # for a job that has no end
    coordinator --trials $ENDLESS --exit-when-done
    wait_until 60 job_is j-1 queued
}
for signal in TERM INT USR2; do
    asked
    told $signal 6 picoord
done
asked
pictl cancel j-1 >/dev/null
ended_with 1 picoord
