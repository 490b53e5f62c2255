#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Every option of the three programs that is a setting: from the command line, from its
# variable, from a config file or by default, in this order; what picoord prints of them
# is a config file again.
. "$(dirname "$0")/checks.sh"

names_in() { # program
    "$BIN/$1" --help | grep '^  -' | grep -oE -- '--[a-z][a-z-]+' | sed 's/^--//' | grep -vE '^(help|version)$' | sort -u
}
variable() { tr 'a-z-' 'A-Z_' <<<"PI_$1"; }
line_of() { # name
    grep -E "^(; )?$1 " <<<"$OUT" | sed 's/  */ /g'
}

# picoord: the name, and a value for the file, for the variable and for the command line.
picoord_settings=$(
    cat <<"END"
advertise file:1 variable:2 line:3
listen 127.0.0.1:1 127.0.0.2:2 127.0.0.3:3
lan true false -
room true false -
state /file /variable /line
ephemeral true false -
spawn 1 2 3
exit-when-done true false -
json true false -
audit all none adaptive
audit-cpu 1 2 3
grace 1000ms 2000ms 3000ms
offer a=file b=variable c=line
per-address 1 2 3
contact-file /file /variable /line
plaintext true false -
view open local open
view-host file variable line
show-join true false -
log-level error warn debug
log-format json text json
config /file /variable /line
END
)
does='arg|check|init|print-config|program|scaling|seed|trials' # what chooses what it does
same 'options of picoord that are settings' "$(names_in picoord | grep -vxE "$does")" \
    "$(cut -d ' ' -f 1 <<<"$picoord_settings" | sort)"

shown() { # name, its line in --print-config, more arguments
    local name=$1 expected=$2
    shift 2
    run "$BIN/picoord" --print-config "$@"
    same "exit code with $name" "0 " "$STATUS $ERR"
    same "$name" "$expected" "$(line_of "$name")"
}

while read -r name file variable line; do
    [[ $name != config ]] || continue # it is no line of its own file
    also=()
    case $name in
    json) also=(--exit-when-done) ;;
    show-join) also=(--view open --listen 0.0.0.0:1) ;;
    esac
    echo "$name = $file" >"$FLEET/one.ini"
    flag=("--$name" "$line")
    [[ $line != - ]] || flag=("--$name") line=true
    shown "$name" "$name = $file ; config file" --config "$FLEET/one.ini" "${also[@]}"
    declare -x "$(variable "$name")=$variable"
    shown "$name" "$name = $variable ; $(variable "$name")" --config "$FLEET/one.ini" "${also[@]}"
    shown "$name" "$name = $line ; flag" --config "$FLEET/one.ini" "${also[@]}" "${flag[@]}"
    unset "$(variable "$name")"
done <<<"$picoord_settings"
echo 'spawn = 7' >"$FLEET/one.ini"
PI_CONFIG=$FLEET/one.ini shown spawn 'spawn = 7 ; config file'

# Where two exclude each other, the better source holds.
echo 'ephemeral = true' >"$FLEET/one.ini"
PI_STATE=/there shown state 'state = /there ; PI_STATE' --config "$FLEET/one.ini"
PI_STATE=/there shown ephemeral 'ephemeral = true ; flag' --ephemeral
PI_LISTEN=127.0.0.1:1 shown lan 'lan = true ; flag' --lan

# What is printed is read back, and says the same.
export XDG_STATE_HOME=$FLEET
fed_back() { # what, arguments
    run "$BIN/picoord" --print-config "${@:2}"
    same "$1" "0 " "$STATUS $ERR"
    printf '%s\n' "$OUT" >"$FLEET/fed.ini"
    local before
    before=$(values)
    run "$BIN/picoord" --print-config --config "$FLEET/fed.ini"
    same "$1, fed back" "0 " "$STATUS $ERR"
    same "$1, fed back, its values" "$before" "$(values)"
}
values() { grep -vE '^(; )?(config|print-config) ' <<<"$OUT" | sed 's/  *;[^;]*$//'; }
shown state "state = $FLEET/picoord ; default"
fed_back 'all defaults'
fed_back 'many options' --listen 127.0.0.1:0 --listen '[::1]:0' --state "$FLEET/a b" --trials 2^40 \
    --seed 18446744073709551615 --spawn 3 --exit-when-done --json --audit all --audit-cpu 7 \
    --per-address 9 --contact-file "$FLEET/contact" --plaintext --view open --view-host a \
    --view-host b.example --show-join --advertise lab.example:8080 --log-level debug --log-format json
fed_back 'a room' --room
fed_back 'all addresses and no state' --lan --ephemeral --seed 0 --trials 1

# piworker and pictl: a wrong value names its variable.
wrong_values=$(
    cat <<"END"
piworker contact-file /
piworker exit-when-idle never
piworker grace never
piworker join-file /
piworker json maybe
piworker kernel quantum
piworker lifetime never
piworker log-format maybe
piworker log-level maybe
piworker name a/b
piworker nice 20
piworker offer x
piworker once maybe
piworker plaintext maybe
piworker threads many
piworker volatility 2
pictl contact-file /
pictl join-file /
pictl json maybe
pictl plaintext maybe
END
)
for program in piworker pictl; do
    same "options of $program that are settings" \
        "$(names_in $program | grep -vxE 'arg|bench|seconds|serial|seed|first|doctor|try|coordinator')" \
        "$(sed -n "s/^$program \([^ ]*\) .*/\1/p" <<<"$wrong_values")"
done
while read -r program name value; do
    command=()
    [[ $program != pictl ]] || command=(jobs)
    run_within 60 env "$(variable "$name")=$value" "$BIN/$program" "${command[@]}"
    case $name in
    *-file) matches "$program with $name" "$program: / is no regular file.*" "$ERR" ;;
    *)
        same "exit code of $program with $name" 2 "$STATUS"
        matches "$program with $name" "$program: (unknown )?$(variable "$name") '$value'.*" "$ERR"
        ;;
    esac
done <<<"$wrong_values"

# What picoord is told so is not for the workers that it starts.
PI_NAME=other PI_EXIT_WHEN_IDLE=1ms PI_PLAINTEXT=1 PI_JSON=1 PI_SPAWN=2 PI_EXIT_WHEN_DONE=1 \
    PI_LISTEN=127.0.0.1:0 run_within 60 "$BIN/picoord" --ephemeral --trials 1000 --seed 1
same 'all from the environment' 0 "$STATUS"
matches 'the answer' '.*"hits":"[0-9]+".*' "$OUT"
