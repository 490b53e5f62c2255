#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Workers behind a link that takes 50 ms each way and loses one packet of twenty, each
# way: the same count.
. "$(dirname "$0")/../checks.sh"
# shellcheck source=deploy/hosts.sh
. "$HERE/../../deploy/hosts.sh"
hosts_begin || exit 0
needs python3 nft

host lab
host router
host ada
host bob
on lab coordinator --lan
RELAY_LISTEN=$(address router) on router relay slow to "$(address lab):31415" --delay 50
join=$(join_at "$(on lab pictl token show | head -n 1)" "$THERE")
for name in lab router ada bob; do
    loss $name 5
done
for name in ada bob; do
    PI_JOIN=$join on $name start $name "$BIN/piworker" --threads 1
done
wait_until 60 on lab attached 2

job=$(on lab pictl submit --trials $ENDLESS)
has_counted() { (($(worker_field "$1" trials) > 0)); }
for name in ada bob; do
    wait_until 60 on lab has_counted $name
done
on lab same_count "$job"
trials=$(trials_for 1)
run_to_end on lab pictl submit --trials "$trials" --seed 9 --wait --json
same 'hits' "0 $(serial_hits "$trials" 9)" "$STATUS $(field hits <<<"$OUT")"
# The link was what it was said to be.
for name in lab router; do
    dropped=$(on $name nft list table inet loss)
    dropped=$(sed -n 's/.*counter packets \([0-9]*\).*/\1/p' <<<"$dropped")
    ((dropped > 0)) || fleet_fail "no packet to $name was lost"
done
