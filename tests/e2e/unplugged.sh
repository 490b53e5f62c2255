# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For scenarios whose workers' hosts are cut off for a while.

. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck source=deploy/hosts.sh
. "$HERE/../../deploy/hosts.sh"

# Two hosts without a cable for so many seconds each, in the middle of a job that goes on
# for a few seconds more.  Workers that are slow leave the serial process less to do.
unplugged() { # seconds, at least as many seconds
    local job join name trials
    hosts_begin || exit 0
    host lab
    host ada
    host bob
    on lab coordinator --lan
    join=$(on lab pictl token show | head -n 1)
    for name in ada bob; do
        PI_JOIN=$join on $name start $name "$BIN/piworker" --threads 1 --kernel scalar
    done
    wait_until 60 on lab attached 2
    job=$(on lab pictl submit --for $(($2 + 4))s --seed 17 2>/dev/null)
    for name in ada bob; do
        wait_until 60 on lab holds_leases $name
        link $name down
    done
    sleep "$1"
    link ada up
    sleep $(($2 - $1))
    ! on lab job_is "$job" 'done' || fleet_fail 'the job was over before all were back'
    link bob up
    run on lab pictl watch "$job" --timeout 120s
    same 'exit status of watch' 0 "$STATUS"
    trials=$(on lab job_field "$job" 'done')
    same 'hits' "$(serial_hits "$trials" 17)" "$(on lab job_field "$job" hits)"
    wait_until 60 on lab attached 2
    (($2 < 10)) || said picoord 'worker lost.* name=bob' || fleet_fail 'nobody missed bob'
    said picoord 'worker back .*name=bob' || fleet_fail 'bob did not come back'
    run on lab pictl verify "$job"
    same 'verify' 0 "$STATUS"
}
