#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Workers of picoord's own user on its machine come by a token of their own, which lies
# beside the others and is made at each start: they are trusted.  Who comes by a join
# string is not.  And the audits of jobs that say nothing are those of picoord.
. "$(dirname "$0")/checks.sh"

coordinator --audit all
entry=$XDG_RUNTIME_DIR/picoord/${FLEET_PIDS[picoord]}
trust_of() { echo "$(worker_field "$1" trust) $(worker_field "$1" trusted_as)"; }

same 'mode of the join string' 600 "$(stat -c %a "$entry/local-worker.join")"
start own "$BIN/piworker" --name own --threads 1
wait_until 60 attached 1
worker other --threads 1
wait_until 60 attached 2
start joined env PI_JOIN="$(pictl token show | head -n 1)" "$BIN/piworker" --name joined --threads 1
wait_until 60 attached 3
same 'who is found here' 'full local' "$(trust_of own)"
same 'who has the contact file' 'probation ' "$(trust_of other)"
same 'who has a join string' 'probation ' "$(trust_of joined)"
run pictl untrust own
same 'untrust' "1 pictl: worker $(worker_field own id) own is trusted as one of this user on this machine
hint: workers that come by PI_JOIN or a join file are audited" "$STATUS $ERR"

# It is no operator's, and nobody is told of it.
local=$(<"$entry/local-worker.join")
token=${local##*.}
run env PI_JOIN="$local" "$BIN/pictl" status
same 'pictl with it' 4 "$STATUS"
matches 'pictl with it' ".*this is a worker's token.*" "${ERR//$'\n'/ }"
! { pictl token show; pictl token show --operator; cat "$CONTACT"; } | grep -q "$token" ||
    fleet_fail 'the token of the user is shown'

# It is renewed with that of all workers, and found by those who were sent away.
since=$(log_end)
pictl token rotate >/dev/null 2>&1
wait_until 60 logged_since "$since" 'worker (back|joined) name=own'
same 'after a rotation' 'full local' "$(trust_of own)"
! grep -q "$token" "$entry"/* || fleet_fail 'the token of the user stays'
run_within 30 env PI_JOIN="$local" "$BIN/piworker" --once --threads 1
same 'who has the old one' 4 "$STATUS"

# Which audits a job has.
audit_of() { job_field "$(pictl submit --trials 1000 "$@")" audit; }
same 'audits of picoord' all "$(pictl status --json | field audit)"
same 'a job that says nothing' all "$(audit_of)"
same 'a job that is adaptive' adaptive "$(audit_of --audit adaptive)"
same 'a job with none' none "$(audit_of --audit none)"
run pictl status
matches 'status' '.*jobs +[0-9]+ active, audits by default: all.*' "${OUT//$'\n'/ }"
