#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Signals that come while a program ends do not change how it ends: no moment is left in
# which the default, death by that signal, is back.
. "$(dirname "$0")/checks.sh"
needs python3 cc

coordinator
export PI_CONTACT_FILE=$CONTACT

# Where there is such a moment, the signal comes in it.
cc -shared -fPIC -o "$FLEET/late_signal.so" "$HERE/late_signal.c"
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
late() { # exit status, program and arguments
    run_within 60 env LD_PRELOAD="$FLEET/late_signal.so" "${@:2}"
    same "exit status of ${*:2} ($ERR)" "$1" "$STATUS"
}
late 0 env -u PI_CONTACT_FILE "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --trials 1000 --spawn 1 --exit-when-done
late 0 "$BIN/piworker" --exit-when-idle "$(patience 1)s" --threads 1
late 0 "$BIN/piworker" --doctor
late 0 "$BIN/pictl" status
[[ -n $OUT ]] || fleet_fail 'no answer'
late 6 "$BIN/pictl" wait "$(pictl submit --trials $ENDLESS 2>/dev/null)" --timeout 50ms
pictl cancel --all >/dev/null

# And a storm: starts a program and sends it that signal without a pause from its first
# word until it is gone; prints its exit status, and how many lines it had to say.
storm='
import os, signal, subprocess, sys
number, wait, *command = sys.argv[1:]
number = getattr(signal, "SIG" + number)
with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                      start_new_session=True) as program:
    while wait and wait.encode() not in (line := program.stderr.readline()):
        assert line, "it has ended before the storm"
    for stream in (program.stdout, program.stderr):
        os.set_blocking(stream.fileno(), False)
    said = b""
    while program.poll() is None:
        program.send_signal(number)
        program.stderr.read()
        said += program.stdout.read() or b""
    said += program.stdout.read() or b""
    print(program.returncode, len(said.splitlines()))
'
storm() { # signal, what it says before the storm, program and arguments
    run_within 60 env --default-signal=HUP python3 -c "$storm" "$@"
    same "the storm itself ($ERR)" 0 "$STATUS"
}

# Without a terminal SIGHUP is heeded and changes nothing: the job ends, and both with it.
for ((i = 0; i < 2; i++)); do
    storm HUP 'listening' env -u PI_CONTACT_FILE "$BIN/picoord" --ephemeral --listen 127.0.0.1:0 --trials 1000 --spawn 1 --exit-when-done
    matches 'SIGHUP, picoord' '0 [1-9][0-9]*' "$OUT"
done
for ((i = 0; i < 2; i++)); do
    storm HUP 'registered' "$BIN/piworker" --exit-when-idle "$(patience 1)s" --threads 1
    same 'SIGHUP, piworker' '0 0' "$OUT"
done

# An answer is there with exit status 0, or neither.
for ((i = 0; i < 2; i++)); do
    storm TERM '' "$BIN/pictl" status
    matches 'SIGTERM, pictl' '(0 [1-9][0-9]*|-?[0-9]+ 0)' "$OUT"
done

