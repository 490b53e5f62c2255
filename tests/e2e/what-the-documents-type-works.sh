#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The command blocks of README.md and docs/*.md, line by line, in the order in which they
# stand: typed here as they are, but for port, size and join string.  What cannot be typed
# here is listed below with the reason; its options and files must exist nevertheless.
# The session of "The first five minutes" is another scenario's.
. "$(dirname "$0")/checks.sh"

needs python3
root=$HERE/../..
documents=("$root"/README.md "$root"/docs/*.md)

# Lines that are not typed: how they begin, and why.
not_here() { # line
    case $1 in
    'git clone '*) ;; # needs a network
    'make demo') ;; # make ci does
    *--lan* | *--room* | *203.0.113.7*) ;; # opens a port to the network
    sudo* | '(umask 077; sudo '*) ;; # changes the system
    *dice*) ;; # python-functions-run-on-a-fleet
    deploy/fleet*) ;; # needs hosts: a-fleet-is-attached-over-ssh
    bench/* | tests/kernel/* | build/kernel-*) ;; # measures for minutes
    *DIR*) ;; # backups-are-restored-as-printed
    *) return 1 ;;
    esac
}

# Blocks that are no commands, by their first line.
no_commands() { # document, line
    case ${1##*/}:$2 in
    ARCHITECTURE.md:*┐* | KERNEL.md:'s <'* | PROTOCOL.md:*) ;;
    *) return 1 ;;
    esac
}

# Fenced without a language, or indented by four: "DOCUMENT LINE-NUMBER COMMAND" each line.
blocks() {
    awk '
        FNR == 1 { fence = "" }
        /^```/ { fence = fence == "" ? $0 : ""; block = FNR; next }
        fence == "```" { print FILENAME, block, $0; next }
        fence == "" && /^    [^ ]/ && (before == "" || indented) {
            if (!indented) block = FNR
            indented = 1
            print FILENAME, block, substr($0, 5)
            next
        }
        { indented = 0; before = $0 }' "${documents[@]}"
}

# Each option that a command names is in the help, each file there.
fail_at() { fleet_fail "$document, '$line': $*"; }
exists() { # command
    local words word program='' help=''
    read -ra words <<<"$1"
    for word in "${words[@]}"; do
        word=${word##*/bin/}
        case $word in
        picoord | piworker | pictl) program=$word help=$("$BIN/$word" --help) ;;
        --) return ;;
        --*) [[ -z $program ]] || grep -qE -- "${word%%=*}([ ,=]|\$)" <<<"$help" || fail_at "$program has no $word" ;;
        deploy/* | bench/kernel | tests/*) [[ -e $root/$word ]] || fail_at "there is no $word" ;;
        [a-z]*)
            [[ $program != pictl ]] || help+=$("$BIN/pictl" "$word" --help 2>/dev/null) || true
            ;;
        esac
    done
    [[ $1 != 'make '* ]] || grep -q "^${1#make }:" "$root/Makefile" || fail_at 'no such target'
}

# Programs that stay are started in the background, as in terminals of their own.
PATH=$BIN:$PATH
unset -f picoord piworker pictl
export PI_STATE=$FLEET/kept
cd "$FLEET" || exit 1
trials=$(trials_for 0.5)
workers=0
typed() { # command
    local command=${1//build\/bin\//}
    command=${command/--trials 200G/--trials $trials}
    command=${command/--wait/--wait --timeout $(patience 100)s}
    if [[ $command == PI_JOIN=* ]]; then
        command="PI_JOIN=$(join_of "$command") ${command#*[.>] }"
    fi
    case $command in
    picoord)
        start picoord "$BIN/picoord" --listen 127.0.0.1:0 --contact-file "$CONTACT"
        wait_until 30 fleet_listens
        ;;
    *piworker)
        workers=$((workers + 1))
        start "worker-$workers" bash -c "exec env $command --threads 1 --name w$workers"
        wait_until 60 here $workers
        ;;
    *) (eval "$command") >shown 2>&1 </dev/null || fail_at "ends with $?: $(<shown)" ;;
    esac
    count=$((count + 1))
}
sqlite3() { # file, question: of the backup that was made before
    python3 -c 'import sqlite3, sys
assert sqlite3.connect("picoord.db").execute(sys.argv[1]).fetchall()' "$2"
}
here() { [[ $("$BIN/pictl" status --json | field workers) == "$1" ]]; }
join_of() { # command
    local of=()
    [[ $1 == *piworker ]] || of=(--operator)
    "$BIN/pictl" token show "${of[@]}" | grep -o 'pi1[^ ]*' | head -n 1
}

count=0 listed=0 refused=''
while read -r document block line; do
    [[ "$document $block" != "$refused" ]] || continue
    line=${line%%  *}
    if no_commands "$document" "$line"; then
        refused="$document $block"
    elif not_here "$line"; then
        listed=$((listed + 1))
        exists "${line#*&& }"
    else
        typed "$line"
    fi
done < <(blocks)
((count >= 15 && listed >= 15)) || fleet_fail "only $count lines are typed and $listed listed"

# What the texts name between quotes.
# shellcheck disable=SC2016 # the page's own
while IFS=$'\t' read -r document line; do
    exists "$line"
    count=$((count + 1))
done < <(grep -noE '`(picoord|piworker|pictl) [^`]*`' "${documents[@]}" | sed 's/:[0-9]*:`/\t/; s/`$//')
((count > 50)) || fleet_fail 'no commands in the texts'

# One size in all examples and hints; the session that is compared to the letter has its own.
cd "$root"
same 'the size of examples' '--trials 200G' \
    "$(grep -rhE 'pictl submit .*--trials [0-9]' README.md docs server ctl worker web/*.js |
        grep -v '^\$ ' | grep -oE -- '--trials [0-9][0-9a-zA-Z.]*' | sort -u)"
