#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Slow, idle, flooding, deaf and bombing peers, all together (tests/e2e/hostile.py): an
# honest worker gets counted what it computes, by its processor time, and the coordinator
# stays small.
. "$(dirname "$0")/../checks.sh"

cpu() { # program, in ticks
    awk '{print $14 + $15}' "/proc/${FLEET_PIDS[$1]}/stat"
}

# Thousands of trials that the worker gets counted for each tick of its processor time.
rate_while() { # command...
    local trials ticks
    trials=$(job_field "$job" 'done') ticks=$(cpu honest)
    "$@"
    trials=$(($(job_field "$job" 'done') - trials)) ticks=$(($(cpu honest) - ticks))
    echo $((trials / (ticks + 1) / 1000))
}

enemies() { # what they are; what each has done is in $FLEET/enemies
    python3 "$HERE/hostile.py" "$CONTACT" "$(patience 8)" "$@" >"$FLEET/enemies"
}

held() { # kind: so many connections at once
    sed -n "s/^$1 held=\([0-9]*\).*/\1/p" "$FLEET/enemies"
}

ulimit -n "$(ulimit -Hn)"
needs python3
coordinator --log-level debug
worker honest --threads 1
job=$(pictl submit --trials $ENDLESS --seed 3)
wait_until 60 counted "$job" 1000000000
alone=$(rate_while sleep 5)
among=$(rate_while enemies flood deaf bomb idle slowloris)
((among * 2 >= alone)) || fleet_fail "it counts $among a tick among them, $alone alone"
for kind in idle slowloris; do
    (($(held $kind) >= 1000)) || fleet_fail "$kind: only $(held $kind) at once"
done
memory=$(awk '/VmHWM/ {print $2}' "/proc/${FLEET_PIDS[picoord]}/status")
((memory < 256 * 1024)) || fleet_fail "the coordinator took $memory KiB"
run pictl status
same 'it still answers' 0 "$STATUS"
