#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# examples/: a worker and a client in Python, as the protocol's document has it: alone,
# and beside a piworker, the same hits as one process counts.
. "$(dirname "$0")/checks.sh"

needs protoc python3
for python in python3 /usr/bin/python3 ''; do
    [[ -n $python ]] || break
    ! "$python" -c 'import google.protobuf' 2>/dev/null || break
done
if [[ -z $python ]]; then
    skip "a worker and a client in Python: no google.protobuf (package $(package_of google.protobuf))"
    exit 0
fi
examples=$HERE/../../examples
protoc --proto_path="$HERE/../../proto" --python_out="$FLEET" picoord.proto
export PYTHONPATH=$FLEET PYTHONDONTWRITEBYTECODE=1
for program in worker client peer; do
    (($(wc -l <"$examples/$program.py") < 150)) || fleet_fail "$program.py is too long"
done

coordinator
worker_join=$(pictl token show --json | sed 's/.*"worker":\["\([^"]*\)".*/\1/')
operator_join=$(pictl token show --json | sed 's/.*"operator":\["\([^"]*\)".*/\1/')

PI_JOIN=$worker_join start python "$python" "$examples/worker.py"
trials=700001
run_within 100 env PI_JOIN="$operator_join" "$python" "$examples/client.py" "$trials" 42
same 'alone' "0 $(serial_hits "$trials" 42)" "$STATUS ${OUT%%$'\n'*}"
matches 'what it prints' '[0-9]+
3\.[0-9]{9} \[3\.[0-9]{9}, 3\.[0-9]{9}\]' "$OUT"
worker ada --threads 1
run_within 100 env PI_JOIN="$operator_join" "$python" "$examples/client.py" 5000000000 7
same 'beside a piworker' "0 $(serial_hits 5000000000 7)" "$STATUS ${OUT%%$'\n'*}"
same 'the name' 'python python' "$(worker_field python name) $(worker_field python kernel)"

# What it may not do, it is told.
run_within 20 env PI_JOIN="$worker_join" "$python" "$examples/client.py" 1000
matches 'a client with the token of workers' 'client\.py: .*token.*' "$ERR"
wrong=${worker_join%?}
[[ $worker_join == *a ]] && wrong+=e || wrong+=a
run_within 20 env PI_JOIN="$wrong" "$python" "$examples/worker.py"
same 'a wrong token' 1 "$STATUS"
