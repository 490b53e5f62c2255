#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# parallelPi(trials, nprocs): a coordinator and its workers in one command, whose
# stdout is the answer and nothing else.  No child is left behind, whatever happens.
. "$(dirname "$0")/checks.sh"

run picoord --trials 1e7 --seed 42 --spawn 2 --exit-when-done
same 'exit status' 0 "$STATUS"
hits=$("$BIN/piworker" --serial 1e7 --seed 42 --json | field hits)
matches 'the answer' "pi +3\.14[0-9]+
hits +$hits
trials +10000000
seed +42
stderr +0\.000[0-9]+
95 % interval +3\.1[0-9]+ to 3\.1[0-9]+
elapsed +.*
rate +[0-9.]+ [kMG]/s" "$OUT"

run picoord --trials 1e7 --spawn 2 --exit-when-done --json
same 'exit status with --json' 0 "$STATUS"
same 'lines with --json' 1 "$(wc -l <"$FLEET/stdout")"
if has 'whether it is JSON' python3; then
    python3 -m json.tool <"$FLEET/stdout" >/dev/null || fleet_fail "not JSON: $OUT"
fi
for name in id state reason seed trials 'done' hits verified_done verified_hits; do
    matches "member $name" ".*\"$name\":\"[^\"]*\".*" "$OUT"
done
for name in pi stderr ci_low ci_high rate; do
    matches "member $name" ".*\"$name\":[0-9][0-9.e+-]*[,}].*" "$OUT"
done
same 'the job' 'done 10000000 10000000' \
    "$(field state <<<"$OUT") $(field 'done' <<<"$OUT") $(field verified_done <<<"$OUT")"
seed=$(field seed <<<"$OUT")
same 'its count again, by the seed that was drawn' "$(field hits <<<"$OUT")" \
    "$("$BIN/piworker" --serial 1e7 --seed "$seed" --json | field hits)"

# Those whose parent is killed leave by themselves; one that is killed is replaced.
spawned() { # process ids; what they were given tells a coordinator's workers from others
    local folder word
    for folder in /proc/[0-9]*; do
        { read -r -d '' word <"$folder/cmdline"; } 2>/dev/null || continue
        [[ $word != piworker ]] || ! grep -qzF "PI_JOIN=pi1.$ADDRESS." "$folder/environ" ||
            basename "$folder"
    done
}
exactly() { [[ $(spawned | wc -l) == "$1" ]]; }

coordinator --trials $ENDLESS --spawn 2
wait_until 60 attached 2
exactly 2 || fleet_fail "these were spawned: $(spawned)"
kill -s KILL "$(spawned | sed 1q)"
wait_until 60 said picoord 'spawned worker ended'
wait_until 60 attached 2
destroy picoord
wait_until 60 exactly 0

coordinator --trials $ENDLESS --spawn 2
wait_until 60 attached 2
signal TERM picoord
ended picoord 60
same 'exit status when told to stop' 0 "$STATUS"
exactly 0 || fleet_fail "left behind: $(spawned)"

# The experiment of the tutorial: the same job with more and more workers.
run "$BIN/picoord" --scaling 3 --trials 1e7 --seed 42
same 'exit status of --scaling' 0 "$STATUS"
row='+[0-9.]+ +[0-9.]+ [kMG]/s +[0-9.]+ +[0-9]+ %'
matches 'its table' "threads +seconds +trials/s +speed-up +efficiency
 +1 $row
 +2 $row
 +3 $row
$hits hits of 10000000 trials each time, pi 3\.14[0-9]+, seed 42" "$OUT"
run "$BIN/picoord" --scaling 2 --trials 1e7 --json
same 'exit status of --scaling --json' 0 "$STATUS"
run_row='"seconds":[0-9.e-]+,"rate":[0-9.e+]+,"speed_up":[0-9.e-]+,"efficiency":[0-9.e-]+}'
matches 'its object' "\{\"trials\":\"10000000\",\"seed\":\"[0-9]+\",\"hits\":\"[0-9]+\",\"pi\":3\.[0-9]+,\
\"runs\":\[\{\"threads\":1,$run_row,\{\"threads\":2,$run_row\]\}" "$OUT"
start scaling "$BIN/picoord" --scaling 2 --trials $ENDLESS
wait_until 60 test -s "$FLEET/scaling.out"
signal TERM scaling
ended scaling 60
same 'exit status of --scaling that was stopped' 6 "$STATUS"

# Who has forgotten the workers is told so.
start lonely "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --trials 1e6 --exit-when-done
wait_until 60 said lonely 'reason="no workers attached: run piworker, or add --spawn 2"'
signal TERM lonely
ended lonely 60
same 'exit status of the lonely' 6 "$STATUS"
