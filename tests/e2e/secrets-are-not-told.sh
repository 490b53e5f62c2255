#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Tokens and keys appear in no log, reply, argument or file but those that are for them:
# looked for in every form that they have, over a session that does a bit of everything.
. "$(dirname "$0")/checks.sh"
needs python3 openssl

state=$FLEET/state-directory

sample() { # arguments of every process, while it runs
    while :; do
        cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >>"$FLEET/cmdlines.kept"
        sleep 0.02
    done
}
sample &
FLEET_PIDS[sampler]=$!

session() { # log format
    local job verb old
    coordinator --state "$state" --log-level debug --log-format "$1" --spawn 1
    pictl token show >>"$FLEET/all-tokens"
    pictl token show --operator >>"$FLEET/all-tokens"
    old=$(pictl token show)
    worker ada --threads 1 --log-level debug --log-format "$1"
    PI_JOIN=$old start bob "$BIN/piworker" --name bob --threads 1 --log-level debug
    wait_until 60 attached 3
    job=$(pictl submit --trials "$(trials_for 0.5)" --seed 5)
    for verb in status jobs workers history "ledger $job" 'kick nobody' version doctor; do
        # shellcheck disable=SC2086 # words
        pictl --json $verb >>"$FLEET/replies.kept" 2>&1 || true
        # shellcheck disable=SC2086
        pictl $verb >>"$FLEET/replies.kept" 2>&1 || true
    done
    pictl watch "$job" --timeout "$(patience 100)s" >>"$FLEET/replies.kept" 2>&1

    # Refusals, too: each of these shows a secret, or nearly.
    {
        PI_JOIN=$(join_with_other token "$old") "$BIN/piworker" --once
        PI_JOIN=$(join_with_other pin "$old") "$BIN/piworker" --once
        PI_JOIN=${old:0:-4} "$BIN/piworker"
        PI_JOIN=$old "$BIN/pictl" status
    } >>"$FLEET/replies.kept" 2>&1 || true
    pictl token rotate >>"$FLEET/all-tokens" 2>>"$FLEET/replies.kept"
    PI_JOIN=$old "$BIN/piworker" --once >>"$FLEET/replies.kept" 2>&1 || true
    ended bob 60
    pictl token rotate --operator >>"$FLEET/all-tokens" 2>>"$FLEET/replies.kept"
    {
        "$BIN/picoord" --state "$state" --listen 127.0.0.1:0 # in use
        "$BIN/picoord" --state "$state" --print-config
    } >>"$FLEET/replies.kept" 2>&1 || true
    signal TERM picoord
    ended picoord 60
    destroy ada
}

session text
session json
destroy sampler
for file in picoord.log ada.log bob.log replies.kept cmdlines.kept; do
    [[ -s $FLEET/$file ]] || fleet_fail "$file is empty"
done
grep -q '"level":"DEBUG"\|"level":"debug"' "$FLEET/picoord.log" || fleet_fail 'no debug lines'

# Every secret in every form, against every file of the session.
cat >"$FLEET/look.py" <<'END'
import base64, pathlib, re, subprocess, sys
fleet, state = map(pathlib.Path, sys.argv[1:])
secrets = {}
def add(name, raw):
    secrets[name] = [raw, raw.hex().encode(), raw.hex().upper().encode(),
        base64.b64encode(raw).rstrip(b"="), base64.b32encode(raw).rstrip(b"="),
        base64.b32encode(raw).rstrip(b"=").lower()]
for n, line in enumerate(sorted(set((fleet / "all-tokens").read_text().split()))):
    text = line.rsplit(".", 1)[1].upper()
    add(f"token {n}", base64.b32decode(text + "=" * (-len(text) % 8)))
add("state key", (state / "state.key").read_bytes())
pem = (state / "key.pem").read_text()
add("whole key", base64.b64decode("".join(pem.split("\n")[1:-2])))
for n, line in enumerate(pem.split("\n")[1:-2]):
    secrets[f"line {n} of key.pem"] = [line.encode()]
shown = subprocess.run(["openssl", "pkey", "-in", state / "key.pem", "-text", "-noout"],
                       capture_output=True, text=True).stdout
if match := re.search(r"priv:([\s0-9a-f:]+)pub:", shown):
    add("key", bytes.fromhex(re.sub(r"[\s:]", "", match[1]))[-32:])
assert len(secrets) >= 8, secrets.keys()
kept = {state / "state.key", state / "key.pem", state / "tokens", fleet / "all-tokens"}
found = False
for file in fleet.rglob("*"):
    if not file.is_file() or file in kept:
        continue
    data = file.read_bytes()
    for name, forms in secrets.items():
        if any(form in data for form in forms):
            print(f"{name} is in {file.name}")
            found = True
for file in kept - {fleet / "all-tokens"}:
    if file.stat().st_mode & 0o077:
        print(f"{file} may be read by others")
        found = True
sys.exit(found)
END
found=$(python3 "$FLEET/look.py" "$FLEET" "$state") || fleet_fail "$found"

# The search finds what is there: a token in a log would have been seen.
tail -n 1 "$FLEET/all-tokens" >>"$FLEET/ada.log"
! python3 "$FLEET/look.py" "$FLEET" "$state" >/dev/null || fleet_fail 'the search finds nothing'
