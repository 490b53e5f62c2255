#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# ledger, and verify of a job and of a file: the truth passes, a tampered file does not.
. "$(dirname "$0")/checks.sh"

coordinator
worker ada --threads 2
job=$(pictl submit --trials 1e8 --seed 42)
run_to_end pictl watch "$job"

run pictl ledger "$job"
same 'ledger' 0 "$STATUS"
matches 'its head' 'job j-1   done   seed 42   78540676 hits in 100000000 trials' "${OUT%%$'\n'*}"
sum=$(awk 'NF == 4 && $1 ~ /^[0-9]+$/ { n += $2; h += $4 } END { printf "%d %d", n, h }' <<<"$OUT")
same 'its cells, added up' '100000000 78540676' "$sum"
matches 'the share of the only worker' '.*[0-9a-f]{16} +ada +100000000 +78540676' \
    "${OUT//$'\n'/ }"

run pictl verify "$job"
same 'verify JOB' 0 "$STATUS"
matches 'what 8 cells prove' '8 of 8 identical\. Had more than 31 % .* 95 % confidence\.' \
    "${OUT##*$'\n'}"
run pictl verify "$job" --all
same 'verify JOB --all' 0 "$STATUS"

pictl ledger "$job" --json >"$FLEET/ledger.json"
signal TERM picoord
ended picoord 60
run pictl verify "$FLEET/ledger.json" --all
same 'verify FILE, without a coordinator' 0 "$STATUS"
run pictl verify - </dev/null
same 'verify of nothing' 2 "$STATUS"

# Two hits moved from one cell to another: the sums still hold.
awk '{
    start = match($0, /"hits":\["/) # the column, not the total of the job
    head = substr($0, 1, start + 7)
    tail = substr($0, start + 8)
    end = index(tail, "]")
    n = split(substr(tail, 1, end - 1), hits, ",")
    for (i = 1; i <= n; i++)
        gsub(/"/, "", hits[i])
    hits[2] += 2
    hits[3] -= 2
    for (i = 1; i <= n; i++)
        head = head (i > 1 ? "," : "") "\"" hits[i] "\""
    print head substr(tail, end)
}' "$FLEET/ledger.json" >"$FLEET/tampered.json"
! cmp -s "$FLEET/ledger.json" "$FLEET/tampered.json" || fleet_fail 'nothing was tampered with'
run pictl verify "$FLEET/tampered.json" --all
same 'verify of a tampered file' 1 "$STATUS"
matches 'its verdict' '2 of [0-9]+ different: .*' "${OUT##*$'\n'}"

sed 's/"hits":"78540676"/"hits":"78540677"/' "$FLEET/ledger.json" >"$FLEET/sum.json"
run pictl verify "$FLEET/sum.json"
same 'verify of a wrong sum' 1 "$STATUS"
matches 'what is wrong' 'pictl: the ledger is wrong: .*' "$ERR"

sed 's/"hits":"78540676"/"hits":"785406760"/' "$FLEET/ledger.json" >"$FLEET/more.json"
run pictl verify "$FLEET/more.json"
same 'verify of more hits than trials' 1 "$STATUS"
matches 'what is wrong with it' 'pictl: the ledger is wrong: job: 785406760 hits of 100000000 trials' "$ERR"

head -c 300 "$FLEET/ledger.json" >"$FLEET/half.json"
run pictl verify "$FLEET/half.json"
same 'verify of half a file' 2 "$STATUS"
matches 'verify of half a file' 'pictl: .*/half\.json is no ledger: .*
hint: .*' "$ERR"

# Years of work, but for a signal.
sed 's/"trials":"[0-9]*","done":"[0-9]*","hits":"[0-9]*"/"trials":"3000000000000000","done":"3000000000000000","hits":"2390000000000000"/
    s/"first":.*/"first":["0"],"count":["3000000000000000"],"done":["3000000000000000"],"hits":["2390000000000000"]}/' \
    "$FLEET/ledger.json" >"$FLEET/years.json"
"$BIN/pictl" verify "$FLEET/years.json" --all >"$FLEET/answer" 2>"$FLEET/years" &
recount=$! status=0
wait_until 30 grep -q 'recomputing 1 of 1 here (seed 42, 3 P trials)' "$FLEET/years"
kill -TERM $recount
wait $recount || status=$?
same 'verify that was ended' 143 "$status"
same 'its answer' '' "$(<"$FLEET/answer")"
