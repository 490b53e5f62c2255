#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What users get wrong: each time the exact sentence, what to do about it, and the exit
# code, within seconds, and nothing on stdout.
. "$(dirname "$0")/checks.sh"

wrong() { # exit code, what stderr says without the program's name, command
    local code=$1 says=$2
    shift 2
    run_within 60 "$BIN/$1" "${@:2}"
    same "stderr and exit code of '$*'" "$1: $says, exit code $code" "$ERR, exit code $STATUS"
    same "stdout of '$*'" '' "$OUT"
}

trials='hint: --trials takes a whole number from 1 to 2^62, such as 200000, 2e5, 200k or 10G'
serial=${trials/trials/serial}
for row in "0 zero" "-5 negative" "4611686018427387905 too_large" "1e30 too_large" \
    "99999999999999999999999999 too_large" "12x not_a_number" "1.0001k not_a_whole_number" \
    "0x10 hexadecimal" "nan not_a_number" "10GB a_number_of_bytes"; do
    read -r number why <<<"${row//_/ }"
    wrong 2 "--trials '$number' is $why"$'\n'"$trials" picoord --trials "$number"
    wrong 2 "--trials '$number' is $why"$'\n'"$trials" pictl submit --trials "$number"
    wrong 2 "--serial '$number' is $why"$'\n'"$serial" piworker --serial "$number"
done

for program in picoord piworker pictl; do
    wrong 2 "unknown option '--frobnicate'
Try '$program --help'." $program --frobnicate
    wrong 2 "unknown option '-Q'
Try '$program --help'." $program -Q
    run "$BIN/$program" --help
    same "exit code of $program --help" 0 "$STATUS"
    (($(wc -l <<<"$OUT") <= 24)) || fleet_fail "$program --help is longer than a screen"
    run "$BIN/$program" --version
    matches "$program --version" "$program [0-9.]+ \(.*\) protocol 1, libuv .*, protobuf-c .*" "$OUT"
done
wrong 2 "unknown option '--trails'; did you mean '--trials'?
Try 'picoord --help'." picoord --trails 5
wrong 2 "unknown option '--treads'; did you mean '--threads'?
Try 'piworker --help'." piworker --treads=5
wrong 2 "unknown option '--trails'; did you mean '--trials'?
Try 'pictl submit --help'." pictl submit --trails 5
wrong 2 "unknown command 'statsu'; did you mean 'status'?
Try 'pictl --help'." pictl statsu
wrong 2 "no COMMAND given
Try 'pictl --help'." pictl
wrong 2 "--trials needs a value
$trials" pictl submit --trials
wrong 2 "unexpected 'extra'
Try 'picoord --help'." picoord extra

# picoord.
wrong 2 "--trials '1,000' can be read in two ways
$trials" picoord --trials 1,000
wrong 2 "--trials '2billion' can be read in two ways
$trials" picoord --trials 2billion
listen='hint: such as --listen 127.0.0.1:8080 or [::1]:8080; port 0 is any free one'
wrong 2 "--listen lab-01:0: is a name, not an address
$listen" picoord --listen lab-01:0
for port in --port -p; do
    wrong 2 "unknown option '$port'
hint: the port is part of the address: --listen 127.0.0.1:8080" picoord $port 8080
done
for typed in 8123 :8123 localhost:8123 LOCALHOST:8123 127.0.0.1:8123; do
    run "$BIN/picoord" --print-config --listen "$typed"
    matches "--listen $typed" '.*127\.0\.0\.1:8123 .*' "$(grep listen <<<"$OUT")"
