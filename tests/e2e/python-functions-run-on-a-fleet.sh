#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# python/picoord.py: README's function by one command, by workers of a fleet, and by one
# process alone, with the same hits; what it says when it cannot; nothing is left behind.
. "$(dirname "$0")/checks.sh"

needs python3
root=$HERE/../..
export PICOORD_BIN=$BIN PYTHONDONTWRITEBYTECODE=1
python3 "$root/tests/python/picoord_test.py" 2>"$FLEET/unit.log"

# As README.md has it, but for the seed.
awk '/^```python/ { code = 1; next } /^```/ { code = 0 } code' "$root/README.md" >"$FLEET/dice.py"
cp "$root/python/picoord.py" "$FLEET"
cat >>"$FLEET/dice.py" <<'END'
    import sys
    if len(sys.argv) > 1:
        print(picoord.run(dice, trials=float(sys.argv[1]), seed=42, scale=6))
END
offer="dice=python3 $FLEET/dice.py"
hits=$("$BIN/piworker" --serial 300000 --seed 42 --threads 2 --offer "$offer" --json | field hits)
run_within 200 python3 "$FLEET/dice.py" 300000
same 'its exit status' 0 "$STATUS"
matches 'what it prints' "0\.16[0-9]+ \(95 %: 0\.16[0-9]+ to 0\.1[67][0-9]+\), 1000000 trials, [0-9]+ hits, seed [0-9]+
[01]\.[0-9]+ \(95 %: 0\.9[0-9]+ to 1\.0[0-9]+\), 300000 trials, $hits hits, seed 42" "$OUT"

# The same file on a fleet, with a worker that is killed.
coordinator --offer "$offer"
worker ada --threads 1 --offer "$offer"
worker bob --threads 1 --offer "$offer"
wait_until 60 attached 2
job=$(pictl submit --program dice --trials 300000 --seed 42 --scale 6 2>/dev/null)
wait_until 60 counted "$job" 1
destroy bob
run_to_end pictl watch "$job"
same 'hits of the fleet' "0 $hits" "$STATUS $(job_field "$job" hits)"

# Who is killed takes its coordinator and its workers along.
start alone python3 "$FLEET/dice.py" 1e12
alone() { find "$TMPDIR" -path '*/picoord-*/contact' | grep .; }
wait_until 60 alone
destroy alone
rm -r "$TMPDIR"/picoord-*

# What is wrong is told before anything is started, or in a sentence.
cat >"$FLEET/wrong.py" <<'END'
import picoord
@picoord.trial
def wrong(rng):
    return rng.nothing()
picoord.run(wrong)
END
run python3 "$FLEET/wrong.py"
matches 'a function that fails' '1 .*has no attribute .nothing.' "$STATUS $ERR"
sed 's/rng.nothing/rng.random/; s/()/() < 0.5/' "$FLEET/wrong.py" >"$FLEET/right.py"
mkdir "$FLEET/empty"
run env PICOORD_BIN="$FLEET/empty" PATH="$FLEET/empty" "$(type -P python3)" "$FLEET/right.py"
matches 'without picoord' '1 .*picoord.Failed: there is no picoord: add its folder to PATH.*' "$STATUS $ERR"
