#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What operators do to workers: each answer says which id, name and address it has hit, an
# id goes before a name, a name that several go by hits none, and a ban and a pardon
# outlive picoord.
. "$(dirname "$0")/checks.sh"

coordinator --state "$FLEET/kept"
start one "$BIN/piworker" --contact-file "$CONTACT" --name lab --threads 1
wait_until 60 attached 1
start two "$BIN/piworker" --contact-file "$CONTACT" --name lab --threads 1
wait_until 60 attached 2
one=$(worker_field lab id) two=$(worker_field lab-2 id)

hits() { # verb, worker, id, the rest of stdout, stderr
    run pictl "$1" "$2"
    same "exit code of $1 $2 ($ERR)" 0 "$STATUS"
    matches "$1 $2" "$3 $4" "$OUT"
    matches "stderr of $1 $2" "$5" "$ERR"
}
there='127\.0\.0\.1:[0-9]+'

# A name of several.
for verb in drain kick ban trust untrust; do
    run pictl $verb lab
    same "$verb lab" "5 pictl: 2 workers go by lab: $one, $two
hint: name one by its id; pictl workers lists them" "$STATUS $ERR"
done
run "$BIN/piworker" --contact-file "$CONTACT" --name "$one"
same 'a name that is an id' "2 piworker: --name '$one' reads like the id of a worker
hint: 16 hexadecimal digits are an id" "$STATUS $ERR"

# Trust, and back.
hits trust lab-2 "$two" "lab-2 $there trusted" ''
same 'trust' 'full named' "$(worker_field lab-2 trust) $(worker_field lab-2 trusted_as)"
run pictl workers
matches 'workers' ".*lab-2 +$two .*full \(named\) .*" "${OUT//$'\n'/ }"
hits untrust "$two" "$two" "lab-2 $there not trusted any more" ''
same 'untrust' 'probation ' "$(worker_field lab-2 trust) $(worker_field lab-2 trusted_as)"

# Kicked: the process is told and ends; nothing keeps it out.
hits kick "$one" "$one" "lab $there kicked" ''
ended one 60
same 'exit code of who is kicked' 4 "$STATUS"
said one 'an operator has removed this worker' || fleet_fail "$(<"$FLEET/one.log")"
same 'who is kicked' kicked "$(worker_field lab removed)"
run pictl kick "$one"
same 'kick again' "5 pictl: worker $one is not attached
hint: pictl workers lists them" "$STATUS $ERR"

# Banned, over a restart, and pardoned by the id alone.
hits ban lab-2 "$two" "lab-2 $there banned" \
    'pictl: started again it is another worker, which a new token keeps out: pictl token rotate'
ended two 60
same 'exit code of who is banned' 4 "$STATUS"
same 'who is banned' banned "$(worker_field lab-2 removed)"
signal TERM picoord
ended picoord 60
coordinator --state "$FLEET/kept"
run pictl pardon lab-2
same 'a name that is forgotten' 5 "$STATUS"
run pictl trust "$two"
same 'trust of one that is banned' "1 pictl: worker $two is excluded
hint: pictl pardon takes that back" "$STATUS $ERR"
hits pardon "$two" "$two" 'away pardoned' ''
run pictl pardon "$two"
same 'a second pardon' "1 pictl: worker $two is not excluded" "$STATUS $ERR"
signal TERM picoord
ended picoord 60
run "$BIN/picoord" --check --state "$FLEET/kept"
same 'check' 0 "$STATUS"
coordinator --state "$FLEET/kept"
run pictl pardon "$two"
same 'a pardon is for good' 1 "$STATUS"

# In JSON it is the worker.
worker three --threads 1
wait_until 60 attached 1
run pictl --json drain three
matches 'drain in JSON' '\{"worker":\{"id":"[0-9a-f]{16}","name":"three",.*\},"note":""\}' "$OUT"
ended three 60
