# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For scenarios whose workers' hosts are cut off for a while.

. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck source=deploy/hosts.sh
. "$HERE/../../deploy/hosts.sh"

# Two hosts without a cable for so many seconds each, in the middle of a job.
unplugged() { # seconds, at least as many seconds
    local job join name counted
    hosts_begin || exit 0
    host lab
    host ada
    host bob
    on lab coordinator --lan
    join=$(on lab pictl token show | head -n 1)
    for name in ada bob; do
        PI_JOIN=$join on $name start $name "$BIN/piworker" --threads 1
    done
    wait_until 60 on lab attached 2
    job=$(on lab pictl submit --trials $ENDLESS --seed 17 2>/dev/null)
    for name in ada bob; do
        wait_until 60 on lab holds_leases $name
        link $name down
    done
    sleep "$1"
    link ada up
    sleep $(($2 - $1))
    link bob up
    wait_until 60 on lab attached 2
    counted=$(on lab job_field "$job" 'done')
    wait_until 60 on lab counted "$job" $((counted + 1))
    on lab same_count "$job"
    (($2 < 10)) || said picoord 'worker lost.* name=bob' || fleet_fail 'nobody missed bob'
    said picoord 'worker back .*name=bob' || fleet_fail 'bob did not come back'
}
