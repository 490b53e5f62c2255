#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# examples/programs and the programs of docs/PROGRAMS.md: each is short, counts the same on
# every machine, and that is near what theory says.
. "$(dirname "$0")/../checks.sh"

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
        for python in python3 /usr/bin/python3; do # numpy: `make ci` has it
            command="$python $examples/$1"
            ! grep -q '^import numpy' "$examples/$1" || "$python" -c 'import numpy' 2>/dev/null || continue
            return 0
        done
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

# Sets whole, the hits of seed 42 by piworker, which are those of requests for parts that
# come at once.
count_parts() { # trials, text
    local words said a b at cut=$(($1 / 3)) text=${2:+ $2}
    whole=$("$BIN/piworker" --serial "$1" --seed 42 --threads 2 --offer "it=$command" --json \
        ${2:+--arg "$2"} | field hits)
    read -ra words <<<"$command"
    said=$("${words[@]}" 2>/dev/null <<END
count 42 0 $cut$text
count 42 $cut $(($1 - cut))$text
END
    )
    read -r _ a at b <<<"${said//$'\n'/ }"
    same "the parts of $command $2" "$whole, from $cut" "$((a + b)), from $at"
}

checked=' ' counted=''
while IFS='|' read -r file trials arg hits chance; do
    checked+="$file "
    (($(wc -l <"$examples/$file") <= 40)) || fleet_fail "$file is too long"
    can_run "$file" || continue
    count_parts "$trials" "$arg"
    same "hits of $file $arg" "$hits" "$whole"
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

# The first program in each language, as the document has it.
awk -v folder="$FLEET" '
    /^```/ { to = to == "" && length > 3 ? folder "/dice." substr($0, 4) : ""; next }
    to != "" { print >to }' "$HERE/../../docs/PROGRAMS.md"
cp "$examples/picoord.py" "$FLEET"
for language in python c bash perl r; do
    command="$language $FLEET/dice.$language"
    case $language in
    py*)
        has 'the first program in Python' python3 || continue
        command="python3 $FLEET/dice.python"
        ;;
    c)
        command=$FLEET/dice
        cc -O2 -Wall -Wextra -Werror -I"$examples" -o "$command" "$FLEET/dice.c"
        ;;
    perl) has 'the first program in Perl' perl || continue ;;
    r)
        command="Rscript $FLEET/dice.r"
        type -P Rscript >/dev/null || continue
        ;;
    esac
    count_parts 6000 ''
    near "$whole" 6000 0.166667 || fleet_fail "$whole of 6000 dice are not near a sixth: $language"
    counted+=" $language"
done
matches 'languages' '( python)? c bash.*' "$counted"
