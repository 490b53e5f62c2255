#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# `picoord --lan` on one host, the line that it prints pasted on another.  Without that
# line, with another key, through a man in the middle, or by a recorded connection: no.
. "$(dirname "$0")/../checks.sh"
# shellcheck source=deploy/hosts.sh
. "$HERE/../../deploy/hosts.sh"
hosts_begin || exit 0
needs python3 openssl

host lab
host ada
host eve
on lab coordinator --lan --log-level debug
same 'the port' 31415 "${ADDRESS##*:}"
THERE=$(address lab):31415

# The first line is for other machines; all of them are for this key.
on lab pictl token show >"$FLEET/lines"
join=$(head -n 1 "$FLEET/lines")
same 'the address in the line' "pi1.$THERE." "${join%"${join#pi1."$THERE".}"}"
if ! has 'the banner, which only a terminal shows' script; then
    :
elif ! why=$(script -qec true /dev/null </dev/null 2>&1); then
    skip "the banner, which only a terminal shows: ${why%%$'\n'*}"
else
    on lab start banner script -qefc "exec '$BIN/picoord' --ephemeral --listen '$(address lab):0'" \
        /dev/null
    banner_shows() { tr -d '\r\n' <"$FLEET/banner.out" | grep -qE "$1"; }
    wait_until 60 banner_shows "attach another machine +PI_JOIN=pi1\\.${THERE%:*}:[0-9]+\\.[a-z2-7]{52}\\.[a-z2-7]{26} piworker"
    destroy banner
fi

# Pasted.
paste() { # host, line
    on "$1" start "$1" env PATH="$BIN:$PATH" sh -c "exec env $2"
}
paste ada "PI_JOIN=$join piworker"
wait_until 60 on lab attached 1
same 'its name is that of its host' ada "$(on lab pictl workers --json | field name)"
trials=$(trials_for 1)
run_to_end on lab pictl submit --trials "$trials" --seed 3 --wait --json
same 'hits' "0 $(serial_hits "$trials" 3)" "$STATUS $(field hits <<<"$OUT")"
operator=$(on lab pictl token show --operator | head -n 1)
run on eve env PI_JOIN="$operator" "$BIN/pictl" workers
matches 'pictl from a third host' "0 .*ada +[0-9a-f]{16} +$(address ada):[0-9]+ .*" "$STATUS ${OUT//$'\n'/ }"

# Without the line: what to do.
on eve start lonely "$BIN/piworker"
wait_until 60 said lonely 'waiting for a coordinator why="no picoord of yours runs on this machine" hint=".*PI_JOIN'
destroy lonely
on eve start addressed "$BIN/piworker" "$THERE"
wait_until 60 said addressed 'PI_JOIN'
destroy addressed
on eve run_within 30 "$BIN/piworker" --plaintext --once "$THERE"
matches 'a plaintext worker' "3 piworker: cannot reach .*: frames travel in the clear
hint: .*" "$STATUS $ERR"

refused() { # what, exit code, words, join string
    on eve run_within 30 env PI_JOIN="$4" "$BIN/piworker" --once
    same "exit code, $1 ($ERR)" "$2" "$STATUS"
    [[ $ERR == *"$3"* ]] || fleet_fail "$1: $ERR"
}
refused 'another token' 4 'refused this worker: wrong token' "$(join_with_other token "$join")"
refused 'another key' 4 'shows another key than the join string names' "$(join_with_other pin "$join")"

stranger_pem
RELAY_LISTEN=$(address eve) on eve relay between to "$(address lab):31415" \
    --certificate "$FLEET/stranger.pem"
refused 'a man in the middle' 4 'shows another key than the join string names' \
    "$(join_at "$join" "$THERE")"
RELAY_LISTEN=$(address eve) on eve relay recorder to "$(address lab):31415" \
    --record "$FLEET/recorded"
run on eve env PI_JOIN="$(join_at "$join" "$THERE")" "$BIN/piworker" --name honest \
    --exit-when-idle 100ms
same 'through a relay that only listens' 0 "$STATUS"
joined() { grep -c 'worker joined' "$FLEET/picoord.log"; }
before=$(joined) since=$(log_end)
on eve python3 "$HERE/relay.py" replay "$FLEET/recorded" "$(address lab):31415" >/dev/null
wait_until 30 logged_since "$since" 'reason="breaks the rules of TLS'
same 'workers that joined by what was recorded' "$before" "$(joined)"
running ada || fleet_fail 'the worker has left'
