#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Text, HTTP and pictl on the one port: the same numbers at the same time, in the clear
# and in TLS; who is answered and who is not; every reason why nothing moves.
NEEDS_ADDRESS=yes
. "$(dirname "$0")/checks.sh"

# One command, as anybody can type it where there is no netcat.
ask() { # command
    local fd
    exec {fd}<>"/dev/tcp/${ADDRESS/://}"
    printf '%s\n' "$1" >&"$fd"
    cat <&"$fd"
    exec {fd}>&-
}
value() { # key; of the text on stdin
    sed -n "s/^$1: //p"
}
! has 'what HTTP answers' curl || curl=1
fetch() { # url, option...
    local url=$1
    shift
    curl -sS --max-time "$(patience 20)" "$@" "http://$ADDRESS$url"
}
code() { # url, option...
    fetch "$@" -o /dev/null -w '%{http_code}'
}

coordinator
same 'state at first' 'ready' "$(ask status | value state)"
same 'reason at first' 'no workers attached' "$(ask status | value reason)"
same 'an unknown command' \
    "ERR unknown command 'stats'; try: status jobs workers version metrics watch help" \
    "$(ask stats)"
matches version 'picoord [0-9.]+ protocol 1' "$(ask version)"
same 'no jobs' 'no job' "$(ask jobs)"
same 'no workers' 'no workers' "$(ask workers)"

pictl submit --trials 2e9 --seed 5 >"$FLEET/id" 2>&1
same 'a job that nobody works on' 'queued no workers attached' \
    "$(ask status | value state) $(ask status | value reason)"
worker ada --threads 1
pictl watch j-1 >/dev/null

# The same numbers, wherever they are asked for.
hits=$(serial_hits 2e9 5)
same 'text' "$hits" "$(ask status | value hits)"
same pictl "$hits" "$(job_field j-1 hits)"
same metrics "$hits" "$(ask metrics | sed -n 's/^picoord_job_hits{id="j-1"} //p')"
same 'the state' 'done' "$(ask status | value state)"
matches watch 'j-1 done 100\.0% pi=.*' "$(ask watch)"

if [[ -n ${curl:-} ]]; then
    same JSON "$hits" "$(fetch /api/v1/status | field hits)"
    same 'curl of the root' "$(ask status | grep -v '^uptime_s')" \
        "$(fetch / | grep -v '^uptime_s')"
    same 'jobs of HTTP and of pictl' "$(pictl jobs --json)" "$(fetch /api/v1/jobs)"
    same 'metrics of HTTP' "$(ask metrics | grep picoord_job_)" \
        "$(fetch /metrics | grep picoord_job_)"
    same 'in TLS' "$(pictl jobs --json)" "$(curl -sSk --max-time "$(patience 20)" "https://$ADDRESS/api/v1/jobs")"
    matches 'a browser' '<!DOCTYPE html>.*' "$(fetch / -H 'Accept: text/html')"
    same 'another name' 421 "$(code / -H 'Host: evil.example')"
    same 'a write' 405 "$(code /api/v1/jobs -X POST -d '{}')"
    same 'nothing there' 404 "$(code /api/v2/status)"
    same 'no join line' 404 "$(code /join)"
    same health ok "$(fetch /healthz)"
    same ready ok "$(fetch /readyz)"
    fetch '/api/v1/events?hz=20' >"$FLEET/events" 2>/dev/null &
    follower=$!
    wait_until 20 grep -q '^event: history' "$FLEET/events"
    grep -q '^event: hello' "$FLEET/events" || fleet_fail 'no hello'
    destroy ada
    wait_until 20 grep -q '"what":"worker_lost"' "$FLEET/events"
    late=$(fetch '/api/v1/events' --max-time 1 2>/dev/null | grep -m 1 '^data: ' || true)
    matches 'the past, for who comes late' '.*"past":\{"events":\[.*"worker_joined","worker":"ada".*"worker_lost","worker":"ada".*\["ada","[0-9]*","[a-z-]*",\[.*' "$late"
fi

# A stalled fleet says why.
reason() { ask status | value reason; }
is_reason() { [[ $(reason) =~ ^$1$ ]]; }
destroy ada
pictl submit --trials $ENDLESS >/dev/null 2>&1
wait_until 20 is_reason 'no workers attached'
pictl pause j-2 >/dev/null
wait_until 20 is_reason 'paused by an operator'
pictl resume j-2 >/dev/null
worker bob --threads 1
wait_until 20 is_reason ''
pictl submit --trials $ENDLESS >/dev/null 2>&1
signal STOP bob
wait_until 20 is_reason 'no workers attached'
signal CONT bob
destroy bob

# The end is told to those who follow.
signal TERM picoord
ended picoord 20
same 'exit code' 0 "$STATUS"
if [[ -n ${follower:-} ]]; then
    wait "$follower" || true
    grep -q '^event: bye' "$FLEET/events" || fleet_fail 'no goodbye'
fi

# From elsewhere: another address of this machine is not loopback's.
has 'who asks from elsewhere' curl || exit 0
own_address 'who asks from elsewhere' || exit 0
other=$OWN
coordinator --listen "$other:0"
matches 'text from elsewhere' 'ERR this picoord answers only its own machine;.*' "$(ask status)"
same 'HTTP from elsewhere' '403 403 200 200' \
    "$(code /) $(code /api/v1/events) $(code /healthz) $(code /readyz)"
matches 'a browser from elsewhere' '.*<p>Whoever started it can let others look: picoord --room, .*' \
    "$(fetch / -H 'Accept: text/html' | tr -d '\n')"
signal TERM picoord
ended picoord 20
coordinator --listen "$other:0" --view open --view-host pi.example --show-join
matches 'text where all may look' 'state: ready.*' "$(ask status)"
same 'HTTP where all may look' '200 200 421' \
    "$(code /) $(code / -H 'Host: PI.example') $(code / -H 'Host: pi.example.org')"
matches 'the join line' 'PI_JOIN=pi1\.[0-9.:]+\.[a-z2-7]+\.[a-z2-7]+ piworker' "$(ask join)"
same 'the join line by HTTP' "$(ask join)" "$(fetch /join)"
worker eve --threads 1
wait_until 20 attached 1
! ask workers | grep -qF "$other" || fleet_fail 'an address is shown'
! fetch /api/v1/workers | grep -qF "$other" || fleet_fail 'an address is shown as JSON'