done
wrong 2 "--listen 127.0.0.1:99999: is not an address and a port
$listen" picoord --listen 127.0.0.1:99999
wrong 2 "--spawn '0' is zero
hint: --spawn takes a whole number from 1 to 1024" picoord --spawn 0
wrong 2 "--seed is the seed of a job, and there is none
hint: add --trials N" picoord --seed 3
wrong 2 "--json is for the finished job, which is printed only with --exit-when-done
hint: add --exit-when-done" picoord --json
wrong 2 "--scaling is of a job, and there is none
hint: add --trials N" picoord --scaling 2
wrong 2 "--spawn and --scaling exclude each other
hint: give one of them" picoord --scaling 2 --spawn 2 --trials 5
wrong 2 "--init makes what is kept on disk
hint: leave out --ephemeral" picoord --init --ephemeral
wrong 2 "--init: a port that is chosen later is in no join line
hint: say a port other than 0" picoord --init --listen 127.0.0.1:0
wrong 2 "--advertise 'lab 01:3' is no address
hint: HOST:PORT, as other machines dial it" picoord --advertise 'lab 01:3'
wrong 2 "unknown --log-level 'loud'
hint: --log-level takes error|warn|info|debug" picoord --log-level loud
wrong 7 "cannot read the config file $FLEET/none: no such file or directory
hint: give another --config, or none" picoord --config "$FLEET/none"
printf '# of the lab\n\nbogus = 3\n' >"$FLEET/lab.ini"
wrong 2 "$FLEET/lab.ini:3: unknown option 'bogus'
Try 'picoord --help'." picoord --config "$FLEET/lab.ini"
wrong 7 "cannot write the contact file $FLEET/none/f: no such file or directory
hint: name a file in a folder that is there and may be written to" \
    picoord --listen 127.0.0.1:0 --contact-file "$FLEET/none/f"

# piworker.
wrong 2 "unknown option '--coordinator'
hint: the coordinator stands alone: piworker HOST:PORT" piworker --coordinator=lab-01
wrong 2 "--threads '0' is zero
hint: --threads takes a whole number from 1 to 4096" piworker --threads 0
wrong 2 "--serial and --bench exclude each other
hint: give one of them" piworker --serial 5 --bench
wrong 2 "--first plus --serial is more than 2^62
hint: trials have the indices 0 to 2^62 - 1" piworker --serial 5 --first 4611686018427387903
wrong 2 "--first '4611686018427387904' is too large
hint: --first takes a whole number from 0 to 2^62 - 1, such as 200000, 2e5, 200k or 10G" \
    piworker --serial 5 --first 4611686018427387904
wrong 2 "--exit-when-idle '100000h' is too large
hint: --exit-when-idle takes a duration from 1ms to 10 years, such as 500ms, 30s, 2h" piworker --exit-when-idle 100000h
wrong 2 "unknown --kernel 'quantum'
hint: --kernel takes auto|scalar|avx2|avx512|neon" piworker --kernel quantum
wrong 2 "--name 'a/b' is no name
hint: a-z, A-Z, 0-9, '.', '_' and '-', at most 32 of them" piworker --name a/b
wrong 2 "--grace '5' has no unit
hint: --grace takes a duration, such as 500ms, 30s, 2h" piworker --grace 5
wrong 2 "--volatility '2' is too large
hint: --volatility takes a number from 0 to 1" piworker --volatility 2
wrong 2 "'host:99999' is no address
hint: HOST, HOST:PORT or [V6]:PORT, with a port from 1 to 65535" piworker host:99999
wrong 3 "cannot reach 127.0.0.1:1: connection refused: host is up, nothing listens
hint: without --once this worker keeps trying" piworker --plaintext --once 127.0.0.1:1
for without in avx512 neon; do
    "$BIN/piworker" --kernel $without --serial 1 >/dev/null 2>&1 || break
done
cannot="piworker: this machine or build has no kernel '$without'
hint: available here: auto, .*"
matches 'a machine without such a kernel' "$cannot" \
    "$("$BIN/piworker" --kernel "$without" --serial 1 2>&1 >/dev/null)"
matches 'the same to measure' "$cannot" \
    "$("$BIN/piworker" --kernel "$without" --bench 2>&1 >/dev/null)"
matches 'the same in the environment' "$cannot" \
    "$(PI_KERNEL=$without "$BIN/piworker" --plaintext 127.0.0.1:1 2>&1 >/dev/null)"
matches 'more threads than cores' 'piworker: warning: 512 threads on .*
hint: use -j [0-9]+
.*' "$("$BIN/piworker" --plaintext --threads 512 --once 127.0.0.1:1 2>&1)"

