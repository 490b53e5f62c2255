#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# deploy/fleet, with an ssh that runs commands here: workers attach, the join string is in
# no argument of any program, and all of them leave when it does.
NEEDS_ADDRESS=yes
. "$(dirname "$0")/checks.sh"
fleet=$HERE/../../deploy/fleet

# "Hosts" are folders of a home of their own; one cannot be reached.  What ssh was given,
# and at each call the arguments of all processes, is kept.
mkdir "$FLEET/bin"
cat >"$FLEET/bin/ssh" <<END
#!/usr/bin/env bash
printf '%s\n' "\$@" >>"$FLEET/arguments"
while [[ \$1 == -* ]]; do
    [[ \$1 != -o ]] || shift
    shift
done
if [[ \$1 == unreachable ]]; then
    echo 'ssh: connect to host unreachable port 22: No route to host' >&2
    exit 255
fi
HOME=$FLEET/home-\$1 PATH=$FLEET/path-\$1:/usr/bin:/bin exec sh -c "\${*:2}"
END
chmod +x "$FLEET/bin/ssh"
for host in lab-01 lab-02; do
    mkdir "$FLEET/home-$host" "$FLEET/path-$host"
    ln -s "$BIN/piworker" "$FLEET/path-$host/piworker"
done

# The addresses of this machine: one that others reach is asked for, so it is made up.
coordinator
join=$(pictl token show)
through() { PATH=$FLEET/bin:$PATH PI_JOIN=${join/127.0.0.1/127.0.0.1.nip.test} "$fleet" "$@"; }

run "$fleet"
matches 'no host' "2 fleet: no HOST given
hint: .*" "$STATUS $ERR"
run "$fleet" --frobnicate
matches 'an unknown option' "2 fleet: unknown option '--frobnicate'
hint: .*" "$STATUS $ERR"
PI_JOIN=$join PATH=$FLEET/bin:$PATH run "$fleet" lab-01
same 'a loopback address' '2 fleet: the coordinator listens on its own machine only
hint: start it with --lan, or name a reachable address: picoord --listen ADDR:PORT' "$STATUS $ERR"

# The stub's hosts are this machine, by whatever name it has for itself.
listen=$(getent ahostsv4 "$(uname -n)" | awk 'NR == 1 { print $1 }') || true
if [[ -z $listen || $listen == 127.* || -n ${OWN_NETWORK:-} ]]; then
    own_address 'attaching over ssh' || exit 0
    listen=$OWN
fi
destroy picoord
coordinator --listen "$listen:0"
join=$(pictl token show)
token=${join##*.}

# Arguments of every process, while it runs (so PI_JOIN is set by the shell here, not by
# env, which would have it as an argument).
sample() {
    while :; do
        cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >>"$FLEET/cmdlines"
        sleep 0.02
    done
}
sample &
FLEET_PIDS[sampler]=$!
PI_JOIN=$join PATH=$FLEET/bin:$PATH start attach "$fleet" lab-01 unreachable lab-02 \
    -- --threads 1 --log-format text
wait_until 60 attached 2
everyone() { said attach 'lab-01: attached' && said attach 'lab-02: attached' && said attach unreachable; }
wait_until 60 everyone
same 'what it says of each host' "lab-01: attached
lab-02: attached
unreachable: failed: ssh: connect to host unreachable port 22: No route to host" "$(sort "$FLEET/attach.log")"
grep -q -- '--threads' "$FLEET/arguments" || fleet_fail 'options of piworker did not arrive'

# A worker that is sent away is lost; the others stay, until it is told to end.
id=$(pictl workers --json | field id)
pictl kick "$id" >/dev/null
lost() { grep -q ': lost: .*' "$FLEET/attach.log"; }
wait_until 60 lost
wait_until 60 attached 1
running attach || fleet_fail 'it ended with one of its workers'
signal TERM attach
ended attach 60
same 'exit status, one host was not reached' 1 "$STATUS"
wait_until 60 attached 0

# Killed, it takes its workers with it: the other sides see the end of their input.
PI_JOIN=$join PATH=$FLEET/bin:$PATH start attach-2 "$fleet" lab-02
wait_until 60 attached 1
destroy attach-2
wait_until 60 attached 0

# --copy, to a host that has no piworker, and once more, when it has.
rm "$FLEET/path-lab-01/piworker"
for how in copies has; do
    PI_JOIN=$join PATH=$FLEET/bin:$PATH start "$how" "$fleet" --copy lab-01 -- --threads 1
    wait_until 60 attached 1
    signal TERM "$how"
    ended "$how" 60
    same "exit status of --copy ($how)" 0 "$STATUS"
    same "what it says ($how)" 'lab-01: attached' "$(<"$FLEET/$how.log")"
    wait_until 60 attached 0
done
copy=$FLEET/home-lab-01/.cache/picoord/piworker
same 'mode of the copy' 700 "$(stat -c %a "$copy")"
same 'what is beside it' piworker "$(ls "${copy%/*}")"
same 'how often it was copied' 1 "$(grep -c 'cat >piworker' "$FLEET/arguments")"
rm "$copy"
PI_JOIN=$join PATH=$FLEET/bin:$PATH run "$fleet" lab-01
matches 'a host without piworker' '1 lab-01: failed: .*piworker: not found' "$STATUS $ERR"

destroy sampler
for file in arguments cmdlines; do
    [[ -s $FLEET/$file ]] || fleet_fail "no $file were kept"
    ! grep -qF "$token" "$FLEET/$file" || fleet_fail "the join string is in the $file"
done
