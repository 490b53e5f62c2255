#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# python/picoord.py: README's function by one command, by workers of a fleet, and by one
# process alone, with the same hits; what it says when it cannot; nothing is left behind.
. "$(dirname "$0")/../checks.sh"

needs python3
root=$HERE/../..
export PICOORD_BIN=$BIN PYTHONDONTWRITEBYTECODE=1
python3 "$root/tests/python/picoord_test.py" 2>"$FLEET/unit.log"

# As README.md has it, but for the number of trials.
awk '/^```python/ { code = 1; next } /^```/ { code = 0 } code' "$root/README.md" |
    sed 's/trials=1e6/trials=20000/' >"$FLEET/dice.py"
cp "$root/python/picoord.py" "$FLEET"
cat >>"$FLEET/dice.py" <<'END'
    import sys
    if len(sys.argv) > 1:
        print(picoord.run(dice, trials=float(sys.argv[1]), seed=42, scale=6))
END
offer="dice=python3 $FLEET/dice.py"
hits=$("$BIN/piworker" --serial 30000 --seed 42 --threads 2 --offer "$offer" --json | field hits)
run_within 100 python3 "$FLEET/dice.py" 30000
same 'its exit status' 0 "$STATUS"
matches 'what it prints' "0\.1[5-8][0-9]* \(95 %: 0\.1[0-9]+ to 0\.1[0-9]+\), 20000 trials, [0-9]+ hits, seed [0-9]+
[01]\.[0-9]+ \(95 %: 0\.[0-9]+ to 1\.[0-9]+\), 30000 trials, $hits hits, seed 42" "$OUT"

# The same file on a fleet; picoord has it too, and recomputes what it draws.
coordinator --offer "$offer"
worker ada --threads 1 --offer "$offer"
worker bob --threads 1 --offer "$offer"
wait_until 60 attached 2
job=$(pictl submit --program dice --trials 30000 --seed 42 --scale 6 2>/dev/null)
run_to_end pictl watch "$job"
same 'hits of the fleet' "0 $hits" "$STATUS $(job_field "$job" hits)"

# Who is killed takes its coordinator and its workers along.
start alone python3 "$FLEET/dice.py" 1e12
alone() { find "$TMPDIR" -path '*/picoord-*/contact' | grep -q .; }
wait_until 60 alone
destroy alone
rm -r "$TMPDIR"/picoord-*

# What is wrong is told before anything is started; later, where it has happened.
cat >"$FLEET/wrong.py" <<'END'
import picoord
@picoord.trial
def wrong(rng, arg):
    if rng.random() < 0.01 and arg == "later":
        raise RuntimeError("a word of why")
    return rng.random() < 0.5 if arg != "now" else rng.nothing()
import sys
picoord.run(wrong, trials=1e9, seed=42, arg=sys.argv[1] if len(sys.argv) > 1 else "")
END
run python3 "$FLEET/wrong.py" now
matches 'a function that fails' '1 .*has no attribute .nothing.' "$STATUS $ERR"
run_within 100 python3 "$FLEET/wrong.py" later
matches 'one that fails later' '1 .*picoord\.Failed: wrong exited with 1: "RuntimeError: a word of why"
at the request count 42 [0-9]+ [0-9]+ later
.*wrong\.py", line 5, in wrong.*RuntimeError: a word of why' "$STATUS $ERR"
mkdir "$FLEET/empty"
python=$(python3 -c 'import sys; print(sys.executable)')
run env PICOORD_BIN="$FLEET/empty" PATH="$FLEET/empty" "$python" "$FLEET/wrong.py"
matches 'without picoord' '1 .*picoord.Failed: there is no picoord: add its folder to PATH.*' "$STATUS $ERR"
