#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Where picoord was installed with a piworker for others, and with --show-join, it tells
# the line that fetches it, with its key pinned, and joins; otherwise it serves nothing.
. "$(dirname "$0")/checks.sh"
needs curl

machine=linux-$(uname -m)
served=$FLEET/lib/picoord/worker
mkdir -p "$FLEET/bin" "$served"
cp "$BIN"/pi{coord,ctl} "$FLEET/bin"
cp "$BIN/piworker" "$served/$machine" # any piworker will do here
echo 'of another kind' >"$served/linux-vax"
echo 'none of them' >"$served/../secret"
ln -s ../../../bin "$served/linux-folder"
BIN=$FLEET/bin

lines() { pictl token show --json | sed 's/.*"fetch":\[//; s/\]}$//'; }
code() { curl -sk --path-as-is -o "$FLEET/got" -w '%{http_code}' "https://$ADDRESS/worker/$1"; }

coordinator --view open --show-join
line=$(lines | sed 's/^"//; s/"$//')
matches 'the line' "curl -fsSk --pinnedpubkey sha256//[A-Za-z0-9+/]{43}= -o piworker https://${ADDRESS//./\\.}/worker/linux-\\\$\(uname -m\) && chmod \+x piworker && PI_JOIN=pi1\.[^ ]* \./piworker" "$line"
same '/join' "PI_JOIN=$(pictl token show | sed 1q) piworker
$line" "$(curl -s "http://$ADDRESS/join")"
same 'what a page is told' "\"fetch\":[\"$line\"]" \
    "$(curl -sN --max-time 30 "http://$ADDRESS/api/v1/events" | grep -m 1 -o '"fetch":[^]]*]')"

mkdir "$FLEET/bare"
cd "$FLEET/bare"
start fetched bash -c "$line --name fetched"
wait_until 60 attached 1
cmp piworker "$served/$machine"
signal TERM fetched
ended fetched 30

# The key of another coordinator: nothing is fetched, and nothing started.
rm piworker
run_within 60 bash -c "${line/sha256\/\/???/sha256//AAA}"
same 'another key' '90 ' "$STATUS $OUT"
same 'what is left of it' '' "$(ls)"

same 'another kind of machine' 200 "$(code linux-vax)"
same 'its file' 'of another kind' "$(<"$FLEET/got")"
for name in '' linux- linux-none linux-folder linux-folder/picoord ../secret linux-../../secret \
    linux-vax/ %2e%2e/secret linux-%2e%2e/../secret; do
    same "what is no worker: '$name'" 404 "$(code "$name")"
done
signal TERM picoord
ended picoord 30

coordinator --view open
same 'the line, where joining is not shown' '' "$(lines)"
same 'what is served there' 404 "$(code "$machine")"
signal TERM picoord
ended picoord 30

rm "$served/$machine"
coordinator --view open --show-join
same 'the line, where there is none for this machine' '' "$(lines)"
same 'what is served then' 404 "$(code linux-vax)"