# Without --once it keeps trying, and says so once.
start patient "$BIN/piworker" --plaintext --log-level debug 127.0.0.1:1
tried_thrice() { (($(grep -c 'DEBUG connecting' "$FLEET/patient.log") > 2)); }
wait_until 60 tried_thrice
same 'lines about it' 1 "$(grep -vc ' DEBUG ' "$FLEET/patient.log")"
said patient 'cannot reach 127.0.0.1:1: connection refused.*; retrying in' ||
    fleet_fail 'it does not say that it keeps trying'
signal TERM patient
ended patient 60
same 'exit code of the patient' 0 "$STATUS"

# pictl, without a coordinator.
wrong 3 "cannot reach 127.0.0.1:1: connection refused: host is up, nothing listens
hint: is picoord running there? Its banner and log name the address: --coordinator HOST:PORT" \
    pictl --plaintext --coordinator 127.0.0.1:1 status
run_within 60 "$BIN/pictl" --plaintext --coordinator no-such-host.invalid status
same 'exit code of a wrong host' 3 "$STATUS"
matches 'a wrong host' 'pictl: cannot reach no-such-host\.invalid:31415: name not found.*
hint: .*' "$ERR"
wrong 2 "--coordinator 'x:y' is no address
hint: HOST, HOST:PORT or [V6]:PORT, with a port from 1 to 65535" pictl --coordinator x:y status
wrong 2 "submit: no stop rule given
hint: say when to stop: --trials N, --until-stderr E, --until-digits D or --for D" pictl submit
wrong 2 "--trials and --for exclude each other
hint: give one of them" pictl submit --trials 5 --for 5s
wrong 2 "--until-stderr '1e-20' is too small
hint: --until-stderr takes a number from 7.7e-10 to 1" pictl submit --until-stderr 1e-20
wrong 2 "--weight '1001' is too large
hint: --weight takes a whole number from 1 to 1000" pictl submit --trials 5 --weight 1001
wrong 2 "--name 'a/b' is no name
hint: a-z, A-Z, 0-9, '.', '_' and '-', at most 32 of them" pictl submit --trials 5 --name a/b
wrong 2 "'non sense' names no job
hint: a job is named as 'pictl jobs' does: j-1, or by its name" pictl status 'non sense'
wrong 2 "drain: no WORKER given
hint: name one worker, or say --all" pictl drain
wrong 7 "cannot read nosuch.json: no such file or directory
hint: name a file that 'pictl ledger JOB --json' wrote" pictl verify nosuch.json
wrong 7 "cannot read $FLEET/none: no such file or directory
hint: name a file that 'pictl ledger JOB --json' wrote" pictl verify "$FLEET/none"
wrong 7 "cannot read .: is a directory
hint: name a file that 'pictl ledger JOB --json' wrote" pictl verify .

# pictl, with one.
coordinator
export PI_COORDINATOR=$ADDRESS
wrong 7 "cannot listen on $ADDRESS: address already in use
hint: another picoord answers there: pictl --coordinator $ADDRESS status. Or choose --listen 127.0.0.1:0" \
    picoord --listen "$ADDRESS"
for verb in status watch ledger verify cancel pause resume 'extend --trials 5'; do
    # shellcheck disable=SC2086 # words
    wrong 5 "there is no job j-77
hint: pictl jobs lists them" pictl $verb j-77
done
for verb in status watch ledger verify cancel pause resume rm wait; do
    wrong 5 "there is no job 'nosuch'
hint: pictl jobs lists them, with their ids and names" pictl $verb nosuch
done
wrong 2 "the name j7 reads like the id of a job
hint: give this job another: --name" pictl submit --trials 5 --name j7
for verb in drain kick ban pardon trust untrust; do
    wrong 5 "there is no worker nobody
hint: pictl workers lists them" pictl $verb nobody
done
run pictl submit --trials 5 --seed 1
same 'no workers' "0 j-1 pictl: job j-1 queued: no workers attached, nothing will run yet
hint: start piworker here, or elsewhere with the line that 'pictl token show' prints" "$STATUS $OUT $ERR"
wrong 1 "job j-1 is queued: it cannot be extended
hint: only a job that is done can be" pictl extend j-1 --trials 10
