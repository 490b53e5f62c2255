#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# examples/programs: each is short, counts the same on every machine, and that is near what
# theory says.
. "$(dirname "$0")/checks.sh"

examples=$HERE/../../examples/programs
export PYTHONDONTWRITEBYTECODE=1

# Sets command to what runs an example; false where this machine cannot.
can_run() { # file
    local python
    case $1 in
    *.c)
        command=$FLEET/${1%.c}
        cc -O2 -Wall -Wextra -Werror -o "$command" "$examples/$1"
        ;;
    *.sh) command=$examples/$1 ;;
    *.py)
        has "the example $1" python3 || return
        command="python3 $examples/$1"
        grep -q '^import numpy' "$examples/$1" || return 0
        for python in python3 /usr/bin/python3; do
            command="$python $examples/$1"
            ! "$python" -c 'import numpy' 2>/dev/null || return 0
        done
        skip "the example $1: no numpy (package $(package_of numpy))"
        return 1
        ;;
    esac
}

near() { # hits, trials, chance
    awk -v h="$1" -v n="$2" -v p="$3" 'BEGIN {
        off = (h / n - p) / sqrt(p * (1 - p) / n)
        exit off < -4 || off > 4
    }'
}

# Hits of seed 42; in one request, and cut elsewhere in requests that come at once.
checked=' '
while IFS='|' read -r file trials arg hits chance; do
    checked+="$file "
    (($(wc -l <"$examples/$file") <= 40)) || fleet_fail "$file is too long"
    can_run "$file" || continue
    read -ra words <<<"$command"
    cut=$((trials / 3))
    said=$("${words[@]}" 2>/dev/null <<END
count 42 0 $trials${arg:+ $arg}
count 42 0 $cut${arg:+ $arg}
count 42 $cut $((trials - cut))${arg:+ $arg}
END
    )
    read -r _ whole _ a at b <<<"${said//$'\n'/ }"
    same "hits of $file $arg" "$hits, $hits, $cut" "$whole, $((a + b)), $at"
    [[ $file != integral.py ]] || hits=$((hits / 65536))
    near "$hits" "$trials" "$chance" || fleet_fail "$hits of $trials is not near $chance: $file $arg"
done <<'END'
buffon.c|200000||127174|0.636620
birthday.c|200000||101239|0.507297
birthday.c|200000|50|193912|0.970374
percolation.c|5000||2550|0.506
percolation.c|1000|0.4|0|0.0001
network.c|200000||195756|0.978480
network.c|200000|0.5 0-1 1-2 0-2|124964|0.625
walk.c|50000||16691|0.331466
walk.c|100000|2|16766|0.166667
pi.py|100000||78610|0.785398
ruin.py|20000||12033|0.598700
integral.py|100000||5150801187|0.785398
option.py|100000||37094|0.372004
option.py|100000|100|55822|0.559618
template.sh|10000||1644|0.166667
END
for file in "$examples"/*.{c,py,sh}; do
    [[ $checked == *" ${file##*/} "* || $file == */picoord.py ]] ||
        fleet_fail "not counted here: $file"
done
